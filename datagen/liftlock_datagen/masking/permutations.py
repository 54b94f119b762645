"""Keyed bijections of 0 … size - 1: a shuffled table for small domains, a Feistel network with cycle walking for all others.

The network is over mixed radices: left and right are both below the root of the size, rounded up, so walks are short; a round adds the
keyed hash of one half to the other. Ten rounds, as the standard for format-preserving encryption (NIST SP 800-38G) has.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from math import isqrt

import numpy as np

from liftlock_datagen.masking.digests import Words, siphash, sub_key

_ROUNDS = 10
_TABLE = 1 << 16
_LARGEST = 1 << 62


class Permutation:
    """A permutation of 0 … size - 1, for any size. The same key and size give the same one."""

    def __init__(self, key: bytes, size: int) -> None:
        self.size = size
        self._root = isqrt(size - 1) + 1 if size > 1 else 1
        self._key = sub_key(key, b"permutation", str(size).encode())
        self._words = [_halves(sub_key(self._key, bytes([step]))) for step in range(_ROUNDS)]
        self._table = _table(self._key, size) if size <= _TABLE else None

    def __call__(self, values: Words) -> Words:
        """Each value's image. size must be at most 2**62, and the values below it."""
        if self._table is not None:
            return self._table[values.astype(np.int64)]
        result = self._network(values)
        outside = np.flatnonzero(result >= np.uint64(self.size))
        while outside.size:
            result[outside] = self._network(result[outside])
            outside = outside[result[outside] >= np.uint64(self.size)]
        return result

    def single(self, value: int) -> int:
        """One value's image, for any size."""
        if self.size <= _LARGEST:
            return int(self(np.array([value], np.uint64))[0])
        while True:
            value = self._large_network(value)
            if value < self.size:
                return value

    def _network(self, values: Words) -> Words:
        root = np.uint64(self._root)
        left, right = np.divmod(values, root)
        for first, second in self._words:
            left, right = right, (left + siphash(first, second, right) % root) % root
        found: Words = left * root + right
        return found

    def _large_network(self, value: int) -> int:
        size = (self._root.bit_length() + 7) // 8
        left, right = divmod(value, self._root)
        for step in range(_ROUNDS):
            drawn = b""
            while len(drawn) < size + 8:
                drawn += hashlib.blake2b(
                    right.to_bytes(size, "big") + len(drawn).to_bytes(4, "big"), key=self._key, person=b"round", salt=bytes([step])
                ).digest()
            left, right = right, (left + int.from_bytes(drawn, "big")) % self._root
        return left * self._root + right


@lru_cache(maxsize=512)
def permutation(key: bytes, size: int) -> Permutation:
    """The permutation, made once."""
    return Permutation(key, size)


def _table(key: bytes, size: int) -> Words:
    """All values in the order of their keyed hashes."""
    order = np.argsort(siphash(*_halves(key), np.arange(size, dtype=np.uint64)), kind="stable")
    return order.astype(np.uint64)


def _halves(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[:8], "little"), int.from_bytes(key[8:16], "little")
