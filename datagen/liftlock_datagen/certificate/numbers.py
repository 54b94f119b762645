"""Numbers of people that stand in a copy in another way than in the source: with other signs between their digits, or with the code of
their country, without it, or with a zero in its place.

A number is its digits without leading zeros; a phone number also those behind the country's code. In a text, whole groups of digits are
looked at, and those that stand together: a number is never found within a longer one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
_SORTS = (LONGEST + 1) * 100
_FILLED = 0.05  # of the numbers that begin alike
_GROUPS = 12  # of digits, which a number may be written in
_GAP = 5  # bytes between two of them: a dash of Unicode with blanks
_SEPARATORS = np.isin(np.arange(256), list(b" .-/()" + "\u2010\u2011\u2012\u2013\u2014\u2015".encode()))
_COUNTRIES = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)
_CODE = np.full(1000, 3, np.int64)  # how long the code is that a number with these first three digits begins with, by ITU-T E.164
for _code in ("1", "7", *_COUNTRIES.split()):
    _CODE[int(_code.ljust(3, "0")) : int(_code.ljust(3, "9")) + 1] = len(_code)


def _without_zeros(digits: Octets, starts: Offsets) -> Offsets:
    """The first digit from each one on that is no zero; past the end where there is none. digits: without anything between them."""
    starts = starts.copy()
    left = np.arange(len(starts))
    while len(left):
        left = left[starts[left] < len(digits)]
        left = left[digits[starts[left]] == ord("0")]
        starts[left] += 1
    return starts


def _behind_code(digits: Octets, starts: Offsets) -> Offsets:
    """Where a phone number goes on behind its country's code, and a zero after that."""
    first, second, third = (_at(digits, starts + place).astype(np.int64) - ord("0") for place in range(3))
    return _without_zeros(digits, np.minimum(starts + _CODE[first * 100 + second * 10 + third], len(digits)))


def _at(octets: Octets, places: Offsets) -> Octets:
    """What stands there; the last sign past the end."""
    return octets[np.minimum(places, len(octets) - 1)]


def _are_digits(octets: Octets) -> NDArray[np.bool_]:
    return np.asarray(octets - np.uint8(ord("0")) < 10, np.bool_)


def _gathered(block: Block, index: int) -> tuple[Octets, Offsets]:
    """The cells of one column, one after another, and where each of them ends."""
    starts, ends = block.column(index)
    sizes = ends - starts
    after = np.cumsum(sizes)
    return block.octets[np.repeat(starts - after + sizes, sizes) + np.arange(int(sizes.sum()))], after


def _sorts(digits: Octets, starts: Offsets, ends: Offsets) -> Offsets:
    """What sort each number is of: its length, and its first two digits."""
    first, second = (digits[starts + place].astype(np.int64) - ord("0") for place in range(2))
    return (ends - starts) * 100 + first * 10 + second


def _fitting(starts: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    return np.asarray((ends - starts >= SHORTEST) & (ends - starts <= LONGEST), np.bool_)


class NumberBuilder:
    """Collects the numbers of the source, column by column."""

    def __init__(self, hasher: Hasher, folder: Path, columns: int, common: int, limit: int = IN_MEMORY) -> None:
        self._hasher = hasher
        self._needles = NeedleBuilder(hasher, folder, columns, common, limit, name="numbers")
        self._sorts: dict[int, NDArray[np.int64]] = defaultdict(lambda: np.zeros(_SORTS, np.int64))

    def add(self, block: Block, index: int, column: int, kind: Kind, owners: Hashes) -> None:
        """The values of one column of a folded block. Of one with letters, what follows the last of them, such as an IBAN's account."""
        octets, ends = _gathered(block, index)
        if not len(octets):
            return
        letters = np.concatenate((np.full(1, -1), np.flatnonzero((octets >= ord("a")) & (octets <= ord("z")))))
        starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
        starts = np.maximum(starts, letters[np.searchsorted(letters, ends) - 1] + 1)
        are = _are_digits(octets)
        digits, before = octets[are], np.concatenate((np.zeros(1, np.int64), np.cumsum(are, dtype=np.int64)))
        first, last = before[starts], before[ends]
        begins = _without_zeros(digits, first)
        self._keep(digits, begins, last, column, owners)
        if kind is Kind.PHONE and len(digits):
            abroad = (_at(octets, starts) == ord("+")) | (begins - first >= 2)
            self._keep(digits, _behind_code(digits, begins[abroad]), last[abroad], column, owners[abroad])

    def _keep(self, digits: Octets, begins: Offsets, ends: Offsets, column: int, owners: Hashes) -> None:
        fit = _fitting(begins, ends)
        begins, ends = begins[fit], ends[fit]
        if len(begins):
            self._sorts[column] += np.bincount(_sorts(digits, begins, ends), minlength=_SORTS)
            keys = self._hasher.of(digits).stretches(begins, ends)
            self._needles.add_hashed(keys, ends - begins, column, owners[fit])

    def table(self) -> NumberTable:
        """Everything collected, ready to look for."""
        return NumberTable(self._hasher, self._needles.table(), dict(self._sorts))


class NumberTable:
    """What is looked for. sorts: how many numbers of each sort (_sorts) a column has. tries: how many were looked at, by place and sort."""

    def __init__(self, hasher: Hasher, needles: NeedleTable, sorts: Mapping[int, NDArray[np.int64]]) -> None:
        self._hasher, self.needles, self._sorts = hasher, needles, sorts
        self._wanted = np.asarray(sum(sorts.values(), np.zeros(_SORTS, np.int64)).reshape(-1, 100).any(axis=1), np.bool_)
        self.tries: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(_SORTS, np.int64))

    def expected(self, place: str, column: int) -> float:
        """How many numbers of a column would be found at a place if all of its numbers were drawn by lot.

        Among those that begin alike, as mobile numbers and moments counted in seconds do; among all where they nearly fill that room, so
        that it explains no leak.
        """
        if place not in self.tries or column not in self._sorts:
            return 0.0
        many, room = self._sorts[column].reshape(-1, 100), 10.0 ** np.maximum(np.arange(LONGEST + 1) - 2, 0)
        alike, overall = many / room[:, None], many.sum(axis=1) / (90 * room)
        return float((self.tries[place].reshape(-1, 100) * np.where(alike <= _FILLED, alike, overall[:, None])).sum())

    def find(self, block: Block, places: Sequence[str]) -> Hits:
        """Every number in a folded block. places: of the cells of a row."""
        octets = block.octets
        groups = _Groups.of(octets)
        first, final = groups.stretches() if self._wanted.any() else (groups.starts[:0], groups.starts[:0])
        if not len(first):
            return Hits(first[:0], first[:0], first[:0], np.zeros(0, np.bool_))
        digits, begins = groups.digits, groups.starts[first]
        starts, last = groups.before[first], groups.before[final + 1]
        whole = _without_zeros(digits, starts)
        before = octets[np.maximum(begins - 1, 0)]
        abroad = np.flatnonzero(((before == ord("+")) & (begins > 0)) | (whole - starts >= 2))
        of = np.concatenate((np.arange(len(begins)), abroad))
        starts, last = np.concatenate((whole, _behind_code(digits, whole[abroad]))), last[of]
        likely = _fitting(starts, last)
        likely[likely] = self._wanted[(last - starts)[likely]]
        of, starts, last = of[likely], starts[likely], last[likely]
        if not len(of):
            return Hits(of, of, of, np.zeros(0, np.bool_))
        self._count(block.cells_at(begins[of]) % len(places), _sorts(digits, starts, last), places)
        at, real = self.needles.lookup(self._hasher.of(digits).stretches(starts, last))
        of, at = of[real], at[real]
        begins, ends = begins[of] - (before[of] == ord("+")), groups.ends[final[of]]
        return Hits(begins, ends, at, np.ones(len(of), np.bool_)).only(_longest(begins, ends, self.needles.columns(at)))

    def _count(self, places: Offsets, sorts: Offsets, names: Sequence[str]) -> None:
        for place in np.unique(places).tolist():
            self.tries[names[place]] += np.bincount(sorts[places == place], minlength=_SORTS)


@dataclass(frozen=True)
class _Groups:
    """Groups of digits. before: how many digits there are before each group, and in all."""

    octets: Octets
    starts: Offsets
    ends: Offsets
    before: Offsets

    @cached_property
    def digits(self) -> Octets:
        """Their digits, without anything between them."""
        return self.octets[_are_digits(self.octets)]

    @staticmethod
    def of(octets: Octets) -> _Groups:
        """Those of a text."""
        are = np.zeros(len(octets) + 2, np.bool_)
        are[1:-1] = _are_digits(octets)
        edges = np.flatnonzero(are[1:] != are[:-1])
        starts, ends = edges[::2], edges[1::2]
        return _Groups(octets, starts, ends, np.concatenate((np.zeros(1, np.int64), np.cumsum(ends - starts))))

    def stretches(self) -> tuple[Offsets, Offsets]:
        """Groups, alone and with those that follow, which together are as long as a number may be: the first of each, and the last."""
        joined = self._joined()
        groups = np.flatnonzero(joined | (self.ends - self.starts >= SHORTEST))
        found: list[tuple[Offsets, Offsets]] = []
        for further in range(_GROUPS):
            size = self.before[groups + further + 1] - self.before[groups]
            fit = groups[(size >= SHORTEST) & (size <= LONGEST + 4)]
            found.append((fit, fit + further))
            groups = groups[joined[groups + further] & (size < LONGEST)]
            if not len(groups):
                break
        first, last = (np.concatenate(side) for side in zip(*found, strict=True))
        dates = _are_dates(self.octets, self.starts[first], self.ends[last])
        return first[~dates], last[~dates]

    def _joined(self) -> NDArray[np.bool_]:
        """Whether each group is followed by another one of the same number."""
        joined = np.zeros(len(self.starts), np.bool_)
        gaps = self.starts[1:] - self.ends[:-1]
        near = np.flatnonzero((gaps <= _GAP) & _SEPARATORS[self.octets[self.ends[:-1]]])
        for place in range(1, _GAP):
            inside = gaps[near] > place
            near = near[~inside | _SEPARATORS[_at(self.octets, self.ends[near] + place)]]
        joined[near] = True
        return joined


def _longest(begins: Offsets, ends: Offsets, columns: Offsets) -> NDArray[np.bool_]:
    """Of what ends at the same place and is of the same column, the one that begins first: a number with its country's code is one."""
    order = np.lexsort((begins, columns, ends))
    first = np.ones(len(order), np.bool_)
    first[1:] = (ends[order][1:] != ends[order][:-1]) | (columns[order][1:] != columns[order][:-1])
    found = np.zeros(len(order), np.bool_)
    found[order[first]] = True
    return found


def _are_dates(octets: Octets, begins: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    """Whether a stretch is a date as people write it: eight digits with two signs between them, after the year or before it."""
    third, fifth, sixth, eighth = (_SEPARATORS[_at(octets, begins + place)] for place in (2, 4, 5, 7))
    found: NDArray[np.bool_] = (ends - begins == 10) & ((fifth & eighth) | (third & sixth))
    return found
