"""Partitioned tables: what their rows may hold so that each falls into a partition. Pure.

Rows are made for the partitioned table itself. Its partitions' bounds become pieces: for each partition that holds rows, the values of the
key columns that lead to it. A default partition takes what is left; where there are others beside it, rows go to those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

from liftlock_datagen.catalog.model import Catalog, IndexPart, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.expressions import Call, ColumnUse, UnreadableExpressionError
from liftlock_datagen.synthesis.read_expressions import read_expression

_VALUE = re.compile(r"'((?:[^']|'')*)'|([^\s,()']+)")
_MONOTONE = frozenset({"date_trunc", "cast date", "timezone", "lower", "extract year"})


@dataclass(frozen=True, slots=True)
class Listed:
    """One of these values."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """low <= value < high, or value = low where both are the same; None is no end. above: low itself is left out."""

    low: str | None
    high: str | None
    above: bool = False


Piece = Mapping[str, Listed | Between]


@dataclass(frozen=True, slots=True)
class Partitions:
    """The pieces of a partitioned table; a column that is not in a piece may hold anything. Without pieces anything goes."""

    pieces: tuple[Piece, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that lead to a partition."""
        return tuple(dict.fromkeys(name for piece in self.pieces for name in piece))

    @property
    def independent(self) -> bool:
        """Whether each column may hold what it holds in any piece, whatever the others hold."""
        kinds = [len({repr(piece.get(name)) for piece in self.pieces}) for name in self.columns]
        return prod(kinds) == len({repr(sorted(piece.items())) for piece in self.pieces})


def planned_tables(catalog: Catalog) -> Catalog:
    """The catalog without partitions; a partitioned table obeys what any of its partitions asks, and a child what its parents refer to."""
    kept = [_as_children(_with_partitions(table, catalog), catalog) for table in catalog.tables if table.partition_of is None]
    return replace(catalog, tables=tuple(kept))


def _as_children(table: Table, catalog: Catalog) -> Table:
    """A table that inherits refers to what its parents refer to, though PostgreSQL does not ask it: its rows are read with theirs."""
    known = {(key.columns, key.target) for key in table.foreign_keys}
    above = [key for parent in table.inherits for key in _as_children(catalog.table(parent), catalog).foreign_keys]
    return replace(table, foreign_keys=(*table.foreign_keys, *(key for key in above if (key.columns, key.target) not in known)))


def _with_partitions(table: Table, catalog: Catalog) -> Table:
    if table.holds_rows:
        return table
    leaves = [other for other in catalog.tables if other.partition_of is not None and catalog.root_of(other) is table]
    keys = {(key.columns, key.target, key.target_columns): key for key in table.foreign_keys}
    checks = {check.expression: check for check in table.checks}
    indexes = {(index.parts, index.predicate): index for index in table.indexes if index.unique}
    for leaf in leaves:
        for key in leaf.foreign_keys:
            keys.setdefault((key.columns, key.target, key.target_columns), key)
        for check in leaf.checks:
            checks.setdefault(check.expression, check)
        for index in leaf.indexes:
            if index.unique:
                indexes.setdefault((index.parts, index.predicate), index)
    plain = tuple(index for index in table.indexes if not index.unique)
    return replace(table, foreign_keys=tuple(keys.values()), checks=tuple(checks.values()), indexes=(*indexes.values(), *plain))


def read_partitions(catalog: Catalog, table: Table) -> Partitions:
    """The pieces of the table; a problem where a bound is over an expression that values cannot be planned for."""
    if table.holds_rows:
        return Partitions()
    problems: list[Problem] = []
    pieces = list(_pieces(catalog, table, {}, problems))
    if not pieces and not problems:
        text = "it is partitioned and has no partition that takes rows"
        return Partitions((), (Problem(str(table.name), None, ProblemCode.UNPLANNABLE_PARTITION, text),))
    return Partitions(tuple(pieces) if all(pieces) else (), tuple(problems))


def _pieces(catalog: Catalog, table: Table, given: Piece, problems: list[Problem]) -> Iterator[Piece]:
    children = [other for other in catalog.tables if other.partition_of == table.name]
    bounded = [child for child in children if child.bound != "DEFAULT"]
    for child in bounded or children:
        own = {} if child.bound == "DEFAULT" else _bound(table, child, problems)
        piece = {**given, **own}
        if child.holds_rows:
            yield piece
        else:
            yield from _pieces(catalog, child, piece, problems)


def _bound(table: Table, child: Table, problems: list[Problem]) -> Piece:
    """What a partition's bound asks of the columns of the key."""
    key, bound = table.partition_key, child.bound or ""
    if key is None or key.strategy == "h":
        return {}
    names, years = zip(*map(_column, key.parts), strict=True)
    if any(name is None for name in names):
        text = f"it is partitioned by an expression that no values can be planned for: {key.definition}"
        problems.append(Problem(str(table.name), None, ProblemCode.UNPLANNABLE_PARTITION, text))
        return {}
    columns = [name for name in names if name is not None]
    if key.strategy == "l":
        return {columns[0]: Listed(tuple(value for value in _values(bound.removeprefix("FOR VALUES IN")) if value is not None))}
    low, _, high = bound.removeprefix("FOR VALUES FROM").partition(") TO (")
    ends = [[_first_day(value) if year else value for value, year in zip(_values(end), years, strict=True)] for end in (low, high)]
    return _range(columns, *ends)


def _first_day(year: str | None) -> str | None:
    return None if year is None else f"{int(year):04d}-01-01"


def _column(part: IndexPart) -> tuple[str | None, bool]:
    """The column that a part of the key goes by, and whether by its year. One whose unit is cut off has the same bounds."""
    if part.column is not None:
        return part.column, False
    try:
        tree = read_expression(part.expression)
    except UnreadableExpressionError:
        return None, False
    year = isinstance(tree, Call) and tree.name == "extract year"
    while isinstance(tree, Call) and tree.name in _MONOTONE:
        tree = tree.arguments[-1]
    return (tree.name, year) if isinstance(tree, ColumnUse) else (None, False)


def _values(text: str) -> Iterator[str | None]:
    for quoted, bare in _VALUE.findall(text):
        if bare not in {"NULL", "MINVALUE", "MAXVALUE"}:
            yield bare or quoted.replace("''", "'")
        elif bare != "NULL":
            yield None


def _range(columns: list[str], lows: list[str | None], highs: list[str | None]) -> Piece:
    """Of a range over several columns, rows in which the first columns that differ lie strictly between the ends."""
    piece: dict[str, Listed | Between] = {}
    for place, (column, low, high) in enumerate(zip(columns, lows, highs, strict=True)):
        if low is not None and low == high:
            piece[column] = Between(low, high)
            continue
        more = any(value is not None for value in lows[place + 1 :])
        piece[column] = Between(low, high, above=more)
        return piece | {column: Between(None, None) for column in columns[place + 1 :]}  # anything but NULL
    return piece


def first_of(pieces: Iterable[Piece], column: str) -> list[Listed | Between]:
    """What the column may hold in each piece."""
    return [piece[column] for piece in pieces if column in piece]
