"""The shape of a database as frozen data: counts and shares, no row and no value that tells of anybody.

Made by read.py, written and read by file.py, used by the planner of rows (synthesis/shaping.py) and by the page that compares (compare.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from liftlock_datagen.catalog.model import TableName


class Unit(StrEnum):
    """What a histogram counts in: the numbers themselves, days since 1970, or seconds since 1970."""

    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Between each two neighbouring bounds lies a share of the rows: as its weight says, the same everywhere where there are none.

    Equal neighbours: that share has this one value. Bounds are rounded, and the first and last are not the extremes (see coarsen.py).
    """

    unit: Unit
    bounds: tuple[float, ...]
    weights: tuple[int, ...] = ()

    @property
    def masses(self) -> tuple[float, ...]:
        """The share of the rows between each two bounds."""
        weights = self.weights or (1,) * (len(self.bounds) - 1)
        return tuple(weight / sum(weights) for weight in weights)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """nulls: share of the rows. distinct: how many values differ, or minus their share of the rows (-1: all do). width: bytes on average.

    correlation: of the values' order with the order on disk. frequencies: the shares of the most common values, largest first; of a foreign
    key's column they are the fan-out. values: the same with the values, where these may be shown.
    """

    nulls: float = 0.0
    distinct: float = 0.0
    width: int = 0
    correlation: float | None = None
    frequencies: tuple[float, ...] = ()
    values: tuple[tuple[str, float], ...] = ()
    histogram: Histogram | None = None

    def distinct_of(self, rows: float) -> float:
        """How many values differ among so many rows; 0 where that is not known."""
        return -self.distinct * rows if self.distinct < 0 else self.distinct


@dataclass(frozen=True, slots=True)
class TableProfile:
    """rows: an estimate, None where the table was never analysed. bytes: on disk, without indexes; index_bytes: those of its indexes."""

    rows: int | None
    bytes: int = 0
    index_bytes: int = 0
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """All tables of a database."""

    tables: Mapping[TableName, TableProfile] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows of all tables, as far as they are known."""
        return sum(table.rows or 0 for table in self.tables.values())

    def column(self, table: TableName, name: str) -> ColumnProfile | None:
        """The shape of a column; None where nothing is known of it."""
        found = self.tables.get(table)
        return found.columns.get(name) if found else None


class GapReason(StrEnum):
    """Why a column has no figures."""

    NO_RIGHT = "no-right"
    ROW_SECURITY = "row-security"
    NOT_ANALYSED = "not-analysed"


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A column whose figures are not to be had."""

    table: str
    column: str
    reason: GapReason


@dataclass(frozen=True, slots=True)
class ProfileReading:
    """What was read, what was not to be had, and which columns have figures but no classification (so no histogram and no values)."""

    profile: Profile
    gaps: tuple[Gap, ...] = ()
    unclassified: tuple[str, ...] = ()
