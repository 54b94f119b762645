"""Keyed hashes of many values: BLAKE2b of each, and SipHash-2-4 of many 64-bit words at once for the rounds of permutations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]


def digest_words(key: bytes, values: Iterable[bytes]) -> tuple[Words, Words]:
    """128 bits of BLAKE2b for each value, as two words. key: of a domain."""
    start = hashlib.blake2b(key=key, digest_size=16, person=b"pseudonym").copy
    out = []
    for value in values:
        state = start()
        state.update(value)
        out.append(state.digest())
    words = np.frombuffer(b"".join(out), "<u8").reshape(-1, 2)
    return words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)


class FoldedDigests:
    """Digests of texts whatever case they are written in. Those of the last list are remembered: columns that agree ask for the same one.

    key: of a domain. Whoever asks leaves the list as it is.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._last: tuple[Sequence[bytes], list[bytes], Words, Words] | None = None

    def __call__(self, values: Sequence[bytes]) -> tuple[list[bytes], Words, Words]:
        """The texts in lower case, and the two words of each."""
        if self._last is None or self._last[0] is not values:
            lowered = (
                list(map(bytes.lower, values)) if b"".join(values).isascii() else [value.decode().lower().encode() for value in values]
            )
            self._last = (values, lowered, *digest_words(self._key, lowered))
        return self._last[1:]


@lru_cache(maxsize=64)
def folded_digests(key: bytes) -> FoldedDigests:
    """One for each domain of a process."""
    return FoldedDigests(key)


def digest_stream(key: bytes, value: bytes, size: int) -> bytes:
    """As many bytes as are asked, from the keyed hash of the value."""
    blocks = range((size + 63) // 64)
    return b"".join(
        hashlib.blake2b(value, key=key, digest_size=64, person=b"stream", salt=block.to_bytes(16, "big")).digest() for block in blocks
    )[:size]


def sub_key(key: bytes, *path: bytes) -> bytes:
    """A key for one part of a domain."""
    state = hashlib.blake2b(key=key, digest_size=32, person=b"part")
    for part in path:
        state.update(len(part).to_bytes(4, "big") + part)
    return state.digest()


def siphash(first: np.uint64 | Words, second: np.uint64 | Words, words: Words) -> Words:
    """SipHash-2-4 (Aumasson, Bernstein 2012) of each word as a message of eight bytes.

    first, second: the 128-bit key, of all words or of each.
    """
    v0 = first ^ np.uint64(0x736F6D6570736575)
    v2 = first ^ np.uint64(0x6C7967656E657261)
    v1 = second ^ np.uint64(0x646F72616E646F6D)
    v3 = words ^ second ^ np.uint64(0x7465646279746573)
    state = [np.full_like(words, v0), np.full_like(words, v1), np.full_like(words, v2), v3]
    for _ in range(2):
        _round(state)
    state[0] ^= words
    length = np.uint64(8 << 56)
    state[3] ^= length
    for _ in range(2):
        _round(state)
    state[0] ^= length
    state[2] ^= np.uint64(0xFF)
    for _ in range(4):
        _round(state)
    found: Words = state[0] ^ state[1] ^ state[2] ^ state[3]
    return found


def _round(state: list[Words]) -> None:
    v0, v1, v2, v3 = state
    v0 += v1
    v1 = _rotated(v1, 13)
    v1 ^= v0
    v0 = _rotated(v0, 32)
    v2 += v3
    v3 = _rotated(v3, 16)
    v3 ^= v2
    v0 += v3
    v3 = _rotated(v3, 21)
    v3 ^= v0
    v2 += v1
    v1 = _rotated(v1, 17)
    v1 ^= v2
    v2 = _rotated(v2, 32)
    state[:] = v0, v1, v2, v3


def _rotated(words: Words, by: int) -> Words:
    rotated: Words = (words << np.uint64(by)) | (words >> np.uint64(64 - by))
    return rotated
