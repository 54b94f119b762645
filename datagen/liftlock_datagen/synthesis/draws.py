"""Where a row's whole numbers come from: closed set of frozen data, chosen by the plan and evaluated by sources."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.spreads import Covering, Grouping, Piecewise


@dataclass(frozen=True, slots=True)
class Serial:
    """first + row * step, up to last: unique."""

    first: int
    step: int = 1
    last: int = 1 << 60


@dataclass(frozen=True, slots=True)
class Uniform:
    """low … high; small ones far more often where skewed."""

    low: int
    high: int
    skewed: bool = False


@dataclass(frozen=True, slots=True)
class Permuted:
    """low … high, each at most once: unique for up to high - low + 1 rows."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """A point in a row's life: a moment that all its milestones share, plus early … late, all in seconds; the result in units of `unit`.

    shares: how the shared moments spread over first … last; None for evenly.
    """

    unit: int
    first: int
    last: int
    early: int
    late: int
    shares: Piecewise | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """At least the largest of the base columns, plus 1 where strict; further by at most `gap`; within low … high."""

    bases: tuple[str, ...]
    strict: bool
    gap: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Popular:
    """A parent row: few of them are chosen often, most seldom; which ones is scattered over the table.

    shares: how often each is chosen, in an order of their own; None for the usual skew.
    """

    parents: int
    shares: Piecewise | Covering | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier row of the same table; row 0 has none (-1, so NULL), or itself where own_root."""

    own_root: bool


@dataclass(frozen=True, slots=True)
class GroupOf:
    """The parent row whose group the row is in."""

    grouping: Grouping


@dataclass(frozen=True, slots=True)
class PlaceIn:
    """low + the row's place in its group."""

    grouping: Grouping
    low: int


@dataclass(frozen=True, slots=True)
class MixedIn:
    """low + one digit of a number that differs for all rows of a group: total is the product of all such digits' sizes."""

    grouping: Grouping
    total: int
    divisor: int
    modulus: int
    low: int = 0


@dataclass(frozen=True, slots=True)
class Radix:
    """low + one digit of a number that differs for all rows. label: what the digits of one number share."""

    label: str
    total: int
    divisor: int
    modulus: int
    low: int = 0


@dataclass(frozen=True, slots=True)
class FirstOf:
    """0 for the first row of each group, others 1 … choices - 1."""

    grouping: Grouping
    choices: int


@dataclass(frozen=True, slots=True)
class Spaced:
    """low + step * the inner number: values that keep their distance."""

    inner: Source
    step: int
    low: int


@dataclass(frozen=True, slots=True)
class Boxed:
    """lows[i] … highs[i], for an i that each row draws; columns of one label draw the same."""

    label: str
    lows: tuple[int, ...]
    highs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """The product of some columns of the row, times `up`, divided by `down` and rounded down; within low … high."""

    columns: tuple[str, ...]
    up: int = 1
    down: int = 1
    low: int = -(1 << 60)
    high: int = 1 << 60


@dataclass(frozen=True, slots=True)
class SumOver:
    """The sum of `each` over the rows of a table that belong to this row: schema and name of that table, and how its rows are grouped."""

    schema: str
    name: str
    grouping: Grouping
    each: Product


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over other rows, plus and minus columns of this row (1 or -1 for each); within low … high."""

    rows: SumOver | None
    terms: tuple[tuple[str, int], ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Even:
    """A parent row, each of them equally often but for one: rows are dealt out in a scattered order."""

    rows: int
    parents: int


@dataclass(frozen=True, slots=True)
class Matching:
    """A parent row that agrees with what the row already holds. shared: the row's column and the parent's, for each that they share.

    earlier: of the same table, and before the row; the first that agrees has none (-1), or itself where own_root. grouping: the rows of one
    of its groups get different parents.
    """

    parent: TableName
    shared: tuple[tuple[str, str], ...]
    earlier: bool = False
    own_root: bool = False
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class Agreeing:
    """A parent row out of those that have a match in all the others: the inner number, counted among these."""

    inner: Source
    parent: TableName
    parents: int
    others: tuple[Matching, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Besides:
    """The inner number, without the one that another link of the row has: what comes after that one moves up by one."""

    inner: Source
    link: str


FromColumns = Later | Product | Total
InGroup = GroupOf | PlaceIn | MixedIn | FirstOf
AmongParents = Even | Matching | Agreeing | Besides
Source = (
    FromColumns
    | InGroup
    | AmongParents
    | Serial
    | Uniform
    | Piecewise
    | Covering
    | Boxed
    | Permuted
    | Milestone
    | Popular
    | Earlier
    | Radix
    | Spaced
)
