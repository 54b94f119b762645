"""Names that a row's person, place or thing goes by: they agree with one another, since they draw from the same streams."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.bits import Counters, Numbers, draw, mix, reduce_bits, uniform
from liftlock_datagen.primitives.encoding import Bytes, Piece, digits, padded_digits
from liftlock_datagen.synthesis.generators import Title
from liftlock_datagen.synthesis.person_makers import Email, PersonName, Phone, Street, UserName
from liftlock_datagen.synthesis.sources import SourceReader
from liftlock_datagen.synthesis.word_tables import WordTables
from liftlock_datagen.vocabulary.parts import fill_chosen
from liftlock_datagen.vocabulary.words import COUNTRY_CODE, PHONE

_TITLE_WORDS = ("adjective", "material", "thing")
Naming = Email | UserName | PersonName | Phone | Street | Title


class NamesOfRows:
    """Texts of naming makers."""

    def __init__(self, sources: SourceReader, words: WordTables) -> None:
        self._sources = sources
        self._words = words

    def pieces(self, maker: Naming, table: TableName, key: int, rows: Counters) -> list[Piece]:
        """The maker's text for each row."""
        numbered = digits(rows.astype(np.int64) + 1)
        match maker:
            case Email() | UserName():
                return self._mailbox(maker, table, rows)
            case PersonName(unique, initial):
                given, family = self._person(table, rows, field=0)
                letter = self._person(table, rows, field=1)[0][:, :1] & np.uint8(0xDF)  # of the mailbox, so in Latin letters: A to Z
                called: list[Piece] = [letter, b". ", family] if initial else [given, b" ", family]
                return [*called, b" ", *numbered] if unique else called
            case Phone():
                return [*self._phone(maker, table, key, rows), *([b"x", *numbered] if maker.unique else [])]
            case Street(unique):
                return [*self._street(table, key, rows), *([b" / ", *numbered] if unique else [])]
            case Title(words, separator, unique, lower, prefix):
                parts: list[Piece] = [prefix.encode()]
                for name in _TITLE_WORDS[3 - words :]:
                    picked = self._words.pick(name, self._sources.key(table, str(key), name), rows)
                    parts += [picked | np.uint8(0x20) * (picked > 0) if lower else picked, separator.encode()]
                return [*parts, *numbered] if unique else parts[:-1]
            case _:
                assert_never(maker)

    def _mailbox(self, maker: Email | UserName, table: TableName, rows: Counters) -> list[Piece]:
        numbered = digits(self._sources.subject_of(table, rows)[1].astype(np.int64) + 1)
        if maker == Email(short=True):
            return [b"u", *numbered, b"@example.com"]
        given, family = self._person(table, rows, field=1)
        match maker:
            case Email():
                return [given, b".", family, b".", *numbered, b"@example.org"]
            case UserName(short):
                return [given[:, :1], family, *numbered] if short else [given, b".", family, *numbered]

    def _person(self, table: TableName, rows: Counters, *, field: int) -> tuple[Bytes, Bytes]:
        """The row's person; the same streams as columns for given and family name draw from."""
        table, rows = self._sources.subject_of(table, rows)
        given, family = self._sources.key(table, "person.given"), self._sources.key(table, "person.family")
        return self._words.pick("given", given, rows, field=field), self._words.pick("family", family, rows, field=field)

    def _place(self, table: TableName, rows: Counters) -> Numbers:
        """The row's place; the same stream as columns for city, country and so on draw from."""
        table, rows = self._sources.subject_of(table, rows)
        places = len(self._words.vocabularies.lists["place"])
        return uniform(self._sources.key(table, "place"), rows, places).astype(np.int64)

    def _phone(self, maker: Phone, table: TableName, key: int, rows: Counters) -> list[Piece]:
        bits = draw(key, rows)
        if maker.local:
            patterns = self._words.vocabularies.column("place", PHONE)
            return [fill_chosen(patterns, self._place(table, rows), bits >> np.uint64(8))]
        area = padded_digits(reduce_bits(bits, 800) + np.uint64(200), 3)
        line = padded_digits((bits & np.uint64(0xFFFFFFFF)) * np.uint64(100) >> np.uint64(32), 2)
        return [b"+1-", area, b"-555-01", line]

    def _street(self, table: TableName, key: int, rows: Counters) -> list[Piece]:
        """House number and street as the locale writes them, a street of the country in which the row's place is."""
        words = self._words.vocabularies
        pattern = words.format_of("street", "N S")
        number = digits(uniform(key, rows, 180).astype(np.int64) + 1)
        street = [self._street_name(table, key, rows)]
        first, last = (number, street) if pattern[0] == "N" else (street, number)
        return [*first, pattern[1:-1].encode(), *last]

    def _street_name(self, table: TableName, key: int, rows: Counters) -> Bytes:
        """Streets and places are sorted by country."""
        countries = self._words.vocabularies.column("place", COUNTRY_CODE)
        order = list(dict.fromkeys(countries))
        streets = self._words.vocabularies.column("street", 1)
        first = np.array([streets.index(country) for country in order])
        count = np.array([streets.count(country) for country in order])
        country = np.array([order.index(code) for code in countries])[self._place(table, rows)]
        chosen = reduce_bits(mix(draw(key, rows)), count[country].astype(np.uint64)).astype(np.int64)
        words: Bytes = self._words.words("street")[first[country] + chosen]
        return words
