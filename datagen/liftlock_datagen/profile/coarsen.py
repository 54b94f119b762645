"""Makes statistics coarse enough to leave a database. Pure.

The rule, which docs/data/profile.md states for people:

- A histogram has at most 25 buckets (10 for amounts and birth dates) of at least 50 rows each (250 there). A column with fewer than two
  such buckets has none.
- Its first and last bounds are quantiles with at least 1 % and at least as many rows beyond as a bucket holds: never the extremes.
- Every bound is rounded to a step of 1, 2 or 5 times a power of ten, about a fiftieth (a twentieth) of the span that nine tenths of the
  rows lie in; to whole days, weeks, months, quarters or years for times, and to years at least for birth dates.
- The share of a common value is rounded to three digits, and left out where fewer rows than 50 have the value. So is the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, isfinite, log10

from liftlock_datagen.profile.model import Histogram, Unit

ROWS_PER_BUCKET = 50
_DAY = 86400.0
_DAY_STEPS = (1, 7, 30, 91, 365, 1825, 3650)


@dataclass(frozen=True, slots=True)
class Grain:
    """How coarse: the most buckets, the least rows in each, into how many steps the span is cut, and the least step in days for times."""

    buckets: int
    rows: int
    steps: int
    days: int = 1


FINE = Grain(25, ROWS_PER_BUCKET, 50)
COARSE = Grain(10, 5 * ROWS_PER_BUCKET, 20, 365)
OF_MADE_ROWS = Grain(25, 1, 50)  # which are nobody's


@dataclass(frozen=True, slots=True)
class Observed:
    """A column's values as PostgreSQL's statistics have them: common values with their shares of all rows, and bounds of equal mass between
    which the rest lies."""

    common: tuple[tuple[float, float], ...]
    bounds: tuple[float, ...]
    nulls: float
    rows: float


def rounded(number: float, places: int = 3) -> float:
    """The number with so many significant digits."""
    if number == 0 or not isfinite(number):
        return 0.0
    return round(number, places - 1 - floor(log10(abs(number))))


def coarse_frequencies(shares: Sequence[float], rows: float, least: int = ROWS_PER_BUCKET) -> tuple[float, ...]:
    """The shares that enough rows stand behind, largest first."""
    return tuple(sorted((rounded(share) for share in shares if share * rows >= least), reverse=True))


def coarse_histogram(observed: Observed, unit: Unit, grain: Grain, *, whole: bool) -> Histogram | None:
    """The histogram that may be shown; None where too few rows stand behind it. whole: the values are whole numbers."""
    present = observed.rows * (1 - observed.nulls)
    buckets = min(grain.buckets, int(present // grain.rows))
    spread = _Spread(observed)
    if buckets < 2 or spread.empty:
        return None
    end = max(0.01, grain.rows / present)
    points = [end, *(place / buckets for place in range(1, buckets)), 1 - end]
    step = _step(spread.at(0.95) - spread.at(0.05), spread.at(0.5), unit, grain, whole=whole)
    return _rounded_histogram([spread.at(min(max(point, end), 1 - end)) for point in points], step, unit)


def _rounded_histogram(points: Sequence[float], step: float, unit: Unit) -> Histogram:
    """Points that only fall together by rounding leave their share to a neighbouring piece; those that were the same are a common value."""
    pieces: list[tuple[float, float, int]] = []
    waiting = 0
    for low, high in pairwise(points):
        start, end = (rounded(round(point / step) * step, 12) for point in (low, high))
        common = pieces[-1][0] == pieces[-1][1] if pieces else False
        if start == end and low != high:  # no room by rounding
            waiting += 1
        elif pieces and low == high and common and pieces[-1][1] == end:
            pieces[-1] = (start, end, pieces[-1][2] + 1 + waiting)
            waiting = 0
        else:
            pieces.append((start, end, 1 + waiting))
            waiting = 0
    if waiting:
        last = pieces.pop() if pieces else (start, end, 0)
        pieces.append((*last[:2], last[2] + waiting))
    weights = tuple(weight for *_, weight in pieces)
    return Histogram(unit, (pieces[0][0], *(end for _, end, _ in pieces)), weights if len(set(weights)) > 1 else ())


def _step(span: float, middle: float, unit: Unit, grain: Grain, *, whole: bool) -> float:
    if unit is not Unit.NUMBER:
        day = 1.0 if unit is Unit.DAY else _DAY
        wanted = max(span / day / grain.steps, grain.days)
        return day * next((step for step in _DAY_STEPS if step >= wanted), _DAY_STEPS[-1])
    wanted = (span or abs(middle) or 1.0) / grain.steps
    power: float = 10.0 ** floor(log10(wanted))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted * 0.999)
    return max(1.0, step) if whole else step


class _Spread:
    """The values' cumulated shares: common values as jumps, between the bounds evenly rising."""

    def __init__(self, observed: Observed) -> None:
        pieces = [(value, value, share) for value, share in observed.common]
        rest = max(0.0, 1 - observed.nulls - sum(share for _, share in observed.common))
        pairs = list(pairwise(observed.bounds))
        pieces += [(low, high, rest / len(pairs)) for low, high in pairs]
        self._pieces = sorted(piece for piece in pieces if piece[2] > 0)
        self._whole = sum(share for _, _, share in self._pieces)
        self.empty = not self._pieces

    def at(self, point: float) -> float:
        """The value below which this share of the rows lies. Jumps inside a bucket are taken to lie at its beginning or end."""
        left = point * self._whole
        for low, high, share in self._cut():
            if left <= share:
                return low + (high - low) * left / share
            left -= share
        return self._pieces[-1][1]

    def _cut(self) -> list[tuple[float, float, float]]:
        """The pieces in order, buckets cut where a common value lies inside."""
        jumps = sorted({low for low, high, _ in self._pieces if low == high})
        found: list[tuple[float, float, float]] = []
        for low, high, share in self._pieces:
            inside = [jump for jump in jumps if low < jump < high]
            ends = [low, *inside, high]
            found += [(a, b, share * (b - a) / (high - low) if high > low else share) for a, b in pairwise(ends)]
        return sorted(found, key=lambda piece: (piece[0], piece[1]))
