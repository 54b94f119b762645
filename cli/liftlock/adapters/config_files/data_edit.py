"""Carries a planned update into the text of data/<database>.yaml. Every character that people wrote stays.

The result is read again: a layout that these edits do not fit (anchors, merge keys) shows there and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liftlock.adapters.config_files.data_file import read_data
from liftlock.adapters.config_files.data_text import flow_column, flow_path, render_columns, render_paths, render_table
from liftlock.core.config.document import Document, Entry, MappingNode
from liftlock.core.config.extents import end_of, newline_of
from liftlock.core.config.reading import read_document
from liftlock.core.config.scalars import plain_text
from liftlock.core.config.tree import entries_at, node_at
from liftlock.core.errors import ConfigError
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.classify.model import UNSHOWN, TableProposal
from liftlock_datagen.classify.update import SpecUpdate
from liftlock_datagen.spec.model import DataSpec
from liftlock_datagen.spec.names import parse_table, table_text

GONE = "gone: the database has it no more"


@dataclass(frozen=True, slots=True)
class _Insert:
    """Text that is put in before the character at that place. instead_of: how many characters from there on it replaces."""

    at: int
    text: str
    instead_of: int = 0


def apply_update(text: str, file: str, update: SpecUpdate) -> str:
    """The text with the update; ConfigError where its layout does not allow that."""
    document = read_document(text, file)
    # At one place what belongs further in stands first: put in later, because the later one comes before.
    inserts = [insert for step in (_tables, _columns, _paths, _documents, _gone) for insert in step(document, update)]
    for insert in sorted(inserts, key=lambda item: item.at, reverse=True):
        text = text[: insert.at] + insert.text + text[insert.at + insert.instead_of :]
    spec, problems = read_data(text.encode(), "", file)
    if spec is None or not _holds(spec, update):
        first = f": {problems[0]}" if problems else ""
        raise ConfigError(
            f"{file}: what is new does not fit its layout{first}",
            hint="write tables and columns as lines below one another, without anchors; then run liftlock data init again",
        )
    return text


def _holds(spec: DataSpec, update: SpecUpdate) -> bool:
    """Whether everything that is new can be read where it belongs."""
    known = {(name, column) for name, table in spec.tables.items() for column in (*table.columns, *table.undecided)}
    read = {
        (name, column) for name, table in spec.tables.items() for column, found in table.columns.items() if found.paths or found.undecided
    }
    return all(table.name in spec.tables for table in update.tables) and set(update.columns) <= known and set(update.documents) <= read


def _tables(document: Document, update: SpecUpdate) -> list[_Insert]:
    if not update.tables:
        return []
    root = document.root if isinstance(document.root, MappingNode) else None
    entry = root.entry("tables") if root is not None else None
    indent = _indent(entry, "  ") if entry is not None else "  "
    lines = [line for table in update.tables for line in ("", *render_table(table, indent))]
    if entry is not None:
        return [_into(document, entry, lines, [_flow_table(table) for table in update.tables])]
    newline = newline_of(document.text)
    gap = "" if document.text.endswith(("\n", "\r")) or not document.text else newline
    return [_Insert(len(document.text), gap + newline.join(["tables:", *lines]) + newline)]


def _columns(document: Document, update: SpecUpdate) -> list[_Insert]:
    inserts = []
    for name in dict.fromkeys(table for table, _ in update.columns):
        new = {column: proposal for (table, column), proposal in update.columns.items() if table == name}
        flow = [flow_column(column, proposal) for column, proposal in new.items()]
        table = _table_entry(document, name)
        if table is None:
            continue
        owner = table.value.entry("columns") if isinstance(table.value, MappingNode) else None
        if owner is not None:
            inserts.append(_into(document, owner, render_columns(new, _indent(owner, "      ")), flow))
            continue
        indent = _indent(table, "    ")
        inserts.append(
            _into(document, table, [f"{indent}columns:", *render_columns(new, indent + "  ")], [f"columns: {{{', '.join(flow)}}}"])
        )
    return inserts


def _paths(document: Document, update: SpecUpdate) -> list[_Insert]:
    inserts = []
    for (name, column), paths in update.paths.items():
        found = _column_entry(document, name, column)
        owner = found.value.entry("paths") if found is not None and isinstance(found.value, MappingNode) else None
        if owner is not None:
            flow = [flow_path(path, decision) for path, decision in paths.items()]
            inserts.append(_into(document, owner, render_paths(paths, _indent(owner, "          ")), flow))
    return inserts


def _documents(document: Document, update: SpecUpdate) -> list[_Insert]:
    """In place of `unclassified`: what kind it is, and its paths. The comment behind goes where it is ours."""
    inserts = []
    for (name, column), proposal in update.documents.items():
        found = _column_entry(document, name, column)
        table = _table_entry(document, name)
        if found is None or table is None:
            continue
        text, span = document.text, found.value.span
        columns = node_at(table.value, ["columns"])
        if (isinstance(columns, MappingNode) and columns.flow) or (isinstance(table.value, MappingNode) and table.value.flow):
            flow = flow_column(column, proposal).removeprefix(f"{plain_text(column)}: ")
            inserts.append(_Insert(span.start, flow, span.end - span.start))
            continue
        end = _line_end(text, span.end)
        behind = text[span.end : end].rstrip()
        if UNSHOWN in behind:
            inserts.append(_Insert(span.end, "", len(behind)))
        inserts.append(_Insert(found.key.span.end, ":", span.end - found.key.span.end))
        newline = newline_of(text)
        lines = render_columns({column: proposal}, " " * (found.key.position.column - 1))[1:]
        gap = "" if text[:end].endswith(("\n", "\r")) else newline
        inserts.append(_Insert(end, gap + newline.join(lines) + newline))
    return inserts


def _gone(document: Document, update: SpecUpdate) -> list[_Insert]:
    """A comment at the end of the line of everything that is gone, where none is yet."""
    entries = [_table_entry(document, name) for name in update.gone_tables]
    entries += [_column_entry(document, name, column) for name, column in update.gone_columns]
    found = (_marked(document.text, entry) for entry in entries if entry is not None)
    return [insert for insert in found if insert is not None]


def _marked(text: str, entry: Entry) -> _Insert | None:
    """At the end of the key's line; in a mapping in braces, where more may follow on the line, nothing is marked."""
    start, end = _line_start(text, entry.key.span.start), _line_end(text, entry.key.span.end)
    line = text[start:end].rstrip()
    value_end = entry.value.span.end if entry.value.position.line == entry.key.position.line else entry.key.span.end
    behind = text[min(value_end, start + len(line)) : start + len(line)]
    if GONE in behind or text[start : entry.key.span.start].strip():
        return None
    return _Insert(start + len(line), f"; {GONE}" if "#" in behind else f"  # {GONE}")


def _into(document: Document, owner: Entry, lines: Sequence[str], flow: Sequence[str]) -> _Insert:
    """At the end of the mapping behind the key: as lines, or in its braces."""
    text, node = document.text, owner.value
    if isinstance(node, MappingNode) and node.flow:
        empty = not node.entries
        return _Insert(node.span.end - 1, f"{'' if empty else ', '}{', '.join(flow)}")
    newline = newline_of(text)
    behind = end_of(text, node) if isinstance(node, MappingNode) else owner.key.span.end
    at = _line_end(text, behind)
    gap = "" if text[:at].endswith(("\n", "\r")) else newline
    return _Insert(at, gap + newline.join(lines) + newline)


def _indent(owner: Entry, default: str) -> str:
    """How far the entries of the mapping behind the key stand from the margin."""
    node = owner.value
    if isinstance(node, MappingNode) and node.entries and not node.flow:
        return " " * (node.entries[0].key.position.column - 1)
    return " " * (owner.key.position.column + 1) if owner.key.position.column > 1 else default


def _flow_table(table: TableProposal) -> str:
    columns = ", ".join(flow_column(name, column) for name, column in table.columns.items())
    return f"{plain_text(table_text(table.name))}: {{columns: {{{columns}}}}}"


def _table_entry(document: Document, name: TableName) -> Entry | None:
    return next((entry for entry in entries_at(document.root, "tables") if parse_table(entry.key.text) == name), None)


def _column_entry(document: Document, name: TableName, column: str) -> Entry | None:
    table = _table_entry(document, name)
    columns = node_at(table.value, ["columns"]) if table is not None else None
    return columns.entry(column) if isinstance(columns, MappingNode) else None


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    """Behind the line's own line ending."""
    ends = [end for end in (text.find("\n", at), len(text) - 1) if end >= 0]
    return min(ends) + 1 if text else 0
