"""What must differ between the rows of a table: unique indexes and exclusion constraints, read as sets of columns. Pure.

An expression counts as the column that decides it: different columns give different values of it. Where a unit of time is cut off, or where
ranges must not overlap, the column's values keep their distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from liftlock_datagen.catalog.model import Exclusion, IndexPart, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.checks import generated_columns
from liftlock_datagen.synthesis.expressions import Call, ColumnUse, Constant, Expression, UnreadableExpressionError, substitute
from liftlock_datagen.synthesis.families import Family, family_of
from liftlock_datagen.synthesis.read_expressions import read_expression

_SAME = frozenset({"lower", "upper", "btrim", "ltrim", "rtrim", "md5", "reverse", "cast numeric", "cast timestamp", "cast timestamptz"})
_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600} | {unit: days * 86400 for unit, days in _DAYS.items()}
_RANGES = frozenset({"int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"})
_COUNTED = {Family.NUMBER, Family.DATE, Family.MOMENT}


@dataclass(frozen=True, slots=True)
class Difference:
    """No two rows have the same values in all of these columns. predicate: it holds only for rows that meet this SQL."""

    name: str
    columns: frozenset[str]
    predicate: str | None
    primary: bool
    single: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Differences:
    """All differences of a table.

    steps: how far apart a column's values must be, in the smallest units, where more than one. slots: columns that begin a slot which no
    other may overlap, and the column that ends it ("" where the column itself is a range). required: columns that may not be NULL for it.
    """

    all: tuple[Difference, ...]
    steps: Mapping[str, int]
    slots: Mapping[str, str]
    required: frozenset[str]
    problems: tuple[Problem, ...]


@dataclass
class _Found:
    steps: dict[str, int]
    slots: dict[str, str]
    required: set[str]
    filled_up: set[str]  # columns that COALESCE gives a value where they have none


def find_differences(table: Table) -> Differences:
    """What the table's unique indexes and exclusion constraints ask."""
    found = _Found({}, {}, set(), set())
    wanted: list[Difference] = []
    problems: list[Problem] = []
    for index in table.indexes:
        if not index.unique:
            continue
        columns = _without_filled_up(frozenset(_deciding(index.parts, table, found)), table, found)
        if not index.nulls_distinct:
            found.required |= columns
        if columns:
            single = index.parts[0].column if len(index.parts) == 1 else None
            wanted.append(Difference(index.name, columns, index.predicate, index.primary, single, "unique index"))
        else:
            text = f'unique index "{index.name}" is over an expression that no values can be planned for: {index.definition}'
            problems.append(Problem(str(table.name), None, ProblemCode.UNPLANNABLE_UNIQUE, text))
    for exclusion in table.exclusions:
        columns = _without_filled_up(frozenset(_excluding(exclusion, table, found)), table, found)
        if columns:
            wanted.append(Difference(exclusion.name, columns, exclusion.predicate, False, None, "exclusion constraint"))
        else:
            text = f'no rows can be planned for exclusion constraint "{exclusion.name}"'
            problems.append(Problem(str(table.name), None, ProblemCode.EXCLUSION_CONSTRAINT, text))
    return Differences(tuple(wanted), found.steps, found.slots, frozenset(found.required), tuple(problems))


def _without_filled_up(columns: frozenset[str], table: Table, found: _Found) -> frozenset[str]:
    """Columns inside COALESCE may be NULL if others differ without them; else they may not, as all NULLs would be alike."""
    linked = {name for key in table.foreign_keys for name in key.columns}
    others = columns - found.filled_up
    if others - linked:
        columns = others
    found.required |= columns & found.filled_up
    found.filled_up.clear()
    return columns


def _deciding(parts: Iterable[IndexPart], table: Table, found: _Found) -> Iterator[str]:
    """The columns by which the parts differ. A part that no column decides is left out: the others differ all the same."""
    for part in parts:
        tree = _tree(part, table)
        name = None if tree is None else _decider(tree, 1, table, found)
        if name is not None:
            yield name


def _tree(part: IndexPart, table: Table) -> Expression | None:
    computed = generated_columns(table)
    if part.column is not None:
        generated = table.column(part.column).generated
        return computed.get(part.column) if generated else ColumnUse(part.column)
    try:
        return substitute(read_expression(part.expression), computed)
    except UnreadableExpressionError:
        return None


def _decider(tree: Expression, step: int, table: Table, found: _Found) -> str | None:
    """The column whose different values make the expression's differ. step: in the smallest units of the column."""
    match tree:
        case ColumnUse(name):
            if step > 1:
                found.steps[name] = max(step, found.steps.get(name, 1))
            return name
        case Call("coalesce", (ColumnUse(name), *_)):
            found.filled_up.add(name)
            return _decider(ColumnUse(name), step, table, found)
        case Call("date_trunc", (Constant(str(unit)), inner)):
            return _cut(unit, inner, table, found)
        case Call("cast date", (inner,)):
            return _cut("day", inner, table, found)
        case Call("extract year" | "extract epoch", (inner,)):
            return _cut("year" if tree.name == "extract year" else "second", inner, table, found)
        case Call("timezone", (_, inner)):
            return _decider(inner, step, table, found)
        case Call("||" | "concat", parts):
            return _joined(parts, table, found)
        case Call("*" | "+" | "-", (inner, Constant(str(text)))) | Call("*" | "+" | "-", (Constant(str(text)), inner)) if text != "0":
            return _decider(inner, step, table, found)
        case Call(name, (inner, *_)) if name in _SAME:
            return _decider(inner, step, table, found)
        case _:
            return None


def _cut(unit: str, inner: Expression, table: Table, found: _Found) -> str | None:
    while isinstance(inner, Call) and inner.name in {"timezone", "cast timestamp", "cast timestamptz", "date_trunc"}:
        inner = inner.arguments[-1]
    if not isinstance(inner, ColumnUse):
        return None
    family = family_of(table.column(inner.name).type)
    steps = {Family.DATE: _DAYS, Family.MOMENT: _SECONDS}.get(family, {})
    return _decider(inner, steps[unit], table, found) if unit in steps else None


def _joined(parts: tuple[Expression, ...], table: Table, found: _Found) -> str | None:
    """Texts side by side differ if one of them does and always has the same length, or nothing else stands beside it."""
    deciders = [name for part in _flat(parts) if (name := _decider(part, 1, table, found)) is not None]
    fixed = [name for name in deciders if family_of(table.column(name).type) is Family.UUID]
    return fixed[0] if fixed else deciders[0] if len(set(deciders)) == 1 else None


def _flat(parts: tuple[Expression, ...]) -> Iterator[Expression]:
    for part in parts:
        if isinstance(part, Call) and part.name in {"||", "concat"}:
            yield from _flat(part.arguments)
        elif not isinstance(part, Constant):
            yield part


def _excluding(exclusion: Exclusion, table: Table, found: _Found) -> Iterator[str]:
    """Rows that differ where the constraint says "=", or do not overlap where it says "&&", never exclude each other."""
    for part, operator in zip(exclusion.parts, exclusion.operators, strict=True):
        if operator == "=":
            yield from _deciding([part], table, found)
        elif operator == "&&":
            name = _slot(_tree(part, table), table, found)
            if name is not None:
                yield name


def _slot(tree: Expression | None, table: Table, found: _Found) -> str | None:
    match tree:
        case ColumnUse(name) if table.column(name).type.name in _RANGES:
            found.slots[name] = ""
            return name
        case Call(function, (start, end, *_)) if function in _RANGES:
            first, last = _bare(start), _bare(end)
            if first is None or last is None or first == last or not _counted(table, first, last):
                return None
            found.slots[first] = last
            found.required |= {first, last}
            return first
        case _:
            return None


def _bare(tree: Expression) -> str | None:
    while isinstance(tree, Call) and (tree.name.startswith("cast ") or tree.name in {"coalesce", "timezone"}):
        tree = tree.arguments[-1] if tree.name == "timezone" else tree.arguments[0]
    return tree.name if isinstance(tree, ColumnUse) else None


def _counted(table: Table, *names: str) -> bool:
    families = {family_of(table.column(name).type) for name in names}
    return len(families) == 1 and families <= _COUNTED and not any(table.column(name).generated for name in names)
