"""Keyed hashes of stretches of text, all stretches of a block at once.

hash(text) = mix(sum of T[byte] * r**position, moved to position 0): a polynomial over 64-bit words with a secret table T and a secret odd
r, from cumulative sums, so any stretch costs the same whatever its length. Two different stretches meet with a chance of about 2**-60.
Only these hashes are kept of a source, in memory and in temporary files: never a value.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.blocks import Octets, Offsets
from liftlock_datagen.primitives.bits import mix

Hashes = NDArray[np.uint64]
WINDOW = 8
_SCATTER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Hasher:
    """table: a word per byte. base, inverse: r and 1/r modulo 2**64. salts: one per length of a window, 0 to 8."""

    table: Hashes
    base: int
    inverse: int
    salts: Hashes

    def of(self, octets: Octets) -> Hashed:
        """Ready to hash any stretch of these bytes."""
        count = len(octets)
        sums = np.zeros(count + 1, np.uint64)
        np.cumsum(self.table[octets] * _powers(self.base, count), out=sums[1:])
        return Hashed(sums, _powers(self.inverse, count + 1))

    def few(self, octets: Octets, starts: Offsets, ends: Offsets) -> Hashes:
        """The same hashes for a few stretches of many bytes."""
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        found = [self.of(octets[start:end]).stretches(np.zeros(1, np.int64), np.full(1, end - start))[0] for start, end in pairs]
        return np.array(found, np.uint64)

    def windows(self, octets: Octets) -> Hashes:
        """The eight bytes from each position on as one number; past the end come zeros. Not keyed yet: see seal."""
        padded = np.concatenate((octets, np.zeros(WINDOW, np.uint8)))
        return np.ndarray((len(octets),), np.dtype("<u8"), padded.data, 0, (1,))

    def seal(self, windows: Hashes, length: int = WINDOW) -> Hashes:
        """The windows' first `length` bytes, keyed and scattered; different ones stay different."""
        cut: Hashes = windows if length == WINDOW else windows & np.uint64((1 << 8 * length) - 1)
        sealed: Hashes = (cut ^ self.salts[length]) * _SCATTER
        return sealed


@dataclass(frozen=True)
class Hashed:
    """The sums of a block's bytes up to each position."""

    sums: Hashes
    shifts: Hashes

    def stretches(self, starts: Offsets, ends: Offsets) -> Hashes:
        """The hash of the bytes from each start to its end."""
        found: Hashes = (self.sums[ends] - self.sums[starts]) * self.shifts[starts]
        return mix(found + (ends - starts).astype(np.uint64) * _SCATTER)


def make_hasher(key: bytes) -> Hasher:
    """The same key, the same hashes. key: any bytes; at least 16 random ones where hashes go into files."""
    salts = (number.to_bytes(16, "big") for number in range(34))
    stream = b"".join(hashlib.blake2b(key, digest_size=64, salt=salt, person=b"certificate").digest() for salt in salts)
    words = np.frombuffer(stream, np.dtype("<u8")).astype(np.uint64)
    base = int(words[265]) | 5
    return Hasher(words[:256], base, pow(base, -1, 1 << 64), words[256:265])


@lru_cache(maxsize=8)  # two for each size of a block: large ones, those of their digits, and the last of a table
def _all_powers(base: int, size: int) -> Hashes:
    steps = np.full(size, base, np.uint64)
    steps[0] = 1
    return np.cumprod(steps)


def _powers(base: int, count: int) -> Hashes:
    return _all_powers(base, max(1 << 18, 1 << (count - 1).bit_length()))[:count]
