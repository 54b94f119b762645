"""Numbers of people that stand in a copy in another way than in the source: with other signs between their digits, or with the code of
their country, without it, or with a zero in its place.

A number is its digits without leading zeros; a phone number also those behind the country's code. In a text, whole groups of digits are
looked at, and those that stand together: a number is never found within a longer one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.blocks import Block, Octets, Offsets
from liftlock_datagen.certificate.hashing import Hasher, Hashes
from liftlock_datagen.certificate.needles import Hits, NeedleBuilder, NeedleTable
from liftlock_datagen.certificate.spill import IN_MEMORY
from liftlock_datagen.spec.model import Kind

NUMBERS = frozenset({Kind.PHONE, Kind.IBAN, Kind.PAYMENT_CARD, Kind.NATIONAL_ID, Kind.BANK_ACCOUNT, Kind.TAX_ID})
SHORTEST, LONGEST = 7, 30
_GROUPS = 12  # of digits, which a number may be written in
_GAP = 5  # bytes between two of them: a dash of Unicode with blanks
_SEPARATORS = np.isin(np.arange(256), list(b" .-/()" + "\u2010\u2011\u2012\u2013\u2014\u2015".encode()))
_COUNTRIES = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)
_CODE = np.full(1000, 3, np.int64)  # how long the code is that a number with these first three digits begins with, by ITU-T E.164
for _code in ("1", "7", *_COUNTRIES.split()):
    _CODE[int(_code.ljust(3, "0")) : int(_code.ljust(3, "9")) + 1] = len(_code)


@dataclass(frozen=True)
class Digits:
    """The digits of a text alone. before: how many there are before each position of the text."""

    octets: Octets
    before: Offsets

    @staticmethod
    def of(octets: Octets) -> Digits:
        """The digits of these bytes."""
        are = _are_digits(octets)
        before = np.zeros(len(octets) + 1, np.int64)
        np.cumsum(are, out=before[1:])
        return Digits(octets[are], before)

    def without_zeros(self, starts: Offsets) -> Offsets:
        """The first digit from each one on that is no zero; past the end where there is none."""
        others = np.append(np.flatnonzero(self.octets != ord("0")), len(self.octets))
        return others[np.searchsorted(others, starts)]

    def behind_code(self, starts: Offsets) -> Offsets:
        """Where a phone number goes on behind its country's code, and a zero after that."""
        padded = np.concatenate((self.octets, np.full(3, ord("0"), np.uint8))).astype(np.int64) - ord("0")
        first = padded[starts] * 100 + padded[starts + 1] * 10 + padded[starts + 2]
        return self.without_zeros(np.minimum(starts + _CODE[first], len(self.octets)))


def _are_digits(octets: Octets) -> NDArray[np.bool_]:
    return np.asarray(octets - np.uint8(ord("0")) < 10, np.bool_)


def _fitting(starts: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    return np.asarray((ends - starts >= SHORTEST) & (ends - starts <= LONGEST), np.bool_)


class NumberBuilder:
    """Collects the numbers of the source, column by column."""

    def __init__(self, hasher: Hasher, folder: Path, columns: int, common: int, limit: int = IN_MEMORY) -> None:
        self._hasher = hasher
        self._needles = NeedleBuilder(hasher, folder, columns, common, limit, name="numbers")
        self._lengths = np.zeros((columns, LONGEST + 1), np.int64)

    def add(self, block: Block, index: int, column: int, kind: Kind, owners: Hashes) -> None:
        """The values of one column of a folded block. Of one with letters, what follows the last of them, such as an IBAN's account."""
        octets = block.octets
        starts, ends = block.column(index)
        letters = np.concatenate((np.full(1, -1), np.flatnonzero((octets >= ord("a")) & (octets <= ord("z")))))
        starts = np.maximum(starts, letters[np.searchsorted(letters, ends) - 1] + 1)
        digits = Digits.of(octets)
        first, last = digits.before[starts], digits.before[ends]
        begins = digits.without_zeros(first)
        self._keep(digits, begins, last, column, owners)
        if kind is Kind.PHONE:
            abroad = (octets[np.minimum(starts, len(octets) - 1)] == ord("+")) | (begins - first >= 2)
            self._keep(digits, digits.behind_code(begins[abroad]), last[abroad], column, owners[abroad])

    def _keep(self, digits: Digits, begins: Offsets, ends: Offsets, column: int, owners: Hashes) -> None:
        fit = _fitting(begins, ends)
        begins, ends = begins[fit], ends[fit]
        if len(begins):
            self._lengths[column] += np.bincount(ends - begins, minlength=LONGEST + 1)
            keys = self._hasher.of(digits.octets).stretches(begins, ends)
            self._needles.add_hashed(keys, ends - begins, column, owners[fit])

    def table(self) -> NumberTable:
        """Everything collected, ready to look for."""
        return NumberTable(self._hasher, self._needles.table(), self._lengths)


class NumberTable:
    """What is looked for. lengths: how many numbers of each length a column has. tries: how many were looked at, by place and length."""

    def __init__(self, hasher: Hasher, needles: NeedleTable, lengths: NDArray[np.int64]) -> None:
        self._hasher, self.needles, self._lengths = hasher, needles, lengths
        self._wanted: NDArray[np.bool_] = lengths.sum(axis=0) > 0
        self.tries: Counter[tuple[str, int]] = Counter()

    def expected(self, place: str, column: int) -> float:
        """How many numbers of a column would be found at a place if all of its numbers were drawn by lot."""
        counts: list[int] = self._lengths[column].tolist()
        return sum((self.tries[place, size] * many / (9.0 * 10.0 ** (size - 1)) for size, many in enumerate(counts) if many), start=0.0)

    def find(self, block: Block, places: Sequence[str]) -> Hits:
        """Every number in a folded block. places: of the cells of a row."""
        octets = block.octets
        begins, ends = self._stretches(octets)
        if not self._wanted.any() or not len(begins):
            return Hits(begins[:0], begins[:0], begins[:0], np.zeros(0, np.bool_))
        digits = Digits.of(octets)
        first, last = digits.before[begins], digits.before[ends]
        starts = digits.without_zeros(first)
        before = octets[np.maximum(begins - 1, 0)]
        abroad = np.flatnonzero(((before == ord("+")) & (begins > 0)) | (starts - first >= 2))
        of = np.concatenate((np.arange(len(begins)), abroad))
        starts, last = np.concatenate((starts, digits.behind_code(starts[abroad]))), last[of]
        likely = _fitting(starts, last)
        likely[likely] = self._wanted[(last - starts)[likely]]
        of, starts, last = of[likely], starts[likely], last[likely]
        self._count(block.cells_at(begins[of]) % len(places), last - starts, places)
        at, real = self.needles.lookup(self._hasher.of(digits.octets).stretches(starts, last))
        of, at = of[real], at[real]
        begins, ends = begins[of] - (before[of] == ord("+")), ends[of]
        whole = _longest(begins, ends, self.needles.columns(at))
        return Hits(begins, ends, at, np.ones(len(of), np.bool_)).only(whole)

    def _count(self, places: Offsets, sizes: Offsets, names: Sequence[str]) -> None:
        pairs, many = np.unique(places * (LONGEST + 1) + sizes, return_counts=True)
        for pair, count in zip(pairs.tolist(), many.tolist(), strict=True):
            self.tries[names[pair // (LONGEST + 1)], pair % (LONGEST + 1)] += count

    def _stretches(self, octets: Octets) -> tuple[Offsets, Offsets]:
        """Groups of digits, alone and with those that follow, which together are as long as a number may be."""
        are = np.concatenate(([False], _are_digits(octets), [False]))
        edges = np.flatnonzero(are[1:] != are[:-1])
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            return starts, ends
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(ends - starts)))
        joined = _are_joined(octets, starts, ends)
        groups = np.arange(len(starts))
        found: list[tuple[Offsets, Offsets]] = []
        for further in range(_GROUPS):
            size = before[groups + further + 1] - before[groups]
            fit = (size >= SHORTEST) & (size <= LONGEST + 4)
            found.append((starts[groups[fit]], ends[groups[fit] + further]))
            groups = groups[joined[groups + further] & (size < LONGEST)]
        begins, ends = (np.concatenate(side) for side in zip(*found, strict=True))
        dates = _are_dates(octets, begins, ends)
        return begins[~dates], ends[~dates]


def _longest(begins: Offsets, ends: Offsets, columns: Offsets) -> NDArray[np.bool_]:
    """Of what ends at the same place and is of the same column, the one that begins first: a number with its country's code is one."""
    order = np.lexsort((begins, columns, ends))
    first = np.ones(len(order), np.bool_)
    first[1:] = (ends[order][1:] != ends[order][:-1]) | (columns[order][1:] != columns[order][:-1])
    found = np.zeros(len(order), np.bool_)
    found[order[first]] = True
    return found


def _are_joined(octets: Octets, starts: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    """Whether a group is followed by another one of the same number."""
    gaps = np.append(starts[1:] - ends[:-1], _GAP + 1)
    joined: NDArray[np.bool_] = gaps <= _GAP
    for place in range(_GAP):
        joined &= (gaps <= place) | _SEPARATORS[octets[np.minimum(ends + place, len(octets) - 1)]]
    return joined


def _are_dates(octets: Octets, begins: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    """Whether a stretch is a date as people write it: eight digits with two signs between them, after the year or before it."""
    signs = [octets[np.minimum(begins + place, len(octets) - 1)] for place in (2, 4, 5, 7)]
    third, fifth, sixth, eighth = (_SEPARATORS[sign] for sign in signs)
    found: NDArray[np.bool_] = (ends - begins == 10) & ((fifth & eighth) | (third & sixth))
    return found
