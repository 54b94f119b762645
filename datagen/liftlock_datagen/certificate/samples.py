"""What two columns would have in common by chance, from samples of their values' hashes.

A sample holds the values with the smallest hashes, each with its number of rows: exact up to SIZE different values, and beyond that a fair
sample of the *values*, the same ones in both columns, so that what is said of the sample holds for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.hashing import Hashes

SIZE = 1 << 15
_NOISE = 0.01  # an expectation below this is none: the values come from domains that have nothing in common
_MANY = 20  # from so many different values on, equal counts are no accident
_SAME, _FEW_NEW = 0.9, 0.01  # of the values, and of the rows: a source in use goes on after it was copied
_SELDOM = log(1e6)


@dataclass
class ValueSample:
    """Grows by add; NULLs (hash 0) are left out."""

    rows: int = 0
    limit: int = 0xFFFFFFFFFFFFFFFF
    values: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _waiting: list[Hashes] = field(default_factory=list)
    _many: int = 0

    def add(self, hashes: Hashes) -> None:
        """One hash per row."""
        kept = hashes[(hashes != 0) & (hashes <= np.uint64(self.limit))]
        self.rows += int(np.count_nonzero(hashes))
        self._waiting.append(kept)
        self._many += len(kept)
        if self._many > 4 * SIZE:
            self.settle()

    def settle(self) -> ValueSample:
        """Counts what was added; called before anything is asked."""
        values, counts = np.unique(np.concatenate([np.empty(0, np.uint64), *self._waiting]), return_counts=True)
        self._waiting, self._many = [], 0
        merged, places = np.unique(np.concatenate((self.values, values)), return_inverse=True)
        self.counts = np.bincount(places, np.concatenate((self.counts, counts)), len(merged)).astype(np.int64)
        self.values = merged
        if len(merged) > SIZE:
            self.limit = int(merged[SIZE - 1])
            self.values, self.counts = merged[:SIZE], self.counts[:SIZE]
        return self

    @property
    def distinct(self) -> int:
        """How many different values there are; an estimate above SIZE."""
        self.settle()
        return round(len(self.values) * _scale(self.limit))

    def below(self, limit: int) -> tuple[Hashes, NDArray[np.int64]]:
        """The part of the sample up to this hash."""
        here = self.values <= np.uint64(limit)
        return self.values[here], self.counts[here]


@dataclass
class PairSample:
    """Which values of the source became which of the copy, for the copy's values with the smallest hashes: what it finds merged, is."""

    limit: int = 0xFFFFFFFFFFFFFFFF
    source: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    copy: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    _waiting: list[tuple[Hashes, Hashes]] = field(default_factory=list)
    _many: int = 0

    def add(self, source: Hashes, copy: Hashes) -> None:
        """One hash per row on either side; NULLs (hash 0) are left out."""
        kept = (source != 0) & (copy != 0) & (copy <= np.uint64(self.limit))
        self._waiting.append((source[kept], copy[kept]))
        self._many += int(kept.sum())
        if self._many > 4 * SIZE:
            self._settle()

    def _settle(self) -> None:
        source = np.concatenate([self.source, *(found for found, _ in self._waiting)])
        copy = np.concatenate([self.copy, *(found for _, found in self._waiting)])
        self._waiting, self._many = [], 0
        order = np.lexsort((source, copy))
        source, copy = source[order], copy[order]
        new = np.ones(len(copy), np.bool_)
        new[1:] = (copy[1:] != copy[:-1]) | (source[1:] != source[:-1])
        self.source, self.copy = source[new], copy[new]
        values = np.unique(self.copy)
        if len(values) > SIZE:
            self.limit = int(values[SIZE - 1])
            kept = self.copy <= np.uint64(self.limit)
            self.source, self.copy = self.source[kept], self.copy[kept]

    @property
    def merged(self) -> int:
        """How many values of the copy stand for several of the source, among those of the sample."""
        self._settle()
        _, counts = np.unique(self.copy, return_counts=True)
        return int((counts > 1).sum())


@dataclass(frozen=True, slots=True)
class Chance:
    """rows: how many rows would agree if the copy's values were dealt out at random. values: how many different values a random map would
    leave as they are. same_counts: about as many rows, value by value, as in the source: the values are the source's, wherever they stand.
    share: of the source's values, of which the copy has as many rows.
    """

    rows: float
    values: float
    same_counts: bool
    share: float = 0.0


def chance(source: ValueSample, copy: ValueSample, rows: int = 0, values: int = 0) -> Chance:
    """What is expected of two columns that have nothing to do with each other.

    rows, values: how many agree with their own row. They are not counted, so that a leak does not pass for what chance gives: only a value
    that other rows have is evidence that rows may agree by chance.
    """
    limit = min(source.settle().limit, copy.settle().limit)
    scale = _scale(limit)
    (left, left_counts), (right, right_counts) = source.below(limit), copy.below(limit)
    _, at, of = np.intersect1d(left, right, assume_unique=True, return_indices=True)
    pairs = scale * float((left_counts[at].astype(float) * right_counts[of]).sum()) - rows
    same = int((left_counts[at] == right_counts[of]).sum())
    expected_rows = pairs / max(1, source.rows, copy.rows)
    expected_values = (len(at) - values / scale) / max(1, len(right))
    alike = abs(source.rows - copy.rows) <= _FEW_NEW * source.rows and same > _SAME * len(left) and _is_telling(left_counts)
    return Chance(_unless_noise(expected_rows), _unless_noise(expected_values), alike, same / max(1, len(left)))


def _is_telling(counts: NDArray[np.int64]) -> bool:
    """Whether equal counts are no accident: there are many values, or dealing the same counts out at random seldom gives each its own."""
    if len(counts) >= _MANY:
        return True
    _, alike = np.unique(counts, return_counts=True)
    return lgamma(len(counts) + 1) - sum(lgamma(many + 1) for many in alike.tolist()) > _SELDOM


def _scale(limit: int) -> float:
    """How many values stand behind one that is in a sample with this limit."""
    return 2.0**64 / (limit + 1)


def _unless_noise(expected: float) -> float:
    return expected if expected >= _NOISE else 0.0


def allowance(expected: float) -> int:
    """The largest number that chance explains where this many are expected; 0 where none is."""
    return int(expected + 5 * sqrt(expected) + 3) if expected > 0 else 0
