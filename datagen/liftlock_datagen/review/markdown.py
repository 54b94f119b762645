"""The plan as Markdown, for the pull request in which people review it. Text of the database never becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from liftlock_datagen.review.model import UNCLASSIFIED, DataPlan, Finding, PlanLine, PlanTable
from liftlock_datagen.spec.model import Privacy

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")
_MEANS = {
    Privacy.KEPT: "as in the source",
    Privacy.PSEUDONYMISED: "another value by the key; whoever has the key can link it",
    Privacy.ANONYMISED: "coarser, constant or empty",
    Privacy.SYNTHETIC: "made up, not from the old value",
}


def markdown(plan: DataPlan) -> str:
    """The whole plan; tables of which nothing changes in one line each."""
    return "\n".join([*_head(plan), *_findings(plan), *_tables(plan)]) + "\n"


def _head(plan: DataPlan) -> Iterator[str]:
    yield f"## Data plan of {_code(plan.file)}"
    yield ""
    yield "| privacy | columns and paths | what it means |"
    yield "|---|---:|---|"
    for privacy, count in plan.counts.items():
        yield f"| {privacy.value} | {count:,} | {_MEANS[privacy]} |"
    if plan.unclassified:
        yield f"| **{UNCLASSIFIED}** | {plan.unclassified:,} | nobody said what it holds: no copy is made |"
    gate = (
        f"Each combination of quasi-identifiers must be shared by {plan.k} rows."
        if plan.k > 1
        else "No gate counts quasi-identifiers (k: 1)."
    )
    yield ""
    yield f"{len(plan.errors)} errors, {len(plan.warnings)} warnings, {len(plan.accepted)} accepted. {gate}"
    yield ""


def _findings(plan: DataPlan) -> Iterator[str]:
    for title, found in (("Errors", plan.errors), ("Warnings", plan.warnings), ("Accepted", plan.accepted)):
        if found:
            yield from (f"### {title}", "", "| problem | what | where |", "|---|---|---|")
            yield from (_finding(item, plan) for item in found)
            yield ""


def _finding(item: Finding, plan: DataPlan) -> str:
    what = f"{item.problem.text}; accepted: {item.accepted}" if item.accepted else item.problem.said
    return f"| {_code(item.id)} | {_cell(what)} | {f'{_cell(plan.file)}:{item.line}' if item.line else ''} |"


def _tables(plan: DataPlan) -> Iterator[str]:
    for table in plan.tables:
        if table.rows != "none" and not table.untouched:
            yield from (f"### {_cell(table.table)}", "", *_table(table), "")
    quiet = [_quiet(table) for table in plan.tables if table.rows == "none" or table.untouched]
    if quiet:
        yield from ("### Tables of which no value changes", "", *quiet)


def _table(table: PlanTable) -> Sequence[str]:
    lines = ["| column | kind | what happens | privacy | unique | why |", "|---|---|---|---|---|---|", *map(_line, table.lines)]
    return [*lines, "", f"Quasi-identifiers: {_cell(', '.join(table.quasi_identifiers))}"] if table.quasi_identifiers else lines


def _line(line: PlanLine) -> str:
    name = f"{line.column} {line.path}" if line.path else line.column
    kind = line.kind if line.privacy else f"**{line.kind}**"
    privacy = line.privacy.value if line.privacy else ""
    cells = [_cell(name), kind, _cell(line.what), privacy, line.uniqueness.replace("_", " "), _cell(line.why)]
    return f"| {' | '.join(cells)} |"


def _quiet(table: PlanTable) -> str:
    return f"- {_cell(table.table)}: {'no rows are copied' if table.rows == 'none' else f'{len(table.lines)} columns kept'}"


def _cell(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    """A code span, as it stands: whoever copies an id into the file must have it to the letter. A table ends cells at | even there."""
    text = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"
