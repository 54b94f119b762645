"""Finds parents that agree with what a row already holds: users of the row's tenant, for a key over (tenant, user).

Values are compared by where they come from: a column's number in the table that its values begin in. Equal numbers are equal values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.bits import Counters, Numbers, draw, reduce_bits
from liftlock_datagen.synthesis.draws import Matching, Source
from liftlock_datagen.synthesis.generators import Reference, Scaled
from liftlock_datagen.synthesis.plan_data import LoadPlan

Evaluate = Callable[[Source, TableName, str, Counters], Numbers]


@dataclass(frozen=True, slots=True)
class _Index:
    """A table's rows sorted by what they hold in some columns. order: the rows; identities: theirs, sorted; places: of each row therein."""

    order: Numbers
    identities: Numbers
    places: Numbers
    widths: tuple[int, ...]


class Matcher:
    """Matches for the tables of one plan. Keeps one index for each table and set of columns that is matched by."""

    def __init__(self, plan: LoadPlan, evaluate: Evaluate) -> None:
        self._plan = plan
        self._evaluate = evaluate
        self._indexes: dict[tuple[TableName, tuple[str, ...]], _Index] = {}

    def parents(self, source: Matching, table: TableName, rows: Counters, key: int, places: Numbers | None) -> Numbers:
        """The parent of each row; -1 where there is none. places: of the rows in their groups, where these get different parents."""
        index = self._index(source.parent, tuple(column for _, column in source.shared))
        wanted = self._joined(table, [column for column, _ in source.shared], rows, index.widths)
        first = np.searchsorted(index.identities, wanted, side="left")
        last = np.searchsorted(index.identities, wanted, side="right")
        if source.earlier:
            last = index.places[rows.astype(np.int64)] + source.own_root
        size = (last - first).astype(np.int64)
        some = np.maximum(size, 1).astype(np.uint64)
        bits = draw(key, rows) if places is None else draw(key, rows - places.astype(np.uint64))
        offset = reduce_bits(bits, some).astype(np.int64)
        if places is not None:
            offset = (offset + places) % some.astype(np.int64)
        chosen = index.order[np.minimum(first + offset, len(index.order) - 1)]
        return np.where(size > 0, chosen, -1)

    def agreeing(self, parent: TableName, parents: int, others: Sequence[Matching], columns: Sequence[tuple[str, str]]) -> Numbers:
        """The parent's rows for which each of the others has a match. columns: this table's column and the parent's that it takes."""
        seen_as = dict(columns)
        rows = np.arange(parents, dtype=np.uint64)
        kept = np.ones(parents, np.bool_)
        for other in others:
            told = [(seen_as[own], target) for own, target in other.shared if own in seen_as]
            if len(told) < len(other.shared):
                continue
            index = self._index(other.parent, tuple(target for _, target in told))
            wanted = self._joined(parent, [own for own, _ in told], rows, index.widths)
            place = np.minimum(np.searchsorted(index.identities, wanted), len(index.identities) - 1)
            kept &= index.identities[place] == wanted
        return np.flatnonzero(kept)

    def _index(self, table: TableName, columns: tuple[str, ...]) -> _Index:
        found = self._indexes.get((table, columns))
        if found is None:
            rows = np.arange(self._plan.table(table).rows, dtype=np.uint64)
            told = [self._identity(table, column, rows) for column in columns]
            widths = tuple(int(numbers.max()) + 2 for numbers in told)
            joined = _join(told, widths)
            order = np.argsort(joined, kind="stable")
            places = np.empty(len(order), np.int64)
            places[order] = np.arange(len(order))
            found = self._indexes[table, columns] = _Index(order, joined[order], places, widths)
        return found

    def _joined(self, table: TableName, columns: Sequence[str], rows: Counters, widths: Sequence[int]) -> Numbers:
        return _join([self._identity(table, column, rows) for column in columns], widths)

    def _identity(self, table: TableName, column: str, rows: Counters) -> Numbers:
        """A number for each row's value: equal ones are equal values."""
        plan = self._plan.table(table).column(column)
        match plan.generator:
            case Reference(link, parent, parent_column):
                found = self._evaluate(self._plan.table(table).link(link).source, table, f"link {link}", rows)
                told = self._identity(parent, parent_column, np.maximum(found, 0).astype(np.uint64))
                return np.where(found < 0, -1, told)
            case Scaled(source) as generator:
                return self._evaluate(source, table, generator.shared or column, rows)
            case _:
                return rows.astype(np.int64)


def _join(numbers: Sequence[Numbers], widths: Sequence[int]) -> Numbers:
    """Several numbers as one; a value that the index does not know becomes -1."""
    whole = np.zeros(len(numbers[0]), np.int64)
    known = np.ones(len(numbers[0]), np.bool_)
    for one, width in zip(numbers, widths, strict=True):
        known &= (one >= 0) & (one < width)
        whole = whole * width + one
    return np.where(known, whole, -1)
