"""Counter-based random bits and their reduction to ranges and permutations, in integer arithmetic of our own.

Every number is f(key, counter): no state, so the result depends on no batch size, order or worker count, and on no version of numpy's
generators. The mixing function is splitmix64's finaliser (Steele, Lea, Flood 2014). reduce_bits is Lemire's multiply-high reduction
on the upper 32 bits: result = (bits >> 32) * size >> 32, so its bias is below size / 2**32.
"""

from __future__ import annotations

import hashlib
from math import gcd

import numpy as np
from numpy.typing import NDArray

Counters = NDArray[np.uint64]
Numbers = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(32)
LARGEST_SIZE = 1 << 32


def derive_key(seed: int, *path: str) -> int:
    """The 64-bit key of one stream: the same for the same seed and path, unrelated for any other."""
    state = hashlib.blake2b(digest_size=8, person=b"liftlock-data")
    for part in (str(seed), *path):
        encoded = part.encode()
        state.update(len(encoded).to_bytes(4, "big") + encoded)
    return int.from_bytes(state.digest(), "big")


def mix(values: Counters) -> Counters:
    """splitmix64's finaliser: a bijection of 64-bit words."""
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))


def draw(key: int, counters: Counters) -> Counters:
    """64 random bits for each counter."""
    return mix(counters * _GOLDEN + np.uint64(key))


def reduce_bits(bits: Counters, size: int | Counters) -> Counters:
    """Each word's upper half, reduced to 0 … size - 1. size is at least 1 and at most 2**32."""
    return ((bits >> _HALF) * (np.uint64(size) if isinstance(size, int) else size)) >> _HALF


def uniform(key: int, counters: Counters, size: int) -> Counters:
    """Uniform numbers 0 … size - 1; above 2**32 values they are taken from all 64 bits by remainder."""
    bits = draw(key, counters)
    return reduce_bits(bits, size) if size <= LARGEST_SIZE else bits % np.uint64(size)


def skewed(key: int, counters: Counters, size: int) -> Counters:
    """Numbers 0 … size - 1 with P(x < s * size) = s * (1 - ln s): small ones are common, the largest rare. size <= 2**32."""
    bits = draw(key, counters)
    first = reduce_bits(bits, size) + np.uint64(1)
    return ((bits & np.uint64(0xFFFFFFFF)) * first) >> _HALF


def scatter(key: int, values: Counters, size: int) -> Counters:
    """A cheap permutation of 0 … size - 1 (affine): where only order must go, not structure. size <= 2**32."""
    if size < 3:
        return values
    multiplier = (key >> 8) % size | 1
    while gcd(multiplier, size) != 1:
        multiplier += 1
    return (values * np.uint64(multiplier % size) + np.uint64(key % size)) % np.uint64(size)


def permute(key: int, values: Counters, size: int) -> Counters:
    """A random-looking permutation of 0 … size - 1 (size <= 2**62): a four-round Feistel network, walked until it ends in the domain.

    Values from `size` on are taken modulo size: a walk that starts outside might never end.
    """
    half = np.uint64(max(1, ((size - 1).bit_length() + 1) // 2))
    mask = (np.uint64(1) << half) - np.uint64(1)
    result = _feistel(key, values % np.uint64(size), half, mask)
    outside = np.flatnonzero(result >= np.uint64(size))
    while outside.size:
        result[outside] = _feistel(key, result[outside], half, mask)
        outside = outside[result[outside] >= np.uint64(size)]
    return result


def _feistel(key: int, values: Counters, half: np.uint64, mask: np.uint64) -> Counters:
    left, right = values >> half, values & mask
    for step in range(4):
        left, right = right, left ^ (draw((key + step * 0x632BE59BD9B4E019) & 0xFFFFFFFFFFFFFFFF, right) & mask)
    return (left << half) | right
