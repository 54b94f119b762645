"""Evaluates generators: row numbers to pieces of text in COPY's format. No Python object is made per value."""

from __future__ import annotations

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.bits import Counters, Numbers, draw, mix, permute, reduce_bits, uniform
from liftlock_datagen.primitives.encoding import (
    Piece,
    as_matrix,
    blank,
    code_letters,
    dates,
    decimals,
    digits,
    hexadecimal,
    moments,
    times,
)
from liftlock_datagen.synthesis.forms import Bits, Code, Day, Duration, Form, Listed, Moment, TimeOfDay, Whole, Word
from liftlock_datagen.synthesis.generators import (
    ArrayOf,
    Composed,
    Fields,
    Generator,
    JsonList,
    JsonObject,
    Lexemes,
    Maker,
    Markup,
    Null,
    Prose,
    Reference,
    Repeated,
    Scaled,
    Span,
    Spans,
    Title,
)
from liftlock_datagen.synthesis.names_of_rows import NamesOfRows
from liftlock_datagen.synthesis.person_makers import Email, Identified, PersonName, Phone, Street, UserName
from liftlock_datagen.synthesis.sources import SourceReader
from liftlock_datagen.synthesis.technical_texts import technical_pieces
from liftlock_datagen.synthesis.word_tables import WordTables, literal
from liftlock_datagen.vocabulary.realistic import realistic
from liftlock_datagen.vocabulary.words import Vocabularies

_SCATTERED = 8  # an array's elements draw from counters of their own: row * 8 + place


class TextMaker:
    """Pieces of text for generators."""

    def __init__(self, sources: SourceReader, vocabularies: Vocabularies) -> None:
        self._sources = sources
        self._words = WordTables(vocabularies)
        self._names = NamesOfRows(sources, self._words)

    def pieces(self, generator: Scaled | Maker, table: TableName, label: str, rows: Counters, *, depth: int = 0) -> list[Piece]:
        """The generator's text for each row. label: the stream it draws from. depth: pairs of quotes around it."""
        if isinstance(generator, Scaled):
            numbers = self._sources.numbers(generator.source, table, generator.shared or label, rows)
            return self.formed(generator.form, numbers, depth=depth)
        key = self._sources.key(table, label)
        match generator:
            case Email() | UserName() | PersonName() | Phone() | Street() | Title():
                return self._names.pieces(generator, table, key, rows)
            case Identified(kind, unique):
                made = realistic(kind, self._words.vocabularies.locale)
                if made is None:
                    raise TypeError(f"{kind} has no text of its own")
                return made.pieces(permute(key, rows, made.capacity) if unique else uniform(key, rows, made.capacity))
            case Prose():
                return self._prose(generator, key, rows)
            case JsonObject() | JsonList():
                return self._json(generator, key, rows, depth)
            case Markup():
                return [b"<note><tag>", self._words.pick("tag", key, rows), b"</tag></note>"]
            case Lexemes(column):
                return self._lexemes(column, table, rows)
            case Repeated(inner, source):
                chosen = self._sources.numbers(source, table, label, rows)
                return self.pieces(inner, table, label, chosen.astype(np.uint64), depth=depth)
            case ArrayOf() | Fields() | Composed() | Span() | Spans():
                return self._structure(generator, table, label, rows, depth)
            case Null() | Reference():
                raise TypeError("has no text of its own")
            case _:
                return technical_pieces(generator, key, rows, depth)

    def formed(self, form: Form, numbers: Numbers, *, depth: int = 0) -> list[Piece]:
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
                return [self._words.table((form, depth), values, depth)[numbers]]
            case Word(vocabulary, field, max_length):
                return [self._words.words(vocabulary, field, max_length, depth)[numbers]]
            case Code(prefix, alphabet, length):
                return [prefix.encode(), code_letters(numbers.astype(np.uint64), alphabet.encode(), length)]
            case Bits(length):
                return [code_letters(numbers.astype(np.uint64), b"01", length)]
            case _:
                assert_never(form)

    # --- texts ------------------------------------------------------------------------------------------------------------------------

    def _prose(self, maker: Prose, key: int, rows: Counters) -> list[Piece]:
        counts = uniform(key ^ 1, rows, maker.most)
        out: list[Piece] = [self._words.pick(maker.vocabulary, key, rows * np.uint64(_SCATTERED), max_length=maker.max_length)]
        for place in range(1, maker.most):
            counters = rows * np.uint64(_SCATTERED) + np.uint64(place)
            more: list[Piece] = [b" ", self._words.pick(maker.vocabulary, key, counters, max_length=maker.max_length)]
            out += blank(more, counts < place)
        return out

    def _json(self, maker: JsonObject | JsonList, key: int, rows: Counters, depth: int) -> list[Piece]:
        bits, words = draw(key, rows), self._words
        tag = words.pick("tag", key ^ 2, rows, depth=depth)

        def text(part: str) -> bytes:
            return literal(part, depth)

        if isinstance(maker, JsonList):
            return [text('["'), tag, text('", "'), words.pick("color", key ^ 3, rows, depth=depth), text('"]')]
        if maker.product:
            weight = digits(reduce_bits(bits, 5000).astype(np.int64) + 50)
            color, material = (words.pick(name, key ^ salt, rows, depth=depth) for name, salt in (("color", 3), ("material", 4)))
            return [
                text('{"color": "'), color, text('", "weight_g": '), *weight, text(', "material": "'), material, text('", "tags": ["'), tag,
                text('"]}'),
            ]  # fmt: skip
        version = digits(reduce_bits(bits, 5).astype(np.int64) + 1)
        return [
            text('{"source": "'), tag, text('", "version": '), *version, text(', "reference": "'), *hexadecimal(bits, 2), text('"}'),
        ]  # fmt: skip

    def _lexemes(self, column: str, table: TableName, rows: Counters) -> list[Piece]:
        """The words of another column's text in lower case, as tsvector reads them: letters and digits stay, all else parts them."""
        generator = self._sources.column(table, column).generator
        if isinstance(generator, Null | Reference):
            raise TypeError(f"{table}.{column} has no text of its own")
        found: list[Piece] = []
        for piece in self.pieces(generator, table, column, rows):
            text = as_matrix(piece, len(rows))
            upper = (text >= ord("A")) & (text <= ord("Z"))
            letter = upper | ((text >= ord("a")) & (text <= ord("z"))) | (text >= 0x80) | ((text >= ord("0")) & (text <= ord("9")))
            found.append(np.where(letter, text | np.uint8(0x20) * upper, np.uint8(0x20) * (text > 0)).astype(np.uint8))
        return found

    # --- structures -------------------------------------------------------------------------------------------------------------------

    def _structure(
        self, maker: ArrayOf | Fields | Composed | Span | Spans, table: TableName, label: str, rows: Counters, depth: int
    ) -> list[Piece]:
        match maker:
            case ArrayOf():
                return self._array(maker, table, label, rows, depth)
            case Fields():
                return self._fields(maker, table, label, rows, depth)
            case Composed(parts):
                out: list[Piece] = []
                for place, part in enumerate(parts):
                    if isinstance(part, str):
                        out.append(literal(part, depth))
                    else:
                        out += self._inner(part, table, f"{label} {place}", rows, depth)
                return out
            case Span(_, _, _, most, source):
                bits = draw(self._sources.key(table, label), rows)
                start = self._sources.numbers(source, table, label, rows) if source else _start(maker, bits)
                return [*self._bounds(maker, start, start + 1 + reduce_bits(mix(bits), most).astype(np.int64), depth)]
            case Spans(span):
                bits = draw(self._sources.key(table, label), rows)
                start = self._sources.numbers(span.source, table, label, rows) if span.source else _start(span, bits)
                first = start + 1 + reduce_bits(mix(bits), span.most).astype(np.int64)
                second = first + 1 + reduce_bits(mix(bits + np.uint64(1)), span.most).astype(np.int64)
                last = second + 1 + reduce_bits(mix(bits + np.uint64(2)), span.most).astype(np.int64)
                return [b"{", *self._bounds(span, start, first, depth), b",", *self._bounds(span, second, last, depth), b"}"]
            case _:
                assert_never(maker)

    def _inner(self, generator: Generator, table: TableName, label: str, rows: Counters, depth: int) -> list[Piece]:
        if isinstance(generator, Null | Reference):
            raise TypeError("a part of a value has a value of its own")
        return self.pieces(generator, table, label, rows, depth=depth)

    def _bounds(self, span: Span, start: Numbers, end: Numbers, depth: int) -> list[Piece]:
        quote, between, close = (literal(text, depth) for text in ('["', '","', '")'))
        low, high = self.formed(span.form, start, depth=depth + 1), self.formed(span.form, end, depth=depth + 1)
        return [quote, *low, between, *high, close]

    def _array(self, maker: ArrayOf, table: TableName, label: str, rows: Counters, depth: int) -> list[Piece]:
        counts = uniform(self._sources.key(table, label, "count"), rows, maker.most - maker.least + 1) + np.uint64(maker.least)
        out: list[Piece] = [b"{"]
        quote = literal('"', depth)
        for place in range(maker.most):
            counters = rows if maker.most == 1 else rows * np.uint64(_SCATTERED) + np.uint64(place)
            element = self._inner(maker.element, table, label, counters, depth + 1)
            out += blank([maker.separator.encode() + quote if place else quote, *element, quote], counts <= place)
        return [*out, b"}"]

    def _fields(self, maker: Fields, table: TableName, label: str, rows: Counters, depth: int) -> list[Piece]:
        """A composite value: ("field","field"); nothing between two commas is NULL."""
        out: list[Piece] = [b"("]
        quote = literal('"', depth)
        for place, (name, field) in enumerate(maker.fields):
            out += [b","] if place else []
            if not isinstance(field, Null):
                out += [quote, *self._inner(field, table, f"{label}.{name}", rows, depth + 1), quote]
        return [*out, b")"]


def _start(span: Span, bits: Counters) -> Numbers:
    return reduce_bits(bits, span.high - span.low + 1).astype(np.int64) + span.low


def null_mask(key: int, rows: Counters, nulls: int) -> NDArray[np.bool_]:
    """Which rows are NULL, by a coin with that many of 65,536 sides."""
    return (draw(key, rows) >> np.uint64(48)) < np.uint64(nulls)
