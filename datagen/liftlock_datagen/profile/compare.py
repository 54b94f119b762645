"""Holds the shape of generated rows against the profile that they were made from: pure figures for a page that people look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.profile.model import ColumnProfile, Histogram, Profile, TableProfile, Unit

_BINS = 24
_CURVE_POINTS = 60


@dataclass(frozen=True, slots=True)
class Bins:
    """Shares of the rows in ranges of equal width between low and high."""

    unit: Unit
    low: float
    high: float
    profiled: tuple[float, ...]
    made: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A value's share of the rows."""

    value: str
    profiled: float
    made: float


@dataclass(frozen=True, slots=True)
class Curves:
    """How much of the rows the most common values have: (part of the values, part of the rows), from (0, 0) to (1, 1)."""

    profiled: tuple[tuple[float, float], ...]
    made: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """One column. distinct: how many values should differ among the rows that were made, and how many do.

    distance: between the distributions, 0 (the same) to 1 (nothing in common); None where there is none to compare.
    """

    name: str
    profiled: ColumnProfile
    made: ColumnProfile
    distinct: tuple[float, float]
    bins: Bins | None = None
    shares: tuple[ShareOf, ...] = ()
    curves: Curves | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table. lacking: columns of the profile that the generated table has no figures of."""

    name: TableName
    profiled: TableProfile
    made: TableProfile
    columns: tuple[ColumnComparison, ...]
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All tables of both. absent: tables of the profile that the database does not have."""

    tables: tuple[TableComparison, ...]
    absent: tuple[TableName, ...] = ()

    @property
    def distances(self) -> tuple[float, ...]:
        """Of all columns whose distributions can be compared, largest first."""
        return tuple(distance for distance, _ in self.farthest)

    @property
    def farthest(self) -> tuple[tuple[float, str], ...]:
        """The same, each with its column's name."""
        found = [(c.distance, f"{t.name}.{c.name}") for t in self.tables for c in t.columns if c.distance is not None]
        return tuple(sorted(found, key=lambda one: (-one[0], one[1])))


def compare_profiles(profiled: Profile, made: Profile) -> Comparison:
    """The figures side by side."""
    both = sorted(profiled.tables.keys() & made.tables.keys())
    tables = tuple(_table(name, profiled.tables[name], made.tables[name]) for name in both)
    return Comparison(tables, tuple(sorted(profiled.tables.keys() - made.tables.keys())))


def _table(name: TableName, profiled: TableProfile, made: TableProfile) -> TableComparison:
    columns = tuple(
        _column(column, shape, made.columns[column], profiled, made) for column, shape in profiled.columns.items() if column in made.columns
    )
    return TableComparison(name, profiled, made, columns, tuple(column for column in profiled.columns if column not in made.columns))


def _column(name: str, profiled: ColumnProfile, made: ColumnProfile, before: TableProfile, after: TableProfile) -> ColumnComparison:
    rows = after.rows or 0
    distinct = (_expected(profiled, rows), made.distinct_of(rows))
    bins = _bins(profiled.histogram, made.histogram) if profiled.histogram and made.histogram else None
    shares = _shares(profiled, made) if profiled.values else ()
    curves = _curves(profiled, made, before.rows or 0, rows) if profiled.frequencies else None
    distance = None
    if profiled.histogram and made.histogram:
        distance = _distance_of(profiled.histogram, made.histogram)
    elif shares:
        distance = _distance([share.profiled for share in shares], [share.made for share in shares])
    elif curves is not None:
        distance = max(abs(one - other) for (_, one), (_, other) in zip(curves.profiled, curves.made, strict=True))
    return ColumnComparison(name, profiled, made, distinct, bins, shares, curves, distance)


def _expected(column: ColumnProfile, rows: int) -> float:
    """How many different values so many rows show, where each of a fixed number is as likely as any other."""
    if column.distinct <= 0:
        return -column.distinct * rows
    return column.distinct * (1 - exp(-rows * (1 - column.nulls) / column.distinct))


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return min(1.0, sum(abs(a - b) for a, b in zip(one, other, strict=True)) / 2)


def _distance_of(profiled: Histogram, made: Histogram) -> float:
    """Between the profile's own bounds, whose outermost ones stand for all rows beyond them: the rows that were made are not rounded so."""
    edges = sorted(set(profiled.bounds))
    return _distance(_pieces(profiled, edges), _pieces(made, edges))


def _pieces(histogram: Histogram, edges: Sequence[float]) -> tuple[float, ...]:
    """The share of the rows up to the first edge, between each two, and from the last one on."""
    cuts = [0.0, *(_up_to(histogram, edge) for edge in edges[:-1]), _below(histogram, edges[-1]), 1.0]
    return tuple(after - before for before, after in pairwise(cuts))


def _up_to(histogram: Histogram, edge: float) -> float:
    """The share of the rows at the edge or below; a piece without width is one value."""
    pieces = zip(pairwise(histogram.bounds), histogram.masses, strict=True)
    return min(1.0, sum((1.0 if high <= edge else _part_below(low, high, edge)) * mass for (low, high), mass in pieces))


def _bins(profiled: Histogram, made: Histogram) -> Bins:
    low, high = min(profiled.bounds[0], made.bounds[0]), max(profiled.bounds[-1], made.bounds[-1])
    width = (high - low) / _BINS or 1.0
    edges = [low + place * width for place in range(_BINS + 1)]
    return Bins(profiled.unit, low, high, _masses(profiled, edges), _masses(made, edges))


def _masses(histogram: Histogram, edges: Sequence[float]) -> tuple[float, ...]:
    """The share of the rows between each two edges; a value that many rows have counts to the range that it begins or lies in."""
    below = [0.0, *(_below(histogram, edge) for edge in edges[1:-1]), 1.0]
    return tuple(after - before for before, after in pairwise(below))


def _below(histogram: Histogram, edge: float) -> float:
    pieces = zip(pairwise(histogram.bounds), histogram.masses, strict=True)
    return min(1.0, sum(_part_below(low, high, edge) * mass for (low, high), mass in pieces))


def _part_below(low: float, high: float, edge: float) -> float:
    """The part of a piece that lies below the edge."""
    if high < edge:
        return 1.0
    return (edge - low) / (high - low) if low < edge else 0.0


def _shares(profiled: ColumnProfile, made: ColumnProfile) -> tuple[ShareOf, ...]:
    """By the profile's order, then what only the generated rows have. Shares are of the rows that are not NULL."""
    one, other = _of_present(profiled), _of_present(made)
    return tuple(ShareOf(value, one.get(value, 0.0), other.get(value, 0.0)) for value in {**one, **other})


def _of_present(column: ColumnProfile) -> dict[str, float]:
    whole = sum(share for _, share in column.values) or 1.0
    return {value: share / whole for value, share in column.values}


def _curves(profiled: ColumnProfile, made: ColumnProfile, before: int, after: int) -> Curves:
    return Curves(_curve(profiled, profiled.distinct_of(before)), _curve(made, made.distinct_of(after)))


def _curve(column: ColumnProfile, distinct: float) -> tuple[tuple[float, float], ...]:
    """The common values first, the others alike; cut at the same places, so that two curves can be compared."""
    count = max(distinct, float(len(column.frequencies)), 1.0)
    heads = [share / max(1e-9, 1 - column.nulls) for share in column.frequencies]
    points, passed = [(0.0, 0.0)], 0.0
    for place, share in enumerate(heads, 1):
        passed = min(1.0, passed + share)
        points.append((place / count, passed))
    points.append((1.0, 1.0))
    return tuple((place / _CURVE_POINTS, _at(points, place / _CURVE_POINTS)) for place in range(_CURVE_POINTS + 1))


def _at(points: Sequence[tuple[float, float]], x: float) -> float:
    for (left, low), (right, high) in pairwise(points):
        if x <= right:
            return high if right == left else low + (high - low) * (x - left) / (right - left)
    return 1.0
