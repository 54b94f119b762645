"""Turns a profile's figures into pieces that row numbers are drawn from: whole numbers only, so the same on every machine. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil

from liftlock_datagen.profile.model import ColumnProfile
from liftlock_datagen.synthesis.spreads import Covering, Piecewise

_WHOLE = 1 << 32
_MOST_PIECES = 4096


def of_steps(start: int, steps: Iterable[tuple[int, float]]) -> Piecewise | None:
    """Pieces that follow one another from `start`: each step is its end and its mass. None where there is no mass.

    A step that ends where the one before did leaves its mass to that one, or at the very start to the one behind.
    """
    kept: list[tuple[int, float]] = []
    waiting = 0.0
    for end, mass in steps:
        if end > (kept[-1][0] if kept else start):
            kept.append((end, mass + waiting))
            waiting = 0.0
        elif kept:
            kept[-1] = (kept[-1][0], kept[-1][1] + mass)
        else:
            waiting += mass
    total = sum(mass for _, mass in kept)
    if total <= 0:
        return None
    ends, passed = [], 0.0
    for _, mass in kept:
        passed += mass
        ends.append(min(_WHOLE, round(passed / total * _WHOLE)))
    ends[-1] = _WHOLE
    return Piecewise((start, *(end for end, _ in kept)), tuple(ends))


def of_bounds(bounds: Sequence[float], masses: Sequence[float], low: int, high: int) -> Piecewise | None:
    """Numbers of low … high, with that mass between each two neighbouring bounds. Equal neighbours are one number that is common."""
    inside = [min(max(round(bound), low), high) for bound in bounds]
    common: dict[int, float] = defaultdict(float)
    between: dict[int, float] = {}
    for (start, end), mass in zip(pairwise(inside), masses, strict=True):
        if start == end:
            common[start] += mass
        else:
            between[start] = mass
    numbers = sorted(set(inside))
    steps: list[tuple[int, float]] = []
    for number, following in pairwise([*numbers, numbers[-1] + 1]):
        if number in common:
            steps.append((number + 1, common[number]))
        if number in between:
            steps.append((following, between[number]))
    if steps and steps[-1][0] == numbers[-1]:
        steps[-1] = (numbers[-1] + 1, steps[-1][1])
    return of_steps(numbers[0], steps)


def of_shares(shares: Sequence[float]) -> Piecewise | None:
    """0 … len(shares) - 1, each with its share."""
    return of_steps(0, [(place + 1, share) for place, share in enumerate(shares)])


def of_ranks(column: ColumnProfile, distinct: float, size: int) -> Piecewise | None:
    """0 … size - 1 as ranks of `distinct` values: the common ones have the profile's shares, the others are alike. None where none differ.

    Where size is not distinct, the curve is kept: the same part of the ranks gets the same part of the rows.
    """
    if distinct < 1 or size < 1:
        return None
    present = max(1e-9, 1 - column.nulls)
    heads = [share / present for share in column.frequencies[:_MOST_PIECES]][: ceil(distinct)]
    steps = [(min(size, round((place + 1) * size / distinct)), share) for place, share in enumerate(heads)]
    return of_steps(0, [*steps, (size, max(0.0, 1 - sum(heads)))])


def covering(shares: Piecewise, rows: int) -> Covering | Piecewise:
    """The same shares of so many rows, but with each number at least once; just the shares where there are fewer rows than numbers."""
    size = shares.bounds[-1]
    if rows < size or shares.bounds[0] != 0:
        return shares
    masses = [(after - before) * rows / _WHOLE for before, after in pairwise((0, *shares.ends))]
    rest = [max(0.0, mass - (end - start)) for mass, (start, end) in zip(masses, pairwise(shares.bounds), strict=True)]
    return Covering(size, rows, of_steps(0, list(zip(shares.bounds[1:], rest, strict=True))) or shares)
