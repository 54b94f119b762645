"""Realistic texts of a kind from keyed hashes, many at once. Only reserved domains and phone numbers come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

import numpy as np

from liftlock_datagen.masking.digests import Words, digest_words, folded_digests
from liftlock_datagen.masking.prose import prose
from liftlock_datagen.masking.transformers import Invented
from liftlock_datagen.primitives.bits import draw, reduce_bits
from liftlock_datagen.primitives.encoding import Bytes, Piece, code_letters, join, padded_digits
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.realistic import realistic
from liftlock_datagen.vocabulary.words import MIXED, load_vocabularies

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
PROSE = frozenset(
    {Kind.FREE_TEXT, Kind.HEALTH, Kind.DOCUMENT, Kind.TECHNICAL, Kind.CATEGORY, Kind.AMOUNT, Kind.FLAG, Kind.MOMENT, Kind.NUMBER}
)
_FOLDED = frozenset({Kind.EMAIL, Kind.USERNAME})
PLACE, GIVEN, FAMILY = 0, 0, 1
"""Which draw of a hash chooses the entry of a list."""


def invented(made: Invented, key: bytes) -> Callable[[Sequence[bytes], Sequence[bytes]], list[bytes]]:
    """Makes a text for each input. The second list is the old values, of which free text takes the length alone."""
    if made.kind in PROSE and not made.unique:
        return lambda inputs, old: prose(made.locale, key, inputs, old)
    if made.kind in _FOLDED:
        return lambda inputs, _: _folded(made, key, inputs)
    return lambda inputs, _: _texts(made, *digest_words(key, inputs))


def _texts(made: Invented, first: Words, second: Words) -> list[bytes]:
    if not len(first):
        return []
    pieces = _pieces(made, first, second)
    return join([*pieces, b"\n"], len(first)).split(b"\n")[:-1]


def _folded(made: Invented, key: bytes, inputs: Sequence[bytes]) -> list[bytes]:
    """One map whatever the case is written in; another spelling of the same gets another spelling of the same pseudonym."""
    lowered, first, second = folded_digests(key)(inputs)
    texts = _texts(made, first, second)
    if lowered != inputs:
        others = [place for place, value in enumerate(inputs) if lowered[place] != value]
        patterns, _ = digest_words(key, [b"case " + inputs[place] for place in others])
        for place, pattern in zip(others, patterns.tolist(), strict=True):
            texts[place] = _spelled(texts[place], pattern)
    return texts


def _spelled(text: bytes, pattern: int) -> bytes:
    """Upper case by the pattern's bits; the first letter always, so that it differs from the usual spelling."""
    local, at, rest = text.partition(b"@")
    letters = [place for place, letter in enumerate(local.decode()) if letter.isalpha()]
    chosen = {place for number, place in enumerate(letters) if number == 0 or pattern >> (number % 64) & 1}
    return "".join(letter.upper() if place in chosen else letter for place, letter in enumerate(local.decode())).encode() + at + rest


# --- layouts ------------------------------------------------------------------------------------------------------------------------


def _pieces(made: Invented, first: Words, second: Words) -> list[Piece]:
    """The text's pieces. Words come from the first word of the hash, what makes it unique from the second."""
    if made.kind is Kind.EMAIL:
        return _email(made, first, second)
    if made.kind is Kind.USERNAME:
        return _login(made, first, second, made.length)
    if made.kind in {Kind.SECRET, Kind.PASSWORD}:
        return [_cut(_code(second, 64), made.length), *([] if 0 < made.length < 26 else [_code(first, 64)])]
    if not made.unique:
        return _words(made, first, made.length)
    if made.kind is Kind.PHONE:
        return _numbered(second, made.length)
    letters = -(-made.bits // 5)
    left = made.length - letters - 1
    before = [] if made.length and left < 3 else [*_words(made, first, left if made.length else 0), b"-"]
    return [*before, _code(second, made.bits)]


def _email(made: Invented, first: Words, second: Words) -> list[Piece]:
    letters = -(-made.bits // 5)
    tail = b"@example.com" if not made.length or made.length >= letters + 13 else b"@x.test"
    return [*_login(made, first, second, made.length - len(tail) if made.length else 0), tail]


def _login(made: Invented, first: Words, second: Words, length: int) -> list[Piece]:
    """given.family.code, as much of it as there is room for."""
    code = _code(second, made.bits)
    left = length - -(-made.bits // 5) - 1 if length else 48
    if left < 3:
        return [code]
    given = pick(_slugs(made.locale, "given"), first, GIVEN)
    if left < 24:
        return [_cut(given, left), b".", code]
    return [_cut(given, 11), b".", _cut(pick(_slugs(made.locale, "family"), first, FAMILY), 12), b".", code]


def _words(made: Invented, bits: Words, length: int) -> list[Piece]:
    """Words of a kind, at most so many characters long in all (0: any)."""
    kind, locale = made.kind, made.locale
    match kind:
        case Kind.PERSON_NAME if length == 0 or length >= 9:
            half = (length - 1) // 2
            return [pick(_names(locale, "given", 0, half), bits, GIVEN), b" ", pick(_names(locale, "family", 0, half), bits, FAMILY)]
        case Kind.GIVEN_NAME:
            return [pick(_names(locale, "given", 0, length), bits, 0)]
        case Kind.PERSON_NAME | Kind.FAMILY_NAME:
            return [pick(_names(locale, "family", 0, length), bits, 1)]
        case Kind.STREET if length == 0 or length >= 12:
            return _street(locale, bits, length)
        case Kind.PHONE:
            return _phone(locale, bits, length)
        case Kind.COUNTRY if 0 < length < 4:
            return [pick(_names(locale, "place", 3, length), bits, 0)]
        case Kind.URL if length == 0 or length >= 30:
            return [b"https://www.example.com/", pick(_slugs(locale, "family"), bits, 0)] if length == 0 else [b"https://www.example.com/"]
        case Kind.FILE if length == 0 or length >= 20:
            return [_cut(pick(_slugs(locale, "family"), bits, 0), 12), b".bin"]
        case Kind.BIRTH_DATE if length == 0 or length >= 10:
            return [pick(_birth_dates(), bits, 0)]
    if kind in _LISTS:
        name, field = _LISTS[kind]
        return [pick(_names(locale, name, field, length), bits, PLACE)]
    return [_cut(_code(bits, 64), length)]


_LISTS = {
    Kind.STREET: ("street", 0),
    Kind.CITY: ("place", 0),
    Kind.POSTAL_CODE: ("place", 1),
    Kind.REGION: ("place", 2),
    Kind.COUNTRY: ("place", 4),
    Kind.COMPANY: ("company", 0),
}


def _street(locale: str, bits: Words, length: int) -> list[Piece]:
    """A street and a number, in the order of the locale. What stands between is one or two characters."""
    form = load_vocabularies(locale).format_of("street", "N S")
    between = form[1:-1]
    street = pick(_names(locale, "street", 0, length - 3 - len(between) if length else 0), bits, 1)
    number = _digits(np.uint64(1) + reduce_bits(draw(3, bits), 240))
    return [number, between.encode(), street] if form[0] == "N" else [street, between.encode(), number]


def _phone(locale: str, bits: Words, length: int) -> list[Piece]:
    """A number that nobody has: of the locale's free ones; 555-0100 to 555-0199 in each area of North America."""
    free = realistic(Kind.PHONE, locale, max_length=length) if locale not in {"en_US", MIXED} else None
    if free is not None:
        return free.pieces(reduce_bits(draw(1, bits), free.capacity))
    area = np.uint64(200) + reduce_bits(draw(1, bits), 800)
    line = padded_digits(reduce_bits(draw(2, bits), 100), 2)
    if length == 0 or length >= 15:
        return [b"+1-", padded_digits(area, 3), b"-555-01", line]
    if length >= 12:
        return [b"+1", padded_digits(area, 3), b"55501", line]
    return [b"55501", line] if length >= 7 else [_cut(padded_digits(area, 3), length)]


def _numbered(bits: Words, length: int) -> list[Piece]:
    """As many digits of the hash as have room, at most all of it, under a country code that is kept free."""
    digits = min(20, length - 4) if length else 20
    if digits <= 0:
        return [_cut(np.frombuffer(b"+999" * len(bits), np.uint8).reshape(len(bits), 4), length)]
    return [b"+999", padded_digits(bits % np.uint64(10**digits) if digits < 20 else bits, digits)]


# --- pieces -------------------------------------------------------------------------------------------------------------------------


def pick(table: Bytes, bits: Words, place: int) -> Bytes:
    """A row of the table for each word; place: which draw of the word it is."""
    return table[reduce_bits(draw(place * 2 + 11, bits), len(table)).astype(np.int64)]


def _cut(piece: Bytes, length: int) -> Bytes:
    return piece[:, :length] if length else piece


def _code(words: Words, bits: int) -> Bytes:
    """The upper bits of each word, five to a letter."""
    letters = -(-bits // 5)
    pairs = -(-letters // 2)
    out = np.empty((len(words), pairs), np.uint16)
    for pair in range(pairs):
        shift = 64 - 10 * (pair + 1)
        part = words >> np.uint64(shift) if shift >= 0 else words << np.uint64(-shift)
        out[:, pair] = _two_letters()[(part & np.uint64(0x3FF)).astype(np.int64)]
    return out.view(np.uint8).reshape(len(words), pairs * 2)[:, :letters]


@cache
def _two_letters() -> np.typing.NDArray[np.uint16]:
    return np.ascontiguousarray(code_letters(np.arange(1024, dtype=np.uint64), _ALPHABET, 2)[:, :]).view(np.uint16).ravel()


def _digits(values: Words) -> Bytes:
    width = len(str(int(values.max())))
    matrix = padded_digits(values, width)
    powers = np.array([10 ** (width - 1 - place) for place in range(width)], np.uint64)
    found: Bytes = (matrix * (values[:, None] >= powers)).astype(np.uint8)
    return found


def names(locale: str, vocabulary: str, field: int, length: int) -> tuple[str, ...]:
    """The entries of at most that many characters; their beginnings where none is so short."""
    column = load_vocabularies(locale).column(vocabulary, field)
    short = [text for text in column if len(text) <= length] if length > 0 else list(column)
    return tuple(dict.fromkeys(short or [text[: max(1, length)] for text in column]))


def slugs(locale: str, vocabulary: str) -> tuple[str, ...]:
    """The entries as they stand in addresses."""
    return tuple(dict.fromkeys(text for text in load_vocabularies(locale).column(vocabulary, 1) if text.isascii()))


@lru_cache(maxsize=64)
def _names(locale: str, vocabulary: str, field: int, length: int) -> Bytes:
    return matrix(names(locale, vocabulary, field, length))


@cache
def _slugs(locale: str, vocabulary: str) -> Bytes:
    return matrix(slugs(locale, vocabulary))


@cache
def _birth_dates() -> Bytes:
    days = np.arange("1940-01-01", "2006-01-01", dtype="datetime64[D]")
    return matrix(tuple(str(day) for day in days))


def matrix(texts: Sequence[str]) -> Bytes:
    """The texts as rows of bytes, filled up with zeros."""
    table = np.array([text.encode() for text in texts], dtype=np.bytes_)
    return table.view(np.uint8).reshape(len(texts), table.itemsize)
