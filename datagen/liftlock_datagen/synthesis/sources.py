"""Evaluates sources: row numbers to whole numbers. Each result depends on the seed, the table, a label and the row number alone."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.bits import (
    LARGEST_SIZE,
    Counters,
    Numbers,
    derive_key,
    draw,
    permute,
    reduce_bits,
    scatter,
    skewed,
    uniform,
)
from liftlock_datagen.synthesis.draws import (
    Agreeing,
    Besides,
    Boxed,
    Earlier,
    Even,
    FirstOf,
    FromColumns,
    GroupOf,
    InGroup,
    Later,
    Matching,
    Milestone,
    MixedIn,
    Permuted,
    PlaceIn,
    Popular,
    Product,
    Radix,
    Serial,
    Source,
    Spaced,
    SumOver,
    Total,
    Uniform,
)
from liftlock_datagen.synthesis.generators import Scaled
from liftlock_datagen.synthesis.groups import group_starts, piecewise
from liftlock_datagen.synthesis.matching import Matcher
from liftlock_datagen.synthesis.plan_data import ColumnPlan, LoadPlan
from liftlock_datagen.synthesis.spreads import Covering, Grouping, Piecewise

_OF_SUBJECT = frozenset({"person.given", "person.family", "place", "company"})


class SourceReader:
    """Numbers for the sources of one plan. Holds nothing but what it can compute again: keys and the starts of groups."""

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._keys: dict[tuple[str, ...], int] = {}
        self._subjects = {table.name: table.link(table.subject) for table in plan.tables if table.subject}
        self._starts: dict[tuple[TableName, Grouping], Numbers] = {}
        self._matcher = Matcher(plan, self.numbers)
        self._agreeing: dict[tuple[TableName, str], Numbers] = {}

    def key(self, table: TableName, *path: str) -> int:
        """The key of one stream of the table."""
        whole = (str(table), *path)
        if whole not in self._keys:
            self._keys[whole] = derive_key(self._plan.seed, *whole)
        return self._keys[whole]

    def column(self, table: TableName, name: str) -> ColumnPlan:
        """The plan of a column of the table."""
        return self._plan.table(table).column(name)

    def subject_of(self, table: TableName, rows: Counters) -> tuple[TableName, Counters]:
        """The table and rows that say which person and place these rows speak of: their own, or those they are a part of."""
        while table in self._subjects:
            link = self._subjects[table]
            rows = self.numbers(link.source, table, f"link {link.name}", rows).astype(np.uint64)
            table = link.parent
        return table, rows

    def numbers(self, source: Source, table: TableName, label: str, rows: Counters) -> Numbers:  # noqa: PLR0912 - one case for each source
        """The source's number for each row."""
        table, rows = self.subject_of(table, rows) if label in _OF_SUBJECT else (table, rows)
        key = self.key(table, label)
        match source:
            case Serial(first, step):
                return rows.astype(np.int64) * step + first
            case Uniform(low, high, skew):
                drawn = skewed(key, rows, high - low + 1) if skew else uniform(key, rows, high - low + 1)
                return drawn.astype(np.int64) + low
            case Piecewise() | Covering():
                return self._by_shares(source, table, label, rows)
            case Permuted(low, high):
                return permute(key, rows, high - low + 1).astype(np.int64) + low
            case Milestone(unit, first, last, early, late, shares):
                shared = self.numbers(shares or Uniform(first, last), table, label, rows)
                return (shared + self._offset(table, source, rows, late - early) + early) // unit
            case Later() | Product() | Total():
                return self._from_columns(source, table, key, rows)
            case Popular(parents, shares):
                ranks = self.numbers(shares or Uniform(0, parents - 1, skewed=True), table, label, rows)
                return scatter(key, ranks.astype(np.uint64), parents).astype(np.int64)
            case Earlier(own_root):
                return self._earlier(key, rows, own_root=own_root)
            case Radix(shared_label, total, divisor, modulus, low):
                whole = permute(self.key(table, shared_label), rows, total)
                return (whole // np.uint64(divisor) % np.uint64(modulus)).astype(np.int64) + low
            case Boxed():
                return self._boxed(source, table, key, rows)
            case Even() | Matching() | Agreeing() | Besides():
                return self._among_parents(source, table, label, rows)
            case Spaced(inner, step, low):
                return self.numbers(inner, table, label, rows) * step + low
            case GroupOf() | PlaceIn() | MixedIn() | FirstOf():
                return self._in_group(source, table, key, rows)
            case _:
                assert_never(source)

    def _by_shares(self, source: Piecewise | Covering, table: TableName, label: str, rows: Counters) -> Numbers:
        bits = draw(self.key(table, label), rows)
        if isinstance(source, Piecewise):
            return piecewise(source, bits)
        places = permute(self.key(table, label, "once"), rows, source.rows).astype(np.int64)
        return np.where(places < source.once, places, piecewise(source.shares, bits))

    def _among_parents(self, source: Even | Matching | Agreeing | Besides, table: TableName, label: str, rows: Counters) -> Numbers:
        key = self.key(table, label)
        match source:
            case Even(count, parents):
                return (permute(key, rows, count) % np.uint64(parents)).astype(np.int64)
            case Matching(grouping=grouping):
                if grouping is None:
                    return self._matcher.parents(source, table, rows, key, None)
                starts, numbers = self._group_starts(table, grouping), rows.astype(np.int64)
                places = numbers - starts[np.searchsorted(starts, numbers, side="right") - 1]
                return self._matcher.parents(source, table, rows, key, places)
            case Agreeing(inner, parent, parents, others, columns):
                kept = self._agreeing.get((table, label))
                if kept is None:
                    kept = self._agreeing[table, label] = self._matcher.agreeing(parent, parents, others, columns)
                numbers = self.numbers(inner, table, label, rows)
                return kept[numbers * len(kept) // parents] if len(kept) else numbers
            case Besides(inner, link):
                other = self.numbers(self._plan.table(table).link(link).source, table, f"link {link}", rows)
                numbers = self.numbers(inner, table, label, rows)
                return numbers + (numbers >= other)
            case _:
                assert_never(source)

    def _boxed(self, source: Boxed, table: TableName, key: int, rows: Counters) -> Numbers:
        chosen = uniform(self.key(table, source.label), rows, len(source.lows)).astype(np.int64)
        lows, highs = np.array(source.lows, np.int64)[chosen], np.array(source.highs, np.int64)[chosen]
        return lows + reduce_bits(draw(key, rows), (highs - lows + 1).astype(np.uint64)).astype(np.int64)

    def _offset(self, table: TableName, source: Milestone, rows: Counters, span: int) -> Numbers:
        key = self.key(table, "milestone", str(source.early), str(source.late))
        return uniform(key, rows, span + 1).astype(np.int64)

    def _earlier(self, key: int, rows: Counters, *, own_root: bool) -> Numbers:
        size = np.maximum(rows + np.uint64(own_root), np.uint64(1))
        found = reduce_bits(draw(key, rows), size).astype(np.int64)
        return found if own_root else np.where(rows == 0, -1, found)

    def _from_columns(self, source: FromColumns, table: TableName, key: int, rows: Counters) -> Numbers:
        match source:
            case Later():
                return self._later(source, table, key, rows)
            case Product():
                return self._product(source, table, rows)
            case Total():
                return self._total(source, table, rows)
            case _:
                assert_never(source)

    def _later(self, source: Later, table: TableName, key: int, rows: Counters) -> Numbers:
        base = np.full(len(rows), source.low, np.int64)
        for name in source.bases:
            base = np.maximum(base, self._of_column(table, name, rows) + source.strict)
        room = np.clip(source.high - base, 0, source.gap) + 1
        return base + reduce_bits(draw(key, rows), room.astype(np.uint64)).astype(np.int64)

    def _of_column(self, table: TableName, name: str, rows: Counters) -> Numbers:
        generator = self.column(table, name).generator
        if not isinstance(generator, Scaled):
            raise TypeError(f"{table}.{name} has no number that another column could follow")
        return self.numbers(generator.source, table, generator.shared or name, rows)

    def _product(self, source: Product, table: TableName, rows: Counters) -> Numbers:
        found = np.full(len(rows), source.up, np.int64)
        for name in source.columns:
            found = found * self._of_column(table, name, rows)
        result: Numbers = np.clip(found // source.down, source.low, source.high)
        return result

    def _total(self, source: Total, table: TableName, rows: Counters) -> Numbers:
        found = np.zeros(len(rows), np.int64) if source.rows is None else self._sum_over(source.rows, rows)
        for name, sign in source.terms:
            found = found + sign * self._of_column(table, name, rows)
        result: Numbers = np.clip(found, source.low, source.high)
        return result

    def _sum_over(self, source: SumOver, rows: Counters) -> Numbers:
        """The groups of all rows between the first and the last that are asked for are summed: they lie one behind another."""
        table, numbers = TableName(source.schema, source.name), rows.astype(np.int64)
        starts = self._group_starts(table, source.grouping)
        first, last = (int(starts[numbers.min()]), int(starts[numbers.max() + 1])) if len(numbers) else (0, 0)
        each = self._product(source.each, table, np.arange(first, last, dtype=np.uint64))
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(each)])
        sums: Numbers = before[starts[numbers + 1] - first] - before[starts[numbers] - first]
        return sums

    def _in_group(self, source: InGroup, table: TableName, key: int, rows: Counters) -> Numbers:
        starts = self._group_starts(table, source.grouping)
        numbers = rows.astype(np.int64)
        groups = np.searchsorted(starts, numbers, side="right") - 1
        places = numbers - starts[groups]
        match source:
            case GroupOf():
                return groups
            case PlaceIn(_, low):
                return places + low
            case FirstOf(_, choices):
                others = uniform(key, rows, max(1, choices - 1)).astype(np.int64) + 1
                return np.where(places == 0, 0, others)
            case MixedIn(grouping, total, divisor, modulus, low):
                offsets = uniform(self.key(table, grouping.label, "offset"), groups.astype(np.uint64), total)
                whole = (offsets + places.astype(np.uint64)) % np.uint64(total)
                mixing = scatter if total <= LARGEST_SIZE else permute
                mixed = mixing(self.key(table, grouping.label, "scatter"), whole, total)
                return (mixed // np.uint64(divisor) % np.uint64(modulus)).astype(np.int64) + low
            case _:
                assert_never(source)

    def _group_starts(self, table: TableName, grouping: Grouping) -> Numbers:
        found = self._starts.get((table, grouping))
        if found is None:
            found = group_starts(grouping, self.key(table, grouping.label, "sizes"))
            self._starts[table, grouping] = found
        return found
