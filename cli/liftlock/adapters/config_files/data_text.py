"""Classifications as YAML text that people read and change: one line a column, the reasons of a proposal as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from liftlock.adapters.config_files.data_shapes import UNDECIDED
from liftlock.core.config.scalars import plain_text, quoted_text
from liftlock_datagen.classify.model import ColumnProposal, Decision, TableProposal, Undecided
from liftlock_datagen.classify.update import SpecUpdate
from liftlock_datagen.spec.model import ValueSpec, VirtualReference
from liftlock_datagen.spec.names import table_text

_HEADER = """\
# yaml-language-server: $schema=../.liftlock-schema/data.json
# What the columns of database {database} hold, and what an anonymised copy does with their values.
# `liftlock data init` proposes, people decide: change what is wrong, and give everything that is `unclassified` a kind and a rule.
# Behind # stands how sure the proposal is (0 to 1), and why. A second `liftlock data init` adds what is new and keeps what is here.
# `liftlock data plan {database}` shows what happens. Kinds and rules: docs/data/classification.md
version: 1
key: env:LIFTLOCK_DATA_KEY  # where the key of the pseudonyms is found; the key itself never stands here
locale: en_US
k: 1  # how many rows must share each combination of quasi-identifiers; 1 asks nothing, 5 is usual
"""
_WIDEST = 60


def render_file(database: str, update: SpecUpdate) -> str:
    """A new file."""
    lines = [_HEADER.format(database=database), "tables:" if update.tables else "tables: {}"]
    for table in update.tables:
        lines += ["", *render_table(table, "  ")]
    if update.references:
        lines += [
            "",
            "# References that the database does not declare, guessed from names. Take away the # where the guess is right.",
            "# references:",
        ]
        lines += [f"#   - {_reference(reference)}" for reference in update.references]
    return "\n".join(lines).rstrip("\n") + "\n"


def render_table(table: TableProposal, indent: str) -> list[str]:
    """A table's lines."""
    lines = [f"{indent}{plain_text(table_text(table.name))}:"]
    if table.subject:
        lines.append(f"{indent}  subject: {plain_text(table.subject)}")
    if table.quasi_identifiers:
        names = ", ".join(map(plain_text, table.quasi_identifiers))
        lines.append(f"{indent}  quasi-identifiers: [{names}]  # together they may tell who somebody is")
    lines.append(f"{indent}  columns:" if table.columns else f"{indent}  columns: {{}}")
    return [*lines, *render_columns(table.columns, f"{indent}    ")]


def render_columns(columns: Mapping[str, ColumnProposal], indent: str) -> list[str]:
    """The lines of these columns, their comments below one another."""
    lines: list[tuple[str, str]] = []
    for name, column in columns.items():
        if isinstance(column.decision, Undecided) or not column.paths:
            lines.append(_line(name, column.decision, indent))
        else:
            lines.append((f"{indent}{plain_text(name)}:", _why(column.decision)))
            lines += [(f"{indent}  kind: {column.decision.kind.value}", ""), (f"{indent}  paths:", "")]
            lines += [_line(path, decision, f"{indent}    ") for path, decision in column.paths.items()]
    return _aligned(lines)


def render_paths(paths: Mapping[str, Decision], indent: str) -> list[str]:
    """The lines of these paths."""
    return _aligned([_line(path, decision, indent) for path, decision in paths.items()])


def flow_column(name: str, column: ColumnProposal) -> str:
    """A column for a mapping in braces, where no comment has room."""
    if isinstance(column.decision, Undecided):
        return f"{plain_text(name)}: {UNDECIDED}"
    paths = ", ".join(flow_path(path, decision) for path, decision in column.paths.items())
    return f"{plain_text(name)}: {_flow(column.decision, paths)}"


def flow_path(path: str, decision: Decision) -> str:
    """A path, likewise."""
    return f"{plain_text(path)}: {UNDECIDED if isinstance(decision, Undecided) else _flow(decision)}"


def _line(name: str, decision: Decision, indent: str) -> tuple[str, str]:
    value = UNDECIDED if isinstance(decision, Undecided) else _flow(decision)
    return f"{indent}{plain_text(name)}: {value}", _why(decision)


def _flow(value: ValueSpec, paths: str = "") -> str:
    parts = [f"kind: {value.kind.value}"] + ([] if paths else [f"rule: {value.rule.value}"])
    if value.domain:
        parts.append(f"domain: {plain_text(value.domain)}")
    if value.options:
        options = ", ".join(f"{plain_text(name)}: {plain_text(text)}" for name, text in value.options.items())
        parts.append(f"options: {{{options}}}")
    if value.reason and value.confidence is None:
        parts.append(f"reason: {quoted_text(value.reason)}")
    if paths:
        parts.append(f"paths: {{{paths}}}")
    return f"{{{', '.join(parts)}}}"


def _why(decision: Decision) -> str:
    if isinstance(decision, ValueSpec):
        return f"{decision.confidence:.2f}: {decision.reason}" if decision.confidence is not None else ""
    candidates = " or ".join(f"{_flow(item)} ({item.confidence or 0:.2f})" for item in decision.candidates)
    return f"{decision.reason}{f': {candidates}' if candidates else ''}"


def _aligned(lines: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(code) for code, why in lines if why and len(code) <= _WIDEST), default=0)
    return list(_with_comments(lines, width))


def _with_comments(lines: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    for code, why in lines:
        yield f"{code.ljust(width)}  # {_one_line(why)}" if why else code


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _reference(reference: VirtualReference) -> str:
    parts = [
        f"name: {plain_text(reference.name)}",
        f"table: {plain_text(table_text(reference.table))}",
        f"columns: [{', '.join(map(plain_text, reference.columns))}]",
        f"target: {plain_text(table_text(reference.target))}",
        f"target-columns: [{', '.join(map(plain_text, reference.target_columns))}]",
    ]
    if reference.when:
        parts.append(f"when: {{{', '.join(f'{plain_text(name)}: {plain_text(value)}' for name, value in reference.when)}}}")
    return f"{{{', '.join(parts)}}}"
