"""Splits rows into groups of skewed sizes, and numbers by shares. Pure arithmetic on raw bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from liftlock_datagen.primitives.bits import Counters, Numbers, scatter, skewed
from liftlock_datagen.synthesis.spreads import Grouping, Piecewise

_LARGEST_WEIGHT = 12  # bits


def group_starts(grouping: Grouping, key: int) -> Numbers:
    """The first row of each group, and the number of rows at the end. Sizes are skewed, at least `least` and at most `cap`."""
    if grouping.least:
        certain = grouping.least * np.arange(grouping.parents + 1, dtype=np.int64)
        spread = replace(grouping, rows=grouping.rows - int(certain[-1]), cap=grouping.cap - grouping.least, least=0)
        return certain + group_starts(spread, key)
    parents = np.arange(grouping.parents, dtype=np.uint64)
    if grouping.shares is None:
        spare = 62 - grouping.parents.bit_length() - grouping.rows.bit_length()  # the products below stay within 64 bits
        largest = 1 << max(1, min(_LARGEST_WEIGHT, spare))
        weights = skewed(key, parents, largest).astype(np.int64) + max(1, largest >> 6)
        ends = np.cumsum(weights)
        sizes = np.diff(ends * grouping.rows // int(ends[-1]), prepend=0)
    else:
        sizes = _sizes_of(grouping.shares, grouping)[scatter(key, parents, grouping.parents).astype(np.int64)]
    kept = np.minimum(sizes, grouping.cap)
    excess = grouping.rows - int(kept.sum())
    if excess:
        room = grouping.cap - kept
        before = np.cumsum(room) - room
        kept = kept + np.clip(excess - before, 0, room)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])


def _sizes_of(shares: Piecewise, grouping: Grouping) -> Numbers:
    """How many rows the parent of each rank has: what lies before its end minus what lies before its beginning."""
    bounds, ends = np.array(shares.bounds, np.int64), np.array((0, *shares.ends), np.int64)
    ranks = np.arange(grouping.parents + 1, dtype=np.int64)
    at = np.clip(np.searchsorted(bounds, ranks, side="right") - 1, 0, len(bounds) - 2)
    inside = np.clip(ranks - bounds[at], 0, bounds[at + 1] - bounds[at])
    rows = (ends * grouping.rows) >> 32
    before = rows[at] + (rows[at + 1] - rows[at]) * inside // (bounds[at + 1] - bounds[at])
    sizes: Numbers = np.diff(before)
    return sizes


def piecewise(source: Piecewise, bits: Counters) -> Numbers:
    """The upper half of each word chooses the piece, the lower half the number in it."""
    pieces = np.searchsorted(np.array(source.ends, np.uint64), bits >> np.uint64(32), side="right")
    bounds = np.array(source.bounds, np.int64)
    width = (bounds[pieces + 1] - bounds[pieces]).astype(np.uint64)
    low = bits & np.uint64(0xFFFFFFFF)
    inside = low * (width >> np.uint64(32)) + ((low * (width & np.uint64(0xFFFFFFFF))) >> np.uint64(32))
    numbers: Numbers = bounds[pieces] + inside.astype(np.int64)
    return numbers
