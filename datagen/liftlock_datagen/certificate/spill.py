"""Records that may be more than memory holds: kept in parts by their key, in memory first, then in files that nobody else can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]

_BITS = 6
IN_MEMORY = 1 << 26  # bytes of all records of one kind


class Spill:
    """Structured arrays whose field `key` is a keyed hash; a part holds all records whose keys begin with the same bits.

    folder: where files may go; whoever made it removes it. limit: bytes that stay in memory.
    """

    def __init__(self, folder: Path, name: str, kind: np.dtype[np.void], limit: int = IN_MEMORY) -> None:
        self._folder, self._name, self._kind, self._limit = folder, name, kind, limit
        self._held: list[Records] = []
        self._bytes = 0
        self.spilled = False

    def add(self, records: Records) -> None:
        """Takes the records; the array must not change afterwards."""
        self._held.append(records)
        self._bytes += records.nbytes
        if self._bytes > self._limit:
            self._write()

    def parts(self) -> Iterator[Records]:
        """All records, one part after another, in the order of the keys' first bits."""
        if self.spilled:
            self._write()
        held, bounds = self._sorted()
        for part in range(1 << _BITS):
            file = self._file(part)
            yield np.fromfile(file, self._kind) if file.exists() else held[bounds[part] : bounds[part + 1]]

    def _sorted(self) -> tuple[Records, NDArray[np.int64]]:
        """What is in memory, part after part, and where each part begins."""
        held = np.concatenate(self._held) if self._held else np.empty(0, self._kind)
        owner = (held["key"] >> np.uint64(64 - _BITS)).astype(np.uint8)
        held = held[np.argsort(owner, kind="stable")]
        self._held = [held]
        counts = np.bincount(owner, minlength=1 << _BITS)
        return held, np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))

    def _write(self) -> None:
        held, bounds = self._sorted()
        for part in range(1 << _BITS):
            with self._file(part).open("ab") as file:
                held[bounds[part] : bounds[part + 1]].tofile(file)
        self._held, self._bytes, self.spilled = [], 0, True

    def _file(self, part: int) -> Path:
        return self._folder / f"{self._name}.{part:02}"
