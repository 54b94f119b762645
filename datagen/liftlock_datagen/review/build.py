"""Catalog and classification to the plan that people review. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import replace

from liftlock_datagen.catalog.model import Catalog, Table, TableName
from liftlock_datagen.classify.model import ColumnProposal, Decision, Proposal, Undecided
from liftlock_datagen.errors import UNACCEPTABLE, Problem, ProblemCode
from liftlock_datagen.masking.books import with_books
from liftlock_datagen.masking.model import ColumnMask, TableMask
from liftlock_datagen.masking.outcomes import describe, document_paths
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.review.model import UNCLASSIFIED, DataPlan, Finding, Level, PlanLine, PlanTable
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Privacy, Rows, Rule, TableSpec, ValueSpec
from liftlock_datagen.spec.paths import is_covered
from liftlock_datagen.spec.rules import INDIRECT, SENSITIVE

SeenPaths = Mapping[tuple[TableName, str], Set[str]]


def review(catalog: Catalog, spec: DataSpec, proposal: Proposal, seen: SeenPaths | None = None) -> DataPlan:
    """What an anonymised copy does, and everything that speaks against it.

    Args:
        catalog: of the source. spec: the classification. proposal: for the reasons of columns that people left as proposed.
        seen: the paths that a sample showed in documents.
    """
    spec = with_books(catalog, spec)
    rows = {table.name: table.rows for table in catalog.tables if table.rows is not None}
    mask = plan_mask(catalog, replace(spec, accepted=()), rows=rows)
    masks = {table.name: table for table in mask.tables}
    paths = seen or {}
    tables = tuple(
        _table(table, masks[table.name], spec, proposal, paths) for table in (*catalog.tables, *catalog.books) if table.name in masks
    )
    found = [
        Finding(_told(problem, spec), Level.ERROR, _line_of(problem, spec)) for problem in mask.problems if _counts(problem, spec, catalog)
    ]
    found += _unlisted_paths(catalog, spec, paths)
    found += (Finding(problem, Level.WARNING, line) for problem, line in _warnings(catalog, spec))
    return DataPlan(spec.file, tables, tuple(_accepted(_once(found), spec)), spec.k)


def _table(table: Table, mask: TableMask, spec: DataSpec, proposal: Proposal, seen: SeenPaths) -> PlanTable:
    """Every column that is written, in the table's order, whether somebody classified it or not."""
    said = spec.tables.get(table.name)
    masks = {column.name: column for column in mask.columns}
    proposed = proposal.tables[table.name].columns if table.name in proposal.tables else {}
    lines: list[PlanLine] = []
    for column in (column for column in table.columns if not column.generated):
        found = proposed.get(column.name)
        if said is not None and column.name in said.columns:
            lines += _lines(masks[column.name], said.columns[column.name], spec, found)
            lines += _open_paths(column.name, said.columns[column.name], found, seen.get((table.name, column.name), ()))
        elif mask.rows is not Rows.NONE:
            line = said.undecided.get(column.name, said.line) if said else 0
            lines.append(_undecided(column.name, "", str(column.type), line, found.decision if found else None))
    untouched = all(line.privacy is Privacy.KEPT for line in lines)
    return PlanTable(str(mask.name), mask.rows.value, untouched, mask.quasi_identifiers, tuple(lines))


def _lines(mask: ColumnMask, column: ColumnSpec, spec: DataSpec, proposed: ColumnProposal | None) -> Iterator[PlanLine]:
    guess = proposed.decision if proposed and not isinstance(proposed.decision, Undecided) else None
    yield PlanLine(
        column=mask.name,
        path="",
        type=str(mask.type),
        kind=column.value.kind.value,
        rule=column.value.rule.value,
        privacy=mask.privacy,
        domain=mask.value.pseudonym_domain if mask.value.rule is Rule.PSEUDONYM else "",
        uniqueness=mask.guarantee.value,
        what=mask.text,
        why=_why(column.value, guess, spec),
        line=column.value.line,
    )
    changes = document_paths(mask.transformer)
    for path, value in column.paths.items():
        domain = value.pseudonym_domain if value.rule is Rule.PSEUDONYM else ""
        why = value.reason or f"{spec.file}:{value.line}"
        what = describe(changes[path]) if path in changes else value.rule.value
        yield PlanLine(mask.name, path, "", value.kind.value, value.rule.value, value.privacy, domain, "", what, why, value.line)


def _open_paths(name: str, column: ColumnSpec, proposed: ColumnProposal | None, seen: Collection[str]) -> Iterator[PlanLine]:
    """The paths that nobody classified: those that the file names so, and those that a sample showed."""
    guesses = proposed.paths if proposed else {}
    for path in dict.fromkeys([*column.undecided, *_unlisted(column, seen)]):
        yield _undecided(name, path, "", column.undecided.get(path, column.value.line), guesses.get(path))


def _undecided(column: str, path: str, type: str, line: int, proposed: Decision | None) -> PlanLine:
    """What nobody classified, with what it may be: it is what a reviewer has to see first."""
    if isinstance(proposed, Undecided):
        likely = [value.kind.value for value in proposed.candidates]
    else:
        likely = [proposed.kind.value] if proposed is not None else []
    why = f"it may be {' or '.join(likely)}" if likely else "nothing says what it is"
    return PlanLine(column, path, type, UNCLASSIFIED, "", None, "", "", "stops the copy", why, line)


def _why(value: ValueSpec, guess: ValueSpec | None, spec: DataSpec) -> str:
    if value.reason:
        return value.reason
    return guess.reason if guess is not None and guess.kind is value.kind else f"{spec.file}:{value.line}"


# --- findings -----------------------------------------------------------------------------------------------------------------------------


def _counts(problem: Problem, spec: DataSpec, catalog: Catalog) -> bool:
    """Whether a problem is one: a partition is what its partitioned table is, and columns of a table without rows go nowhere."""
    table = next((table for table in catalog.tables if str(table.name) == problem.table), None)
    if table is not None and table.partition_of is not None and problem.code in UNACCEPTABLE:
        return False
    said = spec.tables.get(table.name) if table is not None else None
    return said is None or said.rows is not Rows.NONE


def _told(problem: Problem, spec: DataSpec) -> Problem:
    """What nobody classified, with the way out."""
    if problem.code not in UNACCEPTABLE:
        return problem
    where = spec.file or f"data/{spec.database}.yaml"
    return replace(problem, advice=f"decide it in {where} (liftlock data init {spec.database} adds what is new)")


def _line_of(problem: Problem, spec: DataSpec) -> int:
    table = next((table for name, table in spec.tables.items() if str(name) == problem.table), None)
    if table is None:
        return 0
    name = problem.column or ""
    column = table.columns.get(name)
    if column is not None:
        return column.value.line
    paths = {f"{owner} {path}": line for owner, item in table.columns.items() for path, line in item.undecided.items()}
    return paths.get(name) or table.undecided.get(name, table.line)


def _unlisted_paths(catalog: Catalog, spec: DataSpec, seen: SeenPaths) -> Iterator[Finding]:
    there = {table.name for table in catalog.tables}
    for table in spec.tables.values():
        for name, column in table.columns.items():
            if table.name not in there or table.rows is Rows.NONE:
                continue
            for path in _unlisted(column, seen.get((table.name, name), ())):
                problem = Problem(str(table.name), f"{name} {path}", ProblemCode.UNCLASSIFIED_PATH, "the path is not classified")
                yield Finding(_told(problem, spec), Level.ERROR, column.value.line)


def _unlisted(column: ColumnSpec, seen: Collection[str]) -> list[str]:
    """The paths of a sample that the file does not have, where it has them one by one."""
    if column.value.kind is not Kind.DOCUMENT or column.value.rule is not Rule.KEEP:
        return []
    return sorted(path for path in seen if not is_covered(path, {*column.paths, *column.undecided}, around=True))


_NEWER = "fine where the file is for a later migration than this database has had; otherwise take it out of the file"


def _warnings(catalog: Catalog, spec: DataSpec) -> Iterator[tuple[Problem, int]]:
    if catalog.large_objects:
        text = f"there are {catalog.large_objects:,} large objects, of which nobody knows what they hold: none of them is in the copy"
        yield Problem("pg_largeobject", None, ProblemCode.LARGE_OBJECTS, text, "keep such data in a column (bytea), or accept it"), 0
    there = {table.name: {column.name for column in table.columns} for table in (*catalog.tables, *catalog.books)}
    for name, table in spec.tables.items():
        if name not in there:
            yield Problem(str(name), None, ProblemCode.NOT_IN_DATABASE, "the database has no such table", _NEWER), table.line
            continue
        for column, line in _named(table):
            if column not in there[name]:
                yield Problem(str(name), column, ProblemCode.NOT_IN_DATABASE, "the table has no such column", _NEWER), line
        if table.rows is Rows.NONE:
            continue
        yield from _kept(table)
        if table.quasi_identifiers and spec.k <= 1:
            text = "quasi-identifiers are named, and k is 1: no gate counts how many rows share them; set k, 5 is usual"
            yield Problem(str(name), None, ProblemCode.UNGATED_QUASI_IDENTIFIERS, text), table.line


def _named(table: TableSpec) -> Iterator[tuple[str, int]]:
    yield from ((name, column.value.line) for name, column in table.columns.items())
    yield from table.undecided.items()


def _kept(table: TableSpec) -> Iterator[tuple[Problem, int]]:
    """What may say who somebody is and stays as it is; what many people share is the business of the gate k."""
    for name, column in table.columns.items():
        for path, value in _values(column):
            if value.rule is Rule.KEEP and value.kind in SENSITIVE - INDIRECT:
                where = f"{name} {path}" if path else name
                advice = "choose another rule, or accept it with a reason"
                yield (
                    Problem(str(table.name), where, ProblemCode.KEPT_SENSITIVE, f"{value.kind.value} is kept as it is", advice),
                    value.line,
                )


def _values(column: ColumnSpec) -> Iterator[tuple[str, ValueSpec]]:
    if column.value.kind is not Kind.DOCUMENT:
        yield "", column.value
    yield from column.paths.items()


def _once(findings: list[Finding]) -> list[Finding]:
    found = {(item.level, item.problem): item for item in findings}
    return sorted(found.values(), key=lambda item: (item.level, item.problem.table, item.problem.column or "", item.problem.code))


def _accepted(findings: list[Finding], spec: DataSpec) -> Iterator[Finding]:
    """The findings with the reasons why somebody lives with them; an acceptance of nothing is a finding of its own."""
    reasons = {item.problem: item.reason for item in spec.accepted}
    for item in findings:
        yield replace(item, accepted=reasons.get(item.id, "")) if item.problem.code not in UNACCEPTABLE else item
    ids = {item.id: item.problem.code for item in findings}
    for acceptance in spec.accepted:
        code = ids.get(acceptance.problem)
        if code is None or code in UNACCEPTABLE:
            text = (
                "accepted, but there is no such problem; take the entry out" if code is None else "nobody can accept what nobody classified"
            )
            yield Finding(Problem(acceptance.problem, None, ProblemCode.STALE_ACCEPTANCE, text), Level.WARNING, acceptance.line)
