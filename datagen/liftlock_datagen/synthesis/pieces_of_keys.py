"""Turns the pieces of a partitioned table into demands on its columns, and into draws that fill every partition. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import ROUND_CEILING

from liftlock_datagen.synthesis import partitions
from liftlock_datagen.synthesis.demands import Among, Bound, ColumnDemand, Presence
from liftlock_datagen.synthesis.draws import Boxed
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.forms import Day, Form, Listed, Moment, Whole
from liftlock_datagen.synthesis.generators import Generator, Scaled
from liftlock_datagen.synthesis.limits import Limits, units_of
from liftlock_datagen.synthesis.partitions import Between, Partitions

_WIDEST = 1 << 31
_YEAR = {Family.DATE: 365, Family.MOMENT: 365 * 86400}
_OPEN_NUMBERS = 100_000


def partition_demands(found: Partitions, decided: Collection[str]) -> list[ColumnDemand]:
    """What each column may hold in any row. decided: columns that cannot follow a draw of pieces, because keys decide their values.

    A column that can follow one is not held to a run of ranges without gaps: see partition_draws.
    """
    pieces = found.pieces
    if not found.independent and set(found.columns) & set(decided):
        pieces = pieces[:1]
    demands: list[ColumnDemand] = []
    for column in found.columns:
        told = partitions.first_of(pieces, column)
        if len(told) < len(pieces):
            continue  # some pieces take anything
        demands.append(Presence(column, absent=False))
        listed = [value for one in told if isinstance(one, partitions.Listed) for value in one.values]
        if listed:
            demands.append(Among(column, tuple(dict.fromkeys(listed))))
            continue
        runs = _runs([one for one in told if isinstance(one, Between)])
        if column in decided or len(runs) == 1:
            best = max(runs, key=len)
            demands += _bounds(column, replace(best[0], high=best[-1].high))
    return demands


def must_draw(found: Partitions) -> bool:
    """Whether rows fall into partitions only if their columns are drawn together, or from ranges with gaps."""
    told = [[one for one in partitions.first_of(found.pieces, column) if isinstance(one, Between)] for column in found.columns]
    return not found.independent or any(len(_runs(ranges)) > 1 for ranges in told if ranges)


def _runs(ranges: list[Between]) -> list[list[Between]]:
    """The ranges that follow one another without a gap, together."""
    ordered = list(dict.fromkeys(ranges))
    runs: list[list[Between]] = []
    starts = {one.low: one for one in ordered}
    ends = {one.high for one in ordered if one.low != one.high}
    for first in ordered:
        if first.low is not None and first.low in ends and first.low != first.high:
            continue
        run = [first]
        while run[-1].high is not None and run[-1].high in starts and starts[run[-1].high] not in run:
            run.append(starts[run[-1].high])
        runs.append(run)
    return runs


def _bounds(column: str, run: Between) -> list[ColumnDemand]:
    found: list[ColumnDemand] = []
    if run.low is not None:
        found.append(Bound(column, run.low, lower=True, strict=run.above))
    if run.high is not None:
        found.append(Bound(column, run.high, lower=False, strict=run.low != run.high))
    return found


def partition_draws(found: Partitions, limits: Mapping[str, Limits], free: Collection[str]) -> dict[str, Generator]:
    """Generators that draw a piece for each row, and then a value in it. free: the columns whose values nothing else decides."""
    if not found.pieces or not set(found.columns) <= set(free):
        return {}
    made: dict[str, Generator] = {}
    for column in found.columns:
        generator = _draw(found, column, limits[column])
        if generator is None:
            return {}
        made[column] = generator
    return made


def _draw(found: Partitions, column: str, limits: Limits) -> Generator | None:
    told = [piece.get(column) for piece in found.pieces]
    listed = [one for one in told if isinstance(one, partitions.Listed)]
    if len(listed) == len(told):
        values = [value for one in listed for value in one.values]
        lows = [sum(len(one.values) for one in listed[:place]) for place in range(len(listed))]
        highs = [low + len(one.values) - 1 for low, one in zip(lows, listed, strict=True)]
        empty = any(low > high for low, high in zip(lows, highs, strict=True))
        return None if empty else Scaled(Boxed("partition", tuple(lows), tuple(highs)), Listed(tuple(values)))
    ranges = [_units(one, limits) for one in told if isinstance(one, Between)]
    ends = [one for one in ranges if one is not None and one[0] <= one[1]]
    form = _form(limits)
    if len(ends) < len(told) or form is None:
        return None
    return Scaled(Boxed("partition", tuple(low for low, _ in ends), tuple(high for _, high in ends)), form)


def _form(limits: Limits) -> Form | None:
    match limits.family:
        case Family.NUMBER:
            return Whole(limits.scale)
        case Family.DATE:
            return Day()
        case Family.MOMENT:
            return Moment()
        case _:
            return None


def _units(one: Between, limits: Limits) -> tuple[int, int] | None:
    """The smallest and the largest number of units; a side without an end goes as far as is usual."""
    ends = [None if text is None else units_of(limits, text, lower=True) for text in (one.low, one.high)]
    if any(end is None and text is not None for end, text in zip(ends, (one.low, one.high), strict=True)):
        return None
    usual = _YEAR.get(limits.family, _OPEN_NUMBERS)
    low = None if ends[0] is None else int(ends[0].to_integral_value(ROUND_CEILING)) + one.above
    high = None if ends[1] is None else int(ends[1].to_integral_value(ROUND_CEILING)) - (one.low != one.high)
    if low is None:
        low = max(limits.low, high - usual) if high is not None else max(limits.low, 0)
    if high is None:
        high = min(limits.high, low + usual)
    return max(low, limits.low), min(high, limits.high, low + _WIDEST)
