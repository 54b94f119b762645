"""Keyed bijections of 0 … size - 1: a shuffled table for small domains, a Feistel network with cycle walking for all others.

The network is over mixed radices: left and right are both below the root of the size, rounded up, so walks are short; a round adds the
keyed hash of one half to the other. Ten rounds, as the standard for format-preserving encryption (NIST SP 800-38G) has.
Many values of many permutations go through the network together, so the cost is that of the values, whatever each one's permutation is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property, lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.masking.digests import Words, siphash, sub_key

LARGEST = 1 << 62
"""The largest size whose numbers are permuted many at once."""

_ROUNDS = 10
_TABLE = 1 << 16


class Permutation:
    """A permutation of 0 … size - 1, for any size. The same key and size give the same one."""

    def __init__(self, key: bytes, size: int) -> None:
        self.size = size
        self.root = isqrt(size - 1) + 1 if size > 1 else 1
        self._key = sub_key(key, b"permutation", str(size).encode())

    def __call__(self, values: Words) -> Words:
        """Each value's image. size must be at most 2**62, and the values below it."""
        return permuted([self], np.zeros(len(values), np.int64), values)

    def single(self, value: int) -> int:
        """One value's image, for any size."""
        if self.size <= LARGEST:
            return int(self(np.array([value], np.uint64))[0])
        while True:
            value = self._large_network(value)
            if value < self.size:
                return value

    @property
    def table(self) -> NDArray[np.uint16] | None:
        """Every image, where the size is small."""
        return _table(self._key, self.size) if self.size <= _TABLE else None

    @cached_property
    def round_keys(self) -> Words:
        """Two words for each round."""
        keys = b"".join(sub_key(self._key, bytes([step]))[:16] for step in range(_ROUNDS))
        return np.frombuffer(keys, "<u8").astype(np.uint64).reshape(_ROUNDS, 2)

    def _large_network(self, value: int) -> int:
        size = (self.root.bit_length() + 7) // 8
        left, right = divmod(value, self.root)
        for begun in self._begun:
            start = right.to_bytes(size, "big")
            drawn = b""
            while len(drawn) < size + 8:
                state = begun.copy()
                state.update(start + len(drawn).to_bytes(4, "big"))
                drawn += state.digest()
            left, right = right, (left + int.from_bytes(drawn, "big")) % self.root
        return left * self.root + right

    @cached_property
    def _begun(self) -> list[hashlib.blake2b]:
        """The hash of each round, keyed and without a message yet."""
        return [hashlib.blake2b(key=self._key, person=b"round", salt=bytes([step])) for step in range(_ROUNDS)]


@lru_cache(maxsize=2048)
def permutation(key: bytes, size: int) -> Permutation:
    """The permutation, made once."""
    return Permutation(key, size)


def permuted(known: Sequence[Permutation | None], which: NDArray[np.int64], values: Words) -> Words:
    """Each value's image under known[which], which must be there. No size may be above 2**62, and each value must be below its own."""
    images = np.empty(len(values), np.uint64)
    networks = []
    for number in np.unique(which).tolist():
        one = known[number]
        assert one is not None  # noqa: S101 - as is promised
        if one.table is None:
            networks.append(number)
            continue
        here = np.flatnonzero(which == number)
        images[here] = one.table[values[here].astype(np.int64)]
    if networks:
        order = np.zeros(len(known), np.int64)
        order[networks] = np.arange(len(networks))
        here = np.flatnonzero(np.isin(which, networks))
        images[here] = _walked([one for number in networks if (one := known[number])], order[which[here]], values[here])
    return images


def _walked(known: Sequence[Permutation], which: NDArray[np.int64], values: Words) -> Words:
    """Through the network, again and again until each is below its size."""
    sizes = np.array([one.size for one in known], np.uint64)
    roots = np.array([one.root for one in known], np.uint64)
    keys = np.stack([one.round_keys for one in known])
    out, rest = np.empty(len(values), np.uint64), np.arange(len(values))
    while rest.size:
        of = which[rest] if len(known) > 1 else 0  # the key of all is not repeated for each: the usual case, and quicker
        values = _network(keys[of], roots[of], values)
        inside = values < sizes[of]
        out[rest[inside]] = values[inside]
        rest, values = rest[~inside], values[~inside]
    return out


def _network(keys: Words, root: Words | np.uint64, values: Words) -> Words:
    """keys: of each round, of each value's permutation or of the only one."""
    left, right = np.divmod(values, root)
    for step in range(_ROUNDS):
        left, right = right, (left + siphash(keys[..., step, 0], keys[..., step, 1], right) % root) % root
    found: Words = left * root + right
    return found


@lru_cache(maxsize=256)
def _table(key: bytes, size: int) -> NDArray[np.uint16]:
    """All values in the order of their keyed hashes."""
    first, second = np.frombuffer(key[:16], "<u8").astype(np.uint64)
    order = np.argsort(siphash(first, second, np.arange(size, dtype=np.uint64)), kind="stable")
    return order.astype(np.uint16)
