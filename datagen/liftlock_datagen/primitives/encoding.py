"""Numbers to text without a Python object per value.

A column of text is a list of pieces, each a matrix of bytes with one row per value, in which byte 0 is padding (COPY's text format never
holds it). Pieces are laid side by side, and the padding of the whole block is deleted in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.primitives.bits import Counters, Numbers

Bytes = NDArray[np.uint8]
Piece = Bytes | bytes  # bytes: the same text in every row

_FIRST_DAY = np.datetime64("1900-01-01", "D")
FIRST_DAY = int(_FIRST_DAY.astype(np.int64))
LAST_DAY = int(np.datetime64("2199-12-31", "D").astype(np.int64))
SECONDS_OF_DAY = 86400


def _matrix(texts: Sequence[bytes]) -> Bytes:
    """The texts as rows of a byte matrix, padded with 0."""
    table = np.array(texts, dtype=np.bytes_)
    return table.view(np.uint8).reshape(len(texts), max(1, table.itemsize))


def text_table(texts: Sequence[str]) -> Bytes:
    """A table to take rows from: the texts, escaped as COPY's text format asks, as padded bytes."""
    return _matrix([escape(text).encode() for text in texts] or [b""])


def escape(text: str) -> str:
    """The text as COPY's text format wants it."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _every(letters: bytes, length: int) -> Bytes:
    """Every text of so many of the letters, in order."""
    places = np.indices((len(letters),) * length, np.uint8).reshape(length, -1).T
    return np.ascontiguousarray(np.frombuffer(letters, np.uint8)[places])


@cache
def _two_digits() -> Bytes:
    return _every(b"0123456789", 2)


@cache
def _four_digits() -> NDArray[np.uint32]:
    return _every(b"0123456789", 4).view(np.uint32).ravel()


@cache
def _four_hex() -> Bytes:
    return _every(b"0123456789abcdef", 4)


@cache
def _days() -> Bytes:
    days = np.arange(FIRST_DAY, LAST_DAY + 1).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month, day = months.astype(np.int64) % 12 + 1, (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    return _parted([_four_digits()[years, None].view(np.uint8), _two_digits()[month], _two_digits()[day]], b"-")


@cache
def _clock() -> Bytes:
    seconds = np.arange(SECONDS_OF_DAY)
    return _parted([_two_digits()[part] for part in (seconds // 3600, seconds // 60 % 60, seconds % 60)], b":")


def _parted(parts: Sequence[Bytes], sign: bytes) -> Bytes:
    """The parts of each row with the sign between them."""
    mark = np.broadcast_to(np.frombuffer(sign, np.uint8), (len(parts[0]), 1))
    return np.hstack([piece for part in parts for piece in (mark, part)][1:])


def padded_digits(values: Numbers | Counters, width: int) -> Bytes:
    """Decimal digits with leading zeros to exactly `width`; values must be at least 0 and fit."""
    groups = (width + 3) // 4
    out = np.empty((len(values), groups), np.uint32)
    rest = values
    for group in range(groups - 1, 0, -1):
        rest, low = np.divmod(rest, 10000)
        out[:, group] = _four_digits()[low.astype(np.int64)]
    out[:, 0] = _four_digits()[rest.astype(np.int64)]
    return out.view(np.uint8).reshape(len(values), groups * 4)[:, groups * 4 - width :]


def digits(values: Numbers) -> list[Piece]:
    """Whole numbers in decimal, without leading zeros, with a minus sign where they are negative."""
    if not len(values):
        return [b""]
    magnitude = np.abs(values)
    width = len(str(int(magnitude.max())))
    matrix = padded_digits(magnitude, width)
    powers = np.array([10 ** (width - 1 - position) for position in range(width)], dtype=np.int64)
    powers[-1] = 0  # a lone zero keeps its digit
    matrix = matrix * (magnitude[:, None] >= powers)
    return [sign(values), matrix] if bool((values < 0).any()) else [matrix]


def sign(values: Numbers) -> Bytes:
    """A minus sign where the value is negative."""
    return ((values < 0) * np.uint8(ord("-"))).astype(np.uint8)[:, None]


def decimals(values: Numbers, scale: int) -> list[Piece]:
    """Numbers in units of 10**-scale, as decimals with exactly `scale` places."""
    if scale <= 0:
        return digits(values) if scale == 0 else [*digits(values), b"0" * -scale]
    whole, fraction = np.divmod(np.abs(values), 10**scale)
    return [sign(values), *digits(whole), b".", padded_digits(fraction, scale)]


def dates(days: Numbers) -> list[Piece]:
    """Days since 1970-01-01, as dates. They must lie in the years 1900 to 2199."""
    return [_days()[days - FIRST_DAY]]


def moments(seconds: Numbers) -> list[Piece]:
    """Seconds since 1970-01-01 00:00, as timestamps without a zone (the session's zone is set to UTC)."""
    days, rest = np.divmod(seconds, SECONDS_OF_DAY)
    return [*dates(days), b" ", _clock()[rest]]


def times(seconds: Numbers) -> list[Piece]:
    """Seconds since midnight, as times of day."""
    return [_clock()[seconds % SECONDS_OF_DAY]]


def hexadecimal(words: Counters, groups: int) -> list[Piece]:
    """The lowest groups * 16 bits of each word in hexadecimal, four digits a piece."""
    shifts = range((groups - 1) * 16, -1, -16)
    return [_four_hex()[((words >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)] for shift in shifts]


def code_letters(values: Counters, alphabet: bytes, length: int) -> Bytes:
    """Each value in the base of the alphabet, in exactly `length` letters."""
    letters = np.frombuffer(alphabet, np.uint8)
    out = np.empty((len(values), length), np.uint8)
    base = np.uint64(len(alphabet))
    for position in range(length - 1, -1, -1):
        values, low = np.divmod(values, base)
        out[:, position] = letters[low.astype(np.int64)]
    return out


def blank(pieces: Sequence[Piece], rows: NDArray[np.bool_]) -> list[Piece]:
    """The pieces with nothing left in the chosen rows."""
    kept = (~rows).astype(np.uint8)[:, None]
    return [as_matrix(piece, len(rows)) * kept for piece in pieces]


def as_matrix(piece: Piece, count: int) -> Bytes:
    """The piece as a matrix of `count` rows."""
    if isinstance(piece, bytes):
        return np.broadcast_to(np.frombuffer(piece, np.uint8), (count, len(piece)))
    return piece


def join(pieces: Sequence[Piece], count: int) -> bytes:
    """The rows' texts, one after another, all padding gone."""
    width = sum(len(piece) if isinstance(piece, bytes) else piece.shape[1] for piece in pieces)
    block = np.empty((count, width), np.uint8)
    start = 0
    for piece in pieces:
        end = start + (len(piece) if isinstance(piece, bytes) else piece.shape[1])
        block[:, start:end] = np.frombuffer(piece, np.uint8) if isinstance(piece, bytes) else piece
        start = end
    return block.tobytes().translate(None, b"\0")
