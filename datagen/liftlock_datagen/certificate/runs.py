"""Which long runs of letters and digits may be base64, hexadecimal, a digest or bytes: decided for all of a block at once.

Most long words are none of these. A run is promising if its first bytes, decoded, are text or begin as compressed data do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.blocks import Octets, Offsets

SHORTEST = 11
_DIGESTS = (32, 40, 64)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _codes() -> Octets:
    codes = np.full(256, 255, np.uint8)
    for number, letter in enumerate(_ALPHABET):
        codes[letter] = number
    codes[ord("-")], codes[ord("_")] = 62, 63
    return codes


def _nibbles() -> Octets:
    found = np.full(256, 255, np.uint8)
    for letter in b"0123456789abcdefABCDEF":
        found[letter] = int(chr(letter), 16)
    return found


_CODES, _NIBBLES = _codes(), _nibbles()
_IS_DIGIT = np.array([chr(code) in "0123456789+-_/" for code in range(256)])
_PRINTABLE = np.array([32 <= code < 127 or code in b"\t\n\r" for code in range(256)])
_MAGIC = ((0x1F, 0x8B), (0x78,), (ord("B"), ord("Z"), ord("h")), (0xFD, ord("7"), ord("z")))


def promising_runs(octets: Octets) -> tuple[Offsets, Offsets]:
    """Where the runs that are worth decoding begin and end."""
    inside = np.concatenate(([False], _CODES[octets] != 255, [False]))
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= SHORTEST
    starts, ends = starts[long], ends[long]
    if not len(starts):
        return starts, ends
    is_text = ~_all(_IS_DIGIT, octets, starts, ends)
    chosen = _is_bytea(octets, starts) | (is_text & (_is_hex_text(octets, starts, ends) | _is_base64(octets, starts)))
    return starts[chosen], ends[chosen]


def _is_bytea(octets: Octets, starts: Offsets) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (octets[starts] == ord("x")) & (starts > 0) & (octets[np.maximum(starts - 1, 0)] == ord("\\"))
    return found


def _all(is_so: NDArray[np.bool_], octets: Octets, starts: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    """Whether every byte of a run is of a class."""
    others = np.concatenate(([0], np.cumsum(~is_so[octets])))
    found: NDArray[np.bool_] = others[ends] == others[starts]
    return found


def _is_hex_text(octets: Octets, starts: Offsets, ends: Offsets) -> NDArray[np.bool_]:
    """A digest, or hexadecimal whose first five bytes look like text or compressed data."""
    is_hex = _all(_NIBBLES != 255, octets, starts, ends)
    nibbles = _NIBBLES[octets[starts[:, None] + np.arange(10)]].astype(np.int64)
    content = (nibbles[:, ::2] << 4 | nibbles[:, 1::2]) & 255
    return is_hex & (np.isin(ends - starts, _DIGESTS) | _looks_readable(content))


def _is_base64(octets: Octets, starts: Offsets) -> NDArray[np.bool_]:
    """Base64 whose first six bytes look like text or compressed data."""
    codes = _CODES[octets[starts[:, None] + np.arange(8)]].astype(np.int64).reshape(-1, 2, 4)
    words = codes[..., 0] << 18 | codes[..., 1] << 12 | codes[..., 2] << 6 | codes[..., 3]
    content = np.stack((words >> 16 & 255, words >> 8 & 255, words & 255), axis=-1).reshape(len(starts), 6)
    return _looks_readable(content)


def _looks_readable(content: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether bytes may begin a UTF-8 text, or are the mark of compressed data."""
    begins, goes_on = content >= 0xC2, (content >= 0x80) & (content < 0xC0)
    fine = _PRINTABLE[content] | begins | goes_on
    fine[:, 0] &= ~goes_on[:, 0]
    fine[:, 1:] &= ~(goes_on[:, 1:] & _PRINTABLE[content[:, :-1]])  # what goes on follows what begins
    fine[:, 1:] &= ~(begins[:, :-1] & ~goes_on[:, 1:])
    found: NDArray[np.bool_] = np.asarray(fine.all(axis=1), np.bool_)
    for mark in _MAGIC:
        found = found | (content[:, : len(mark)] == mark).all(axis=1)
    return found
