"""How whole numbers spread: shares of ranges, and rows in groups. Frozen data that sources draw by (see draws)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piecewise:
    """bounds[i] … bounds[i + 1] - 1, each number alike, with a chance of ends[i] - ends[i - 1] in 2**32. bounds rise, ends end at 2**32."""

    bounds: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Covering:
    """Each number below `once` for one of the table's `rows`, the others by the shares: so many values differ, not by chance fewer."""

    once: int
    rows: int
    shares: Piecewise


@dataclass(frozen=True, slots=True)
class Grouping:
    """Splits a table's rows into consecutive groups, one per parent row, of skewed sizes up to `cap`, in total exactly `rows`.

    shares: how the rows spread over the parents, in an order of their own; None for the usual skew. least: rows that every parent has.
    """

    label: str
    rows: int
    parents: int
    cap: int
    shares: Piecewise | None = None
    least: int = 0
