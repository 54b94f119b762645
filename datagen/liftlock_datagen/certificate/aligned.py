"""Rows of source and copy side by side: of each sensitive column, how many rows still say what they said.

Rows meet by the hash of their key, in parts that fit into memory, so neither the order of rows nor the size of a table matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.features import Features
from liftlock_datagen.certificate.hashing import Hashes
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.samples import Chance, PairSample, ValueSample, chance
from liftlock_datagen.certificate.spill import IN_MEMORY, Records, Spill

_TOLD_APART = 100_000
_KEY = np.dtype([("key", "<u8")])


@dataclass(frozen=True, slots=True)
class Compared:
    """A column to compare. index: its cell in the rows of both sides. apart: different values were to stay different."""

    index: int
    forms: tuple[Form, ...]
    apart: bool = False


@dataclass
class Agreement:
    """One form of one column. rows: how many agree. values: hashes of what they agree on. expected: by chance.

    odds: how likely each row agrees where our own makers could have given all of these values; 0 where they could not. by_map: the map of
    pseudonyms leaves each of these values as it is.
    """

    form: Form
    rows: int = 0
    values: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    expected: Chance = field(default_factory=lambda: Chance(0.0, 0.0, same_counts=False))
    odds: float = 0.0
    by_map: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether `values` are all of them."""
        return len(self.values) < _TOLD_APART

    def add(self, values: Hashes) -> None:
        """More rows that agree."""
        self.rows += len(values)
        if self.is_counted:
            self.values = np.unique(np.concatenate((self.values, values)))


@dataclass
class ColumnAgreement:
    """A column's rows. rows: matched ones in which the source has a value. source_rows, copy_rows: all that have a value.

    filled, emptied: matched ones whose NULL became a value, and the other way round. nulls: of each side. merged: values of the copy that
    stand for several of the source, where they were to stay apart. crowded: the source has nearly every value that its
    rule chooses among, so that the copy has them, too.
    """

    forms: list[Agreement]
    rows: int = 0
    filled: int = 0
    emptied: int = 0
    nulls: tuple[int, int] = (0, 0)
    merged: int = 0
    crowded: bool = False
    distinct_source: int = 0
    distinct_copy: int = 0
    source_rows: int = 0
    copy_rows: int = 0


class Alignment:
    """The rows of one table. keyed: whether rows have a key to meet by; without one only the columns' values are compared.

    unique: whether keys of the source tell its rows apart. Where they do not, rows that share one with others meet none, unless all of
    those hold the same; alike counts them. raw: rows of the copy that meet none, and have a key that was said to be none.
    """

    def __init__(
        self, folder: Path, name: str, columns: Sequence[Compared], *, keyed: bool, limit: int = IN_MEMORY, unique: bool = True
    ) -> None:
        self._columns, self._keyed, self._unique = columns, keyed, unique
        width = sum(len(column.forms) for column in columns)
        self._kind = np.dtype([("key", "<u8"), ("values", "<u8", (width,)), ("nulls", "?", (len(columns),))])
        self._sides = [Spill(folder, f"{name}-{side}", self._kind, limit) for side in ("source", "copy")]
        self._samples = [[ValueSample() for _ in range(width)] for _ in range(2)]
        self._pairs = [PairSample() for _ in columns]
        self._nulls = np.zeros((2, len(columns)), np.int64)
        self._planted: set[int] = set()
        self._seen: NDArray[np.bool_] | None = None
        self._raw = Spill(folder, f"{name}-raw", _KEY, limit)
        self.rows = [0, 0]
        self.alike = 0
        self.raw = 0

    def add(self, side: int, keys: Hashes, features: Features, planted: NDArray[np.bool_]) -> None:
        """Rows of the source (0) or of the copy (1). planted: our own, which must be found unchanged and count for nothing else."""
        values = [found for column in self._columns for found in features.of(column.index, column.forms)]
        self.rows[side] += int((~planted).sum())
        self._planted |= set(keys[planted].tolist())
        for sample, found in zip(self._samples[side], values, strict=True):
            sample.add(found[~planted])
        if not values:
            return
        nulls = np.stack([features.block.nulls(column.index) for column in self._columns], axis=1)
        self._nulls[side] += nulls.sum(axis=0)
        if self._keyed:
            records = np.empty(len(keys), self._kind)
            records["key"], records["values"], records["nulls"] = keys, np.stack(values, axis=1), nulls
            self._sides[side].add(records)

    def add_raw(self, keys: Hashes) -> None:
        """Keys that rows of the source would have if something of them had been left as it was."""
        records = np.empty(len(keys), _KEY)
        records["key"] = keys
        self._raw.add(records)

    def result(self) -> tuple[int, list[ColumnAgreement]]:
        """How many rows met, and what they have in common, column by column."""
        found = [ColumnAgreement([Agreement(form) for form in column.forms]) for column in self._columns]
        matched = 0
        planted = np.array(sorted(self._planted), np.uint64)
        for source, copy in self._met():
            ours = np.isin(copy["key"], planted)
            self._look(source["values"][ours], copy["values"][ours])
            matched += int((~ours).sum())
            self._compare(source["values"][~ours], copy["values"][~ours], found)
            self._keep(source[~ours], copy[~ours], found)
        place = 0
        for number, column in enumerate(found):
            column.nulls, column.merged = (int(self._nulls[0, number]), int(self._nulls[1, number])), self._pairs[number].merged
            column.distinct_source, column.distinct_copy = (self._samples[side][place].distinct for side in (0, 1))
            column.source_rows, column.copy_rows = (self._samples[side][place].rows for side in (0, 1))
            for agreement in column.forms:
                agreement.expected = chance(self._samples[0][place], self._samples[1][place], agreement.rows, len(agreement.values))
                place += 1
        return matched, found

    def blind(self) -> list[int]:
        """The columns in which rows of our own were not seen to be unchanged; after result()."""
        if not self._keyed or not self.rows[1]:
            return []
        return [number for number in range(len(self._columns)) if self._seen is None or not self._seen[number]]

    def _look(self, source: NDArray[np.uint64], copy: NDArray[np.uint64]) -> None:
        if len(source):
            firsts = np.cumsum([0, *(len(column.forms) for column in self._columns)])[:-1]
            self._seen = (source[:, firsts] == copy[:, firsts]).all(axis=0)

    def _met(self) -> Iterator[tuple[Records, Records]]:
        """Rows of both sides with the same key, part by part. A key that comes twice in the source stands for its first row."""
        if not self._keyed:
            return
        for source, copy, raw in zip(*(spill.parts() for spill in (*self._sides, self._raw)), strict=True):
            if len(raw):
                self.raw += int((np.isin(copy["key"], raw["key"]) & ~np.isin(copy["key"], source["key"])).sum())
            keys, first = np.unique(source["key"], return_index=True)
            if not len(keys) or not len(copy):
                continue
            at = np.minimum(np.searchsorted(keys, copy["key"]), len(keys) - 1)
            met = keys[at] == copy["key"]
            if not self._unique:
                told = ~_are_several(source, len(keys))[at]
                self.alike += int((met & ~told).sum())
                met &= told
            yield source[first[at[met]]], copy[met]

    def _compare(self, source: NDArray[np.uint64], copy: NDArray[np.uint64], found: Sequence[ColumnAgreement]) -> None:
        place = 0
        for column in found:
            column.rows += int((source[:, place] != 0).sum())
            unchanged = np.zeros(len(source), np.bool_)
            for agreement in column.forms:
                same = (source[:, place] == copy[:, place]) & (source[:, place] != 0) & ~unchanged
                agreement.add(source[same, place])
                unchanged |= same
                place += 1

    def _keep(self, source: Records, copy: Records, found: Sequence[ColumnAgreement]) -> None:
        """What was to stay: NULLs, and that different values are different."""
        filled, emptied = source["nulls"] & ~copy["nulls"], ~source["nulls"] & copy["nulls"]
        place = 0
        for number, (column, compared) in enumerate(zip(found, self._columns, strict=True)):
            column.filled += int(filled[:, number].sum())
            column.emptied += int(emptied[:, number].sum())
            if compared.apart:
                folded = place + (Form.FOLDED in compared.forms)  # looks that a rule does not tell apart are one value
                self._pairs[number].add(source["values"][:, folded], copy["values"][:, place])
            place += len(compared.forms)


def _are_several(records: Records, keys: int) -> NDArray[np.bool_]:
    """Of each key, in their order, whether rows that hold different values share it."""
    records = records[np.argsort(records["key"], kind="stable")]
    again = records["key"][1:] == records["key"][:-1]
    differ = (records["values"][1:] != records["values"][:-1]).any(axis=1) | (records["nulls"][1:] != records["nulls"][:-1]).any(axis=1)
    of = np.cumsum(~again)
    found: NDArray[np.bool_] = np.bincount(of[again & differ], minlength=keys) > 0
    return found
