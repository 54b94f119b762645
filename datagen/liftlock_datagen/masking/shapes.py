"""Values whose form stays: integers, and texts of digits and letters, each permuted among all values of the same form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.digests import digest_stream, sub_key
from liftlock_datagen.masking.permutations import permutation
from liftlock_datagen.masking.transformers import Integers, Letters
from liftlock_datagen.primitives.encoding import digits, join
from liftlock_datagen.spec.model import Kind

_RADIX = {"0": 10, "a": 26, "A": 26}
_FIRST = {"0": 48, "a": 97, "A": 65}
_SHAPE = bytes.maketrans(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 10 + b"a" * 26 + b"A" * 26)
_NO_COUNTRY = b"+999"  # a country code that is kept free
_LARGEST = 1 << 62


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
        return [_number(key, value) for value in values]
    if made.folded:
        values = [value.decode().lower().encode() for value in values]
    out: list[bytes] = [b""] * len(values)
    groups: dict[bytes, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        groups[value.translate(_SHAPE)].append(place)
    for shape, places in groups.items():
        for place, text in zip(places, _of_shape(made, key, shape, [values[place] for place in places]), strict=True):
            out[place] = text
    return out


def _of_shape(made: Letters, key: bytes, shape: bytes, values: Sequence[bytes]) -> list[bytes]:
    moving = [place for place, letter in enumerate(shape) if letter in b"0aA"]
    if not moving or not shape.isascii():
        return [_replaced(key, value) for value in values]
    size = 1
    for place in moving:
        size *= _RADIX[chr(shape[place])]
    known = permutation(sub_key(key, shape), size)
    images: Sequence[int]
    if size <= _LARGEST:
        images = known(_ranks(shape, moving, values)).tolist()
    else:
        images = [known.single(_rank(shape, moving, value)) for value in values]
    return [_finished(made.kind, _written(shape, moving, image)) for image in images]


def _ranks(shape: bytes, moving: Sequence[int], values: Sequence[bytes]) -> np.typing.NDArray[np.uint64]:
    matrix = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), len(shape))
    rank = np.zeros(len(values), np.uint64)
    for place in moving:
        kind = chr(shape[place])
        rank = rank * np.uint64(_RADIX[kind]) + (matrix[:, place] - np.uint8(_FIRST[kind])).astype(np.uint64)
    return rank


def _rank(shape: bytes, moving: Sequence[int], value: bytes) -> int:
    rank = 0
    for place in moving:
        kind = chr(shape[place])
        rank = rank * _RADIX[kind] + value[place] - _FIRST[kind]
    return rank


def _written(shape: bytes, moving: Sequence[int], rank: int) -> bytearray:
    text = bytearray(shape)
    for place in reversed(moving):
        kind = chr(shape[place])
        rank, low = divmod(rank, _RADIX[kind])
        text[place] = _FIRST[kind] + low
    return text


def _finished(kind: Kind, text: bytearray) -> bytes:
    """What may exist is made impossible: numbers of cards and accounts by their check digits, of phones by their country."""
    match kind:
        case Kind.PAYMENT_CARD:
            return bytes(_wrong_luhn(text))
        case Kind.IBAN if len(text) > 4:
            return bytes(text[:2]) + b"00" + bytes(text[4:])  # check digits run from 02 to 98
        case Kind.PHONE:
            # the dash tells +41… and 41… apart, whose digits are permuted each among its own
            return _NO_COUNTRY + (bytes(text[1:]) if text.startswith(b"+") else b"-" + bytes(text))
        case _:
            return bytes(text)


def _wrong_luhn(text: bytearray) -> bytearray:
    """The last digit is one that the check of card numbers refuses: always the right one and five more."""
    places = [place for place, letter in enumerate(text) if 48 <= letter <= 57]
    total = 0
    for number, place in enumerate(reversed(places[:-1])):
        doubled = (text[place] - 48) * (2 if number % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    if places:
        text[places[-1]] = 48 + (-total + 5) % 10
    return text


def _replaced(key: bytes, value: bytes) -> bytes:
    """As many letters as the text has characters, from 16 on all of the hash's."""
    try:
        length = len(value.decode())
    except UnicodeDecodeError:
        raise UnparsedError("a value is no text in UTF-8") from None
    return bytes(b"abcdefghijklmnopqrstuvwxyz234567"[byte & 31] for byte in digest_stream(key, value, length))


def _number(key: bytes, value: bytes) -> bytes:
    """A decimal with as many digits, none of them a leading zero; 0 stays 0."""
    body = value.lstrip(b"-")
    figures = body.replace(b".", b"", 1)
    if value in {b"NaN", b"Infinity", b"-Infinity"}:
        return value
    if not figures.isdigit():
        raise UnparsedError("a value is no decimal number")
    plain = figures.lstrip(b"0")
    if not plain:
        return value
    low = 10 ** (len(plain) - 1)
    image = permutation(sub_key(key, b"%d digits" % len(plain)), 9 * low).single(int(plain) - low) + low
    text = str(image).encode().rjust(len(figures), b"0")
    point = len(body) - body.find(b".") - 1 if b"." in body else 0
    sign = b"-" if value.startswith(b"-") else b""
    return sign + (text[: len(text) - point] + b"." + text[len(text) - point :] if point else text)
