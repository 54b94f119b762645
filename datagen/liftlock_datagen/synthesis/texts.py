"""Evaluates generators: row numbers to pieces of text in COPY's format. No Python object is made per value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.bits import Counters, Numbers, draw, mix, permute, reduce_bits, uniform
from liftlock_datagen.primitives.encoding import (
    Bytes,
    Piece,
    as_matrix,
    blank,
    code_letters,
    dates,
    decimals,
    digits,
    hexadecimal,
    moments,
    padded_digits,
    text_table,
    times,
)
from liftlock_datagen.synthesis.generators import (
    Address,
    ArrayOf,
    Binary,
    Bits,
    Code,
    Day,
    Duration,
    Email,
    Form,
    HardwareAddress,
    JsonList,
    JsonObject,
    Listed,
    Maker,
    Markup,
    Moment,
    Null,
    Pattern,
    PersonName,
    Phone,
    Point,
    Prose,
    Reference,
    Repeated,
    Scaled,
    Span,
    Street,
    TimeOfDay,
    Title,
    Uuid,
    Whole,
    Word,
)
from liftlock_datagen.synthesis.sources import SourceReader
from liftlock_datagen.vocabulary.words import Vocabularies

_ONE = np.uint64(1)
_TITLE_WORDS = ("adjective", "material", "thing")
_SCATTERED = 8  # an array's elements draw from counters of their own: row * 8 + place


class TextMaker:
    """Pieces of text for generators. Tables of words are kept; they depend on the vocabularies alone."""

    def __init__(self, sources: SourceReader, vocabularies: Vocabularies) -> None:
        self._sources = sources
        self._vocabularies = vocabularies
        self._tables: dict[tuple[object, ...], Bytes] = {}

    def pieces(self, generator: Scaled | Maker, table: TableName, label: str, rows: Counters, *, nested: bool = False) -> list[Piece]:
        """The generator's text for each row. label: the stream it draws from. nested: as an element of an array."""
        if isinstance(generator, Scaled):
            numbers = self._sources.numbers(generator.source, table, generator.shared or label, rows)
            return self.formed(generator.form, numbers, nested=nested)
        key = self._sources.key(table, label)
        match generator:
            case Email() | PersonName() | Phone() | Street() | Title():
                return self._naming(generator, table, key, rows)
            case Prose(vocabulary, most, max_length):
                return self._prose(vocabulary, most, max_length, key, rows)
            case JsonObject() | JsonList():
                return self._json(generator, key, rows)
            case Repeated(inner, source):
                chosen = self._sources.numbers(source, table, label, rows)
                return self.pieces(inner, table, label, chosen.astype(np.uint64), nested=nested)
            case ArrayOf():
                return self._array(generator, table, label, rows)
            case Pattern():
                return _pattern(generator, key, rows)
            case Null() | Reference():
                raise TypeError("has no text of its own")
            case _:
                return self._technical(generator, key, rows)

    def formed(self, form: Form, numbers: Numbers, *, nested: bool = False) -> list[Piece]:
        """Numbers in their form."""
        match form:
            case Whole(scale):
                return decimals(numbers, scale)
            case Day():
                return dates(numbers)
            case Moment():
                return moments(numbers)
            case TimeOfDay(zone):
                return [*times(numbers), b"+00"] if zone else times(numbers)
            case Duration():
                return [*digits(numbers), b" minutes"]
            case Listed(values):
                return [self._table((form, nested), values, nested=nested)[numbers]]
            case Word(vocabulary, field, max_length):
                return [self._words(vocabulary, field, max_length, nested=nested)[numbers]]
            case Code(prefix, alphabet, length):
                return [prefix.encode(), code_letters(numbers.astype(np.uint64), alphabet.encode(), length)]
            case Bits(length):
                return [code_letters(numbers.astype(np.uint64), b"01", length)]
            case _:
                assert_never(form)

    def _table(self, key: tuple[object, ...], texts: Sequence[str], *, nested: bool = False) -> Bytes:
        found = self._tables.get(key)
        if found is None:
            if nested:
                texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
            found = self._tables[key] = text_table(texts)
        return found

    def _words(self, name: str, field: int = 0, max_length: int = 0, *, nested: bool = False) -> Bytes:
        key = (name, field, max_length, nested)
        found = self._tables.get(key)
        return found if found is not None else self._table(key, self._vocabularies.column(name, field, max_length), nested=nested)

    def _pick(self, name: str, key: int, rows: Counters, *, field: int = 0, max_length: int = 0) -> Bytes:
        table = self._words(name, field, max_length)
        return table[uniform(key, rows, len(table)).astype(np.int64)]

    # --- names ------------------------------------------------------------------------------------------------------------------------

    def _naming(self, maker: Email | PersonName | Phone | Street | Title, table: TableName, key: int, rows: Counters) -> list[Piece]:
        numbered = digits(rows.astype(np.int64) + 1)
        match maker:
            case Email(short=True):
                return [b"u", *numbered, b"@example.com"]
            case Email():
                given, family = self._person(table, rows, field=1)
                return [given, b".", family, b".", *numbered, b"@example.org"]
            case PersonName(unique):
                given, family = self._person(table, rows, field=0)
                return [given, b" ", family, b" ", *numbered] if unique else [given, b" ", family]
            case Phone(unique):
                bits = draw(key, rows)
                area = padded_digits(reduce_bits(bits, 800) + np.uint64(200), 3)
                line = padded_digits((bits & np.uint64(0xFFFFFFFF)) * np.uint64(100) >> np.uint64(32), 2)
                return [b"+1-", area, b"-555-01", line, *([b"x", *numbered] if unique else [])]
            case Street(unique):
                number = digits(uniform(key, rows, 180).astype(np.int64) + 1)
                return [*number, b" ", self._street(table, key, rows), *([b" / ", *numbered] if unique else [])]
            case Title(words, separator, unique, lower, prefix):
                parts: list[Piece] = [prefix.encode()]
                for name in _TITLE_WORDS[3 - words :]:
                    picked = self._pick(name, self._sources.key(table, str(key), name), rows)
                    parts += [picked | np.uint8(0x20) * (picked > 0) if lower else picked, separator.encode()]
                return [*parts, *numbered] if unique else parts[:-1]
            case _:
                assert_never(maker)

    def _person(self, table: TableName, rows: Counters, *, field: int) -> tuple[Bytes, Bytes]:
        """The row's person; the same streams as columns for given and family name draw from."""
        given, family = self._sources.key(table, "person.given"), self._sources.key(table, "person.family")
        return self._pick("given", given, rows, field=field), self._pick("family", family, rows, field=field)

    def _street(self, table: TableName, key: int, rows: Counters) -> Bytes:
        """A street of the country in which the row's place is. Streets and places are sorted by country."""
        countries = self._vocabularies.column("place", 3)
        order = list(dict.fromkeys(countries))
        streets = self._vocabularies.column("street", 1)
        first = np.array([streets.index(country) for country in order])
        count = np.array([streets.count(country) for country in order])
        place = uniform(self._sources.key(table, "place"), rows, len(countries)).astype(np.int64)
        country = np.array([order.index(code) for code in countries])[place]
        chosen = reduce_bits(mix(draw(key, rows)), count[country].astype(np.uint64)).astype(np.int64)
        words: Bytes = self._words("street")[first[country] + chosen]
        return words

    # --- texts and structures ---------------------------------------------------------------------------------------------------------

    def _prose(self, vocabulary: str, most: int, max_length: int, key: int, rows: Counters) -> list[Piece]:
        counts = uniform(key ^ 1, rows, most)
        parts = [self._pick(vocabulary, key, rows * np.uint64(_SCATTERED), max_length=max_length)]
        out: list[Piece] = [*parts]
        for place in range(1, most):
            more: list[Piece] = [b" ", self._pick(vocabulary, key, rows * np.uint64(_SCATTERED) + np.uint64(place), max_length=max_length)]
            out += blank(more, counts < place)
        return out

    def _json(self, maker: JsonObject | JsonList, key: int, rows: Counters) -> list[Piece]:
        bits = draw(key, rows)
        tag = self._pick("tag", key ^ 2, rows)
        if isinstance(maker, JsonList):
            return [b'["', tag, b'", "', self._pick("color", key ^ 3, rows), b'"]']
        if maker.product:
            weight = digits(reduce_bits(bits, 5000).astype(np.int64) + 50)
            color = self._pick("color", key ^ 3, rows)
            material = self._pick("material", key ^ 4, rows)
            return [b'{"color": "', color, b'", "weight_g": ', *weight, b', "material": "', material, b'", "tags": ["', tag, b'"]}']
        version = digits(reduce_bits(bits, 5).astype(np.int64) + 1)
        return [b'{"source": "', tag, b'", "version": ', *version, b', "reference": "', *hexadecimal(bits, 2), b'"}']

    def _array(self, maker: ArrayOf, table: TableName, label: str, rows: Counters) -> list[Piece]:
        if isinstance(maker.element, Null | Reference):
            raise TypeError("an array's elements have values of their own")
        counts = uniform(self._sources.key(table, label, "count"), rows, maker.most - maker.least + 1) + np.uint64(maker.least)
        out: list[Piece] = [b"{"]
        for place in range(maker.most):
            counters = rows * np.uint64(_SCATTERED) + np.uint64(place)
            element = self.pieces(maker.element, table, label, counters, nested=True)
            out += blank([b',"' if place else b'"', *element, b'"'], counts <= place)
        return [*out, b"}"]

    def _technical(self, maker: Uuid | Binary | Address | HardwareAddress | Markup | Point | Span, key: int, rows: Counters) -> list[Piece]:
        bits = draw(key, rows)
        match maker:
            case Uuid():
                return _uuid(mix(rows + np.uint64(key >> 1)), bits)
            case Binary(length):
                words = [*hexadecimal(mix(rows + np.uint64(key >> 1)), 4)]
                while len(words) * 2 < length:
                    words += hexadecimal(draw(key + len(words) & 0xFFFFFFFFFFFFFFFF, rows), 4)
                return [b"\\\\x", *words[: max(4, length // 2)]]
            case Address(wide, network):
                return _address(bits, rows, wide=wide, network=network)
            case HardwareAddress():
                low, high = hexadecimal(permute(key, rows, 1 << 40), 3), as_matrix(b"02", len(rows))
                return [high, as_matrix(low[0], len(rows))[:, 2:], *low[1:]]
            case Markup():
                return [b"<note><tag>", self._pick("tag", key, rows), b"</tag></note>"]
            case Point():
                degrees = [decimals(reduce_bits(mix(bits + np.uint64(n)), 36000).astype(np.int64) - 18000, 2) for n in (1, 2)]
                return [b"(", *degrees[0], b",", *degrees[1], b")"]
            case Span(form, low_end, high_end, most):
                start = reduce_bits(bits, high_end - low_end + 1).astype(np.int64) + low_end
                end = start + 1 + reduce_bits(mix(bits), most).astype(np.int64)
                return [b'["', *self.formed(form, start), b'","', *self.formed(form, end), b'")']
            case _:
                assert_never(maker)


def _uuid(unique: Counters, bits: Counters) -> list[Piece]:
    """Version 4, variant 10. The first three and the last part hold 64 bits of a bijection of the row, so none comes twice."""
    first, rest = hexadecimal(unique, 4), hexadecimal(bits, 4)
    version = (bits >> np.uint64(52)) & np.uint64(0x0FFF) | np.uint64(0x4000)
    variant = (bits >> np.uint64(32)) & np.uint64(0x3FFF) | np.uint64(0x8000)
    return [*first[:2], b"-", first[2], b"-", *hexadecimal(version, 1), b"-", *hexadecimal(variant, 1), b"-", first[3], *rest[2:]]


def _address(bits: Counters, rows: Counters, *, wide: bool, network: bool) -> list[Piece]:
    if wide:
        words = hexadecimal(rows, 3)
        return [b"2001:db8:", words[0], b":", words[1], b":", words[2], b"::/112" if network else b"::1"]
    if network:
        return [b"203.0.113.", *digits(reduce_bits(bits, 16).astype(np.int64) * 16), b"/28"]
    return [b"192.0.2.", *digits(reduce_bits(bits, 254).astype(np.int64) + 1)]


def _pattern(maker: Pattern, key: int, rows: Counters) -> list[Piece]:
    """Random letters from each part; where unique, the fixed positions spell a permutation of the row's number instead."""
    out: list[Piece] = []
    fixed = _fixed_positions(maker) if maker.unique else ()
    capacity = 1
    for size in fixed:
        capacity *= size
    whole = permute(key, rows, min(capacity, 1 << 60)) if fixed else rows
    position = 0
    for letters, least, most in maker.parts:
        alphabet = np.frombuffer(letters.encode("latin-1", "replace"), np.uint8)
        count = uniform(key ^ (position + 1), rows, most - least + 1)
        for place in range(least if maker.unique else most):
            position += 1
            if maker.unique:
                whole, chosen = np.divmod(whole, np.uint64(len(alphabet)))
            else:
                chosen = uniform(key, rows * np.uint64(64) + np.uint64(position), len(alphabet))
            letter: Piece = alphabet[chosen.astype(np.int64)][:, None]
            out += [letter] if place < least else blank([letter], count < place - least + 1)
    return out


def _fixed_positions(maker: Pattern) -> tuple[int, ...]:
    return tuple(len(letters) for letters, least, _ in maker.parts for _ in range(least))


def null_mask(key: int, rows: Counters, nulls: int) -> NDArray[np.bool_]:
    """Which rows are NULL, by a coin with that many of 65,536 sides."""
    return (draw(key, rows) >> np.uint64(48)) < np.uint64(nulls)
