"""Values whose form stays: integers, and texts of digits and letters, each permuted among all values of the same form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.digests import digest_stream, sub_key
from liftlock_datagen.masking.permutations import LARGEST, Permutation, permutation, permuted
from liftlock_datagen.masking.transformers import Integers, Letters
from liftlock_datagen.primitives.encoding import digits, join
from liftlock_datagen.spec.model import Kind

Octets = NDArray[np.uint8]
_RADIX = {ord("0"): 10, ord("a"): 26, ord("A"): 26}  # a shape has the first letter of each kind for all of them
_RADICES = np.array([_RADIX.get(letter, 1) for letter in range(256)], np.uint64)
_SHAPE = bytes.maketrans(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 10 + b"a" * 26 + b"A" * 26)
_NO_COUNTRY = b"+999"  # a country code that is kept free


class UnparsedError(DatagenError):
    """A value is not of the form that its rule needs. The message does not hold it."""


# --- integers -----------------------------------------------------------------------------------------------------------------------


def permuted_integers(made: Integers, key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Each integer's image. UnparsedError for what is none."""
    try:
        numbers = np.array(list(map(int, values)), np.int64)
    except (ValueError, OverflowError):
        raise UnparsedError("a value is no integer of 64 bits") from None
    if not len(numbers):
        return []
    if int(numbers.min()) == -(1 << 63):
        raise UnparsedError("the smallest integer of 64 bits has no pseudonym")
    size = np.abs(numbers).astype(np.uint64)
    image = size.copy()
    low = 1
    for bits in _bounds(made.bits):
        high = 1 << bits
        inside = np.flatnonzero((size >= np.uint64(low)) & (size < np.uint64(high)))
        if inside.size:
            image[inside] = permutation(key, high - low)(size[inside] - np.uint64(low)) + np.uint64(low)
        low = high
    signed = np.where(numbers < 0, -image.astype(np.int64), image.astype(np.int64))
    return join([*digits(signed), b"\n"], len(signed)).split(b"\n")[:-1]


def _bounds(bits: int) -> list[int]:
    """Where the ranges end that are permuted in themselves: no value leaves the smallest type that can hold it."""
    return sorted({bits, *(end for end in (15, 31, 40, 62, 63) if end > bits)})


# --- texts --------------------------------------------------------------------------------------------------------------------------


def permuted_letters(made: Letters, key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Each text's image among the texts of its shape; texts of other alphabets become letters and digits."""
    if made.kind is Kind.NUMBER:
        return _numbers(key, values)
    if made.folded:
        values = [value.decode().lower().encode() for value in values]
    lengths: dict[int, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        lengths[len(value)].append(place)
    out: list[bytes] = [b""] * len(values)
    for places in lengths.values():
        for place, text in zip(places, _of_length(made.kind, key, [values[place] for place in places]), strict=True):
            out[place] = text
    return out


def _of_length(kind: Kind, key: bytes, values: Sequence[bytes]) -> Iterator[bytes]:
    """Texts of the same length. Those whose numbers have room in 64 bits are permuted together, whatever their shapes are."""
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(value.translate(_SHAPE), len(numbers)) for value in values]
    shapes = list(numbers)
    known = [_permutation(key, shape) for shape in shapes]
    fits = [one is not None and one.size <= LARGEST for one in known]
    together = [place for place, number in enumerate(which) if fits[number]]
    images = iter(_images(known, shapes, [which[place] for place in together], [values[place] for place in together]))
    for number, value in zip(which, values, strict=True):
        one, shape = known[number], shapes[number]
        if one is None:
            yield _replaced(key, value)
        elif fits[number]:
            yield _finished(kind, next(images))
        else:
            yield _finished(kind, _written(shape, one.single(_rank(shape, value))))


def _permutation(key: bytes, shape: bytes) -> Permutation | None:
    """That of all texts of the shape; None where nothing of it can move, or there are letters of other alphabets."""
    size = prod(radix ** shape.count(bytes([letter])) for letter, radix in _RADIX.items())
    return permutation(sub_key(key, shape), size) if size > 1 and shape.isascii() else None


def _images(known: Sequence[Permutation | None], shapes: Sequence[bytes], which: Sequence[int], values: Sequence[bytes]) -> Iterator[bytes]:
    """Each text's image. Its shape is shapes[which], its permutation known[which]."""
    if not values:
        return
    width = len(values[0])
    letters = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)
    pattern = np.frombuffer(b"".join([shapes[number] for number in which]), np.uint8).reshape(len(values), width)
    ranks = np.zeros(len(values), np.uint64)
    for letter, kind in zip(letters.T, pattern.T, strict=True):
        ranks = ranks * _RADICES[kind] + (letter - kind)  # what does not move is the same in both, and its radix is 1
    ranks = permuted(known, np.array(which), ranks)
    out = np.empty_like(pattern)
    for place in range(width - 1, -1, -1):
        ranks, moved = np.divmod(ranks, _RADICES[pattern[:, place]])
        out[:, place] = pattern[:, place] + moved.astype(np.uint8)
    joined = out.tobytes()
    yield from (joined[start : start + width] for start in range(0, len(joined), width))


def _rank(shape: bytes, value: bytes) -> int:
    rank = 0
    for kind, letter in zip(shape, value, strict=True):
        rank = rank * _RADIX.get(kind, 1) + letter - kind
    return rank


def _written(shape: bytes, rank: int) -> bytes:
    text = bytearray(shape)
    for place in range(len(text) - 1, -1, -1):
        rank, low = divmod(rank, _RADIX.get(text[place], 1))
        text[place] += low
    return bytes(text)


def _finished(kind: Kind, text: bytes) -> bytes:
    """A phone's number that may exist is made impossible by its country; numbers.py sees to what check digits prove."""
    if kind is not Kind.PHONE:
        return text
    # the dash tells +41… and 41… apart, whose digits are permuted each among its own
    return _NO_COUNTRY + (text[1:] if text.startswith(b"+") else b"-" + text)


def _replaced(key: bytes, value: bytes) -> bytes:
    """As many letters as the text has characters, from 16 on all of the hash's."""
    try:
        length = len(value.decode())
    except UnicodeDecodeError:
        raise UnparsedError("a value is no text in UTF-8") from None
    return bytes(b"abcdefghijklmnopqrstuvwxyz234567"[byte & 31] for byte in digest_stream(key, value, length))


def _numbers(key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Decimals with as many digits, none of them a leading zero; 0 stays 0."""
    figures = [_figures(value) for value in values]
    lengths: dict[int, list[int]] = defaultdict(list)
    for place, digits_of in enumerate(figures):
        if plain := digits_of.lstrip(b"0"):
            lengths[len(plain)].append(place)
    out = list(values)
    for length, places in lengths.items():
        low = 10 ** (length - 1)
        known = permutation(sub_key(key, b"%d digits" % length), 9 * low)
        ranks = [int(figures[place]) - low for place in places]
        images = known(np.array(ranks, np.uint64)).tolist() if known.size <= LARGEST else list(map(known.single, ranks))
        for place, image in zip(places, images, strict=True):
            out[place] = _decimal(values[place], b"%d" % (image + low), len(figures[place]))
    return out


def _figures(value: bytes) -> bytes:
    """The digits of a decimal; none where it is no ordinary number."""
    if value in {b"NaN", b"Infinity", b"-Infinity"}:
        return b""
    figures = value.lstrip(b"-").replace(b".", b"", 1)
    if not figures.isdigit():
        raise UnparsedError("a value is no decimal number")
    return figures


def _decimal(value: bytes, figures: bytes, count: int) -> bytes:
    """Other digits in the place of the old ones: as many, with the same sign and scale."""
    body = value.lstrip(b"-")
    text = figures.rjust(count, b"0")
    point = len(body) - body.find(b".") - 1 if b"." in body else 0
    sign = b"-" if value.startswith(b"-") else b""
    return sign + (text[: len(text) - point] + b"." + text[len(text) - point :] if point else text)
