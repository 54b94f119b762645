"""The source's sensitive values as keyed hashes, and where they occur in text: every place of every one, in one pass over the text.

A value is found through its first eight bytes (four to seven for a short one, which must stand between word boundaries): a bit map says
quickly that nothing begins here, a table says which lengths begin here, and the hash of each such stretch decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.blocks import Block, Octets, Offsets
from liftlock_datagen.certificate.hashing import WINDOW, Hashed, Hasher, Hashes
from liftlock_datagen.certificate.spill import IN_MEMORY, Records, Spill

SHORTEST = 4
GLUED = 12  # from this length on a value is also found inside a longer word
_FEW = 200
_KNOWN = 22  # bits of a hash
_UNKNOWN = np.uint64(64 - _KNOWN)
_BLANK, _ELEMENT = 32, 31
_RECORD = np.dtype([("key", "<u8"), ("window", "<u8"), ("length", "<u4"), ("column", "<u2"), ("owner", "<u8")])
_NEEDLE = np.dtype([("key", "<u8"), ("column", "<u2"), ("owner", "<u8")])
_BEGIN = np.dtype([("window", "<u8"), ("length", "<u4")])
_Lazy = Callable[[], Hashed]
_LETTER = np.array([chr(code).isalnum() if code < 128 else True for code in range(256)])


@dataclass(frozen=True, slots=True)
class Common:
    """What was not looked for in a column: values that too many rows share, or that are too short."""

    values: int = 0
    rows: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True)
class Hits:
    """Where needles were found. begins, ends: in the block. needles: their numbers. bounded: it stands for itself, no letter beside it."""

    begins: Offsets
    ends: Offsets
    needles: Offsets
    bounded: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> Hits:
        """Some of them."""
        return Hits(self.begins[chosen], self.ends[chosen], self.needles[chosen], self.bounded[chosen])


def split_elements(octets: Octets, starts: Offsets, ends: Offsets) -> tuple[Offsets, Offsets, Offsets]:
    """Each element of each cell, without blanks around it, and the number of its cell."""
    marks = np.flatnonzero(octets == _ELEMENT)
    cells = np.arange(len(starts))
    if len(marks):
        owner = np.searchsorted(ends, marks)
        inside = (owner < len(starts)) & (marks >= starts[np.minimum(owner, len(starts) - 1)])
        marks, owner = marks[inside], owner[inside]
        starts = np.concatenate((starts, marks + 1))
        order = np.argsort(starts, kind="stable")
        cells = np.concatenate((cells, owner))[order]
        starts, ends = starts[order], np.sort(np.concatenate((ends, marks)))
    return (*trimmed(octets, starts, ends), cells)


def trimmed(octets: Octets, starts: Offsets, ends: Offsets) -> tuple[Offsets, Offsets]:
    """The stretches without blanks at either end."""
    starts, ends = starts.copy(), ends.copy()
    while len(at := np.flatnonzero((ends > starts) & (octets[np.maximum(ends - 1, 0)] == _BLANK))):
        ends[at] -= 1
    while len(at := np.flatnonzero((ends > starts) & (octets[np.minimum(starts, len(octets) - 1)] == _BLANK))):
        starts[at] += 1
    return starts, ends


class NeedleBuilder:
    """Collects values, column by column. common: a value in more rows than this says nothing about one person and is not looked for."""

    def __init__(self, hasher: Hasher, folder: Path, columns: int, common: int, limit: int = IN_MEMORY, *, name: str = "needles") -> None:
        self._hasher, self._file, self._common, self._limit = hasher, folder / f"{name}-table", common, limit
        self._spill = Spill(folder, name, _RECORD, limit)
        self._short = np.zeros(columns, np.int64)

    def add(self, block: Block, hashed: Hashed, index: int, column: int, owners: Hashes) -> None:
        """The values of one column of a folded block, as those of sensitive column number `column`. owners: whose row each is."""
        octets = block.octets
        begins, ends, cells = split_elements(octets, *block.column(index))
        lengths = ends - begins
        self._short[column] += int(((lengths < SHORTEST) & (lengths > 0)).sum())
        chosen = lengths >= SHORTEST
        begins, ends, lengths, cells = begins[chosen], ends[chosen], lengths[chosen], cells[chosen]
        records = np.empty(len(begins), _RECORD)
        records["key"] = hashed.stretches(begins, ends)
        windows = self._hasher.windows(octets)[begins]
        for length in range(SHORTEST, WINDOW + 1):
            here = np.minimum(lengths, WINDOW) == length
            records["window"][here] = self._hasher.seal(windows[here], length)
        records["length"], records["column"], records["owner"] = lengths, column, owners[cells]
        self._spill.add(records)

    def add_hashed(self, keys: Hashes, lengths: Offsets, column: int, owners: Hashes) -> None:
        """Values that somebody else has hashed, and looks up by their hashes."""
        records = np.zeros(len(keys), _RECORD)
        records["key"], records["length"], records["column"], records["owner"] = keys, lengths, column, owners
        self._spill.add(records)

    def table(self) -> NeedleTable:
        """Everything collected, ready to look for."""
        needles, begins, kept = [], [], 0
        common = [Common(short=int(count)) for count in self._short]
        for records in self._spill.parts():
            found, beginning = self._distinct(records, common)
            begins.append(beginning)
            needles.append(found)
            kept += found.nbytes
        return NeedleTable(self._hasher, self._gathered(needles, kept), _unique_begins(np.concatenate(begins)), tuple(common))

    def _distinct(self, records: Records, common: list[Common]) -> tuple[Records, Records]:
        _, first, counts = np.unique(records["key"], return_index=True, return_counts=True)
        often = counts > self._common
        for column, rows in zip(records["column"][first[often]], counts[often], strict=True):
            was = common[column]
            common[column] = Common(was.values + 1, was.rows + int(rows), was.short)
        chosen = records[first[~often]]
        needles = np.empty(len(chosen), _NEEDLE)
        needles["key"], needles["column"] = chosen["key"], chosen["column"]
        needles["owner"] = np.where(counts[~often] == 1, chosen["owner"], 0)
        begins = np.empty(len(chosen), _BEGIN)
        begins["window"], begins["length"] = chosen["window"], chosen["length"]
        return needles, _unique_begins(begins)

    def _gathered(self, needles: Sequence[Records], size: int) -> Records:
        if size <= self._limit:
            return np.concatenate(needles)
        with self._file.open("wb") as out:
            for part in needles:
                part.tofile(out)
        return np.memmap(self._file, _NEEDLE, "r")


def _unique_begins(begins: Records) -> Records:
    """Each window with each length once, by window."""
    _, first = np.unique(begins["window"] ^ (begins["length"].astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)), return_index=True)
    found = begins[first]
    return found[np.argsort(found["window"], kind="stable")]


class NeedleTable:
    """What is looked for. common: per column, what is not."""

    def __init__(self, hasher: Hasher, needles: Records, begins: Records, common: Sequence[Common]) -> None:
        self._hasher, self._needles, self.common = hasher, needles, tuple(common)
        self._keys = np.ascontiguousarray(needles["key"])
        self._lengths = begins["length"].astype(np.int32)
        new = np.ones(len(begins), np.bool_)  # begins are in the order of their windows
        new[1:] = begins["window"][1:] != begins["window"][:-1]
        self._first = np.flatnonzero(new).astype(np.int32)
        self._windows = begins["window"][self._first]
        self._many = np.diff(self._first, append=np.int32(len(begins)))
        bits = int(min(26, max(16, (16 * len(self._windows) or 1).bit_length())))
        self._shift = np.uint64(64 - bits)
        self._map = np.zeros(1 << bits, np.bool_)
        self._map[self._windows >> self._shift] = True
        self._short = [n for n in range(SHORTEST, WINDOW) if bool((self._lengths == n).any())]

    @cached_property
    def _known(self) -> NDArray[np.bool_]:
        """How the hashes of needles begin: says quickly of most others that they are none."""
        known = np.zeros(1 << _KNOWN, np.bool_)
        known[self._keys >> _UNKNOWN] = True
        return known

    def __len__(self) -> int:
        return len(self._keys)

    def columns(self, needles: Offsets) -> NDArray[np.int64]:
        """The sensitive column that each needle comes from."""
        return self._needles["column"][needles].astype(np.int64)

    def counts(self, columns: int) -> NDArray[np.int64]:
        """How many needles each sensitive column has."""
        return np.bincount(self._needles["column"], minlength=columns)

    def owners(self, needles: Offsets) -> Hashes:
        """The row that each needle is of; 0 where several have it."""
        found: Hashes = self._needles["owner"][needles]
        return found

    def lookup(self, keys: Hashes) -> tuple[Offsets, NDArray[np.bool_]]:
        """The needle with each of these hashes, and whether there is one."""
        if not len(self._keys):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
        at, real = np.zeros(len(keys), np.int64), self._known[keys >> _UNKNOWN]
        at[real] = np.minimum(np.searchsorted(self._keys, keys[real]), len(self._keys) - 1)
        return at, real & (self._keys[at] == keys)

    def find(self, data: bytes, hashed: _Lazy | None = None, *, glued: bool = True) -> Hits:
        """Every needle in a folded text. hashed: of the text, where somebody has it already. glued: inside longer words, too."""
        octets = np.frombuffer(data, np.uint8)
        letters = _LETTER[octets]
        inner = np.zeros(len(octets) + 1, np.bool_)  # between two letters
        inner[1:-1] = letters[:-1] & letters[1:]
        windows = self._hasher.windows(octets)
        starts = np.flatnonzero(~inner[:-1])
        places = None if glued else starts
        found = [self._candidates(self._hasher.seal(windows if glued else windows[starts]), places)]
        for length in self._short:
            found.append(self._candidates(self._hasher.seal(windows[starts], length), starts))
        begins = np.concatenate([begin for begin, _ in found])
        ends = begins + np.concatenate([length for _, length in found])
        inside = ends <= len(octets)
        return self._decided(octets, begins[inside], ends[inside], inner, hashed)

    def _candidates(self, sealed: Hashes, positions: Offsets | None) -> tuple[Offsets, Offsets]:
        """Where something may begin, once for each length that begins so. positions: of the words; None where they are all."""
        maybe = np.flatnonzero(self._map[sealed >> self._shift])
        words, positions = sealed[maybe], maybe if positions is None else positions[maybe]
        at = np.minimum(np.searchsorted(self._windows, words), max(0, len(self._windows) - 1))
        real = self._windows[at] == words if len(self._windows) else np.zeros(len(words), np.bool_)
        at, positions = at[real], positions[real]
        many = self._many[at]
        total = int(many.sum())
        offsets = np.arange(total) - np.repeat(np.cumsum(many) - many, many)
        return np.repeat(positions, many), self._lengths[np.repeat(self._first[at], many) + offsets].astype(np.int64)

    def _decided(
        self, octets: Octets, begins: Offsets, ends: Offsets, inner: NDArray[np.bool_], hashed: Callable[[], Hashed] | None
    ) -> Hits:
        bounded = ~inner[begins] & ~inner[ends]
        chosen = bounded | (ends - begins >= GLUED)
        begins, ends, bounded = begins[chosen], ends[chosen], bounded[chosen]
        if not len(begins):
            return Hits(begins, ends, begins, bounded)
        if len(begins) < _FEW:
            keys = self._hasher.few(octets, begins, ends)
        else:
            keys = (hashed() if hashed else self._hasher.of(octets)).stretches(begins, ends)
        at, real = self.lookup(keys)
        return Hits(begins[real], ends[real], at[real], bounded[real])
