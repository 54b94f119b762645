"""Realistic values of a kind: numbers 0 … capacity - 1 to texts that all differ. Only values come out that nobody can have.

    phones = realistic(Kind.PHONE, "de_CH", at_least=100_000)
    texts = join([*phones.pieces(numbers), b"\\n"], len(numbers))

What a kind gives depends on how many different values are needed and how long they may be: the candidates go from the most natural form to
the roomiest, and the first that is enough is taken. docs/data/values.md names the reserved range of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from math import prod

import numpy as np

from liftlock_datagen.primitives.bits import Counters, mix
from liftlock_datagen.primitives.encoding import Piece
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.identifiers import identifiers
from liftlock_datagen.vocabulary.parts import Coded, Filled, Literal, Part, Words
from liftlock_datagen.vocabulary.words import (
    CITY,
    COUNTRY,
    COUNTRY_CODE,
    PHONE,
    POSTAL_CODE,
    REGION,
    Vocabularies,
    load_vocabularies,
)

ALL_DRAWS = 1 << 64
_WHOLE = 13  # letters of base 32 that hold every 64-bit number
_SUFFIXES = (4, 6, 8, 10, _WHOLE)


@dataclass(frozen=True, slots=True)
class Realistic:
    """Values of one kind. parts: laid side by side."""

    parts: tuple[Part, ...]

    @property
    def capacity(self) -> int:
        """How many different values there are; at most 2**64."""
        return min(ALL_DRAWS, prod(part.size for part in self.parts))

    @property
    def longest(self) -> int:
        """The length of the longest value, in characters."""
        return sum(part.longest for part in self.parts)

    def pieces(self, draws: Counters) -> list[Piece]:
        """A value for each draw; draws below the capacity all give different ones, others are taken modulo the capacity.

        Where a suffix holds all 64 bits of the draw, the other parts follow from the same bits, mixed.
        """
        whole = any(isinstance(part, Coded) and part.size == ALL_DRAWS for part in self.parts)
        rest = mix(draws) if whole else draws
        out: list[list[Piece]] = []
        for part in reversed(self.parts):
            if isinstance(part, Coded) and part.size == ALL_DRAWS:
                number = draws
            elif part.size >= ALL_DRAWS:
                number, rest = rest, np.zeros_like(rest)
            else:
                rest, number = np.divmod(rest, np.uint64(part.size))
            out.append(part.render(number))
        return [piece for pieces in reversed(out) for piece in pieces]


@cache
def realistic(kind: Kind, locale: str = "en_US", *, at_least: int = 1, max_length: int = 0) -> Realistic | None:
    """The most natural maker of the kind with at least so many different values, none longer than max_length (0: any length).

    None where the kind has no text of its own (a document, a reference, a number), or where no form is roomy and short enough.
    """
    for made in candidates(kind, load_vocabularies(locale)):
        if made.capacity >= at_least and (not max_length or made.longest <= max_length):
            return made
    return None


def candidates(kind: Kind, vocabularies: Vocabularies) -> Iterator[Realistic]:
    """The forms of the kind, the most natural first."""
    natural = _forms(kind, vocabularies)
    yield from natural
    for letters in _SUFFIXES:
        for form in natural[:1] + natural[-1:]:
            yield from _with_suffix(kind, form, letters)


def _with_suffix(kind: Kind, form: Realistic, letters: int) -> Iterator[Realistic]:
    match kind:
        case Kind.EMAIL:
            yield replace(form, parts=(*form.parts[:-1], Literal("."), Coded(letters), form.parts[-1]))
            yield Realistic((Coded(letters), Literal("@example.org")))
        case Kind.USERNAME:
            yield replace(form, parts=(*form.parts, Literal("."), Coded(letters)))
            yield Realistic((Coded(letters),))
        case Kind.URL:
            yield replace(form, parts=(*form.parts, Literal("/"), Coded(letters)))
        case Kind.PERSON_NAME | Kind.GIVEN_NAME | Kind.FAMILY_NAME | Kind.STREET | Kind.CITY | Kind.REGION | Kind.COMPANY | Kind.FREE_TEXT:
            yield replace(form, parts=(*form.parts, Literal(" "), Coded(letters, upper=True)))
            yield Realistic((Coded(letters, upper=True),))
        case _:
            return  # numbers have room enough, or none


def _forms(kind: Kind, words: Vocabularies) -> list[Realistic]:
    match kind:
        case Kind.PERSON_NAME | Kind.GIVEN_NAME | Kind.FAMILY_NAME | Kind.EMAIL | Kind.USERNAME | Kind.GENDER:
            return list(_of_people(kind, words))
        case Kind.CITY | Kind.REGION | Kind.POSTAL_CODE | Kind.COUNTRY | Kind.STREET | Kind.PHONE:
            return list(_of_places(kind, words))
        case Kind.COMPANY | Kind.URL | Kind.FREE_TEXT:
            return list(_of_firms_and_texts(kind, words))
        case _:
            return [Realistic(parts) for parts in identifiers(kind, words)]


def _of_people(kind: Kind, words: Vocabularies) -> Iterator[Realistic]:
    given, family = _single(words, "given", 0), _single(words, "family", 0)
    mailboxes = (_single(words, "given", 1), Literal("."), _single(words, "family", 1))
    match kind:
        case Kind.GIVEN_NAME:
            yield Realistic((given,))
        case Kind.FAMILY_NAME:
            yield Realistic((family,))
            yield Realistic((family, Literal("-"), family))
        case Kind.PERSON_NAME:
            yield Realistic((given, Literal(" "), family))
            yield Realistic((given, Literal(" "), given, Literal(" "), family))
            yield Realistic((given, Literal(" "), given, Literal(" "), family, Literal("-"), family))
        case Kind.EMAIL:
            yield Realistic((*mailboxes, Literal("@example.org")))
        case Kind.USERNAME:
            yield Realistic(mailboxes)
        case _:
            yield Realistic((Words(("f", "m", "x")),))


def _of_places(kind: Kind, words: Vocabularies) -> Iterator[Realistic]:
    match kind:
        case Kind.CITY | Kind.REGION | Kind.COUNTRY:
            field = {Kind.CITY: CITY, Kind.REGION: REGION, Kind.COUNTRY: COUNTRY}[kind]
            yield Realistic((_distinct(words, "place", field),))
            if kind is Kind.COUNTRY:
                yield Realistic((_distinct(words, "place", COUNTRY_CODE),))
        case Kind.POSTAL_CODE:
            codes = _distinct(words, "place", POSTAL_CODE)
            yield Realistic((codes,))
            yield Realistic((Filled(tuple(dict.fromkeys(map(_as_pattern, codes.texts)))),))
        case Kind.STREET:
            yield from _streets(words)
        case _:
            fiction, wide = tuple(dict.fromkeys(words.column("place", PHONE))), words.format_of("phone", "+1-39#-###-####")
            for patterns in (fiction, (wide,)):
                yield Realistic((Filled(patterns),))
                yield Realistic((Filled(tuple(dict.fromkeys(pattern.replace(" ", "").replace("-", "") for pattern in patterns))),))


def _streets(words: Vocabularies) -> Iterator[Realistic]:
    pattern = words.format_of("street", "N S")
    before, between, after = ("N", pattern[1:-1], "S") if pattern[0] == "N" else ("S", pattern[1:-1], "N")
    numbers = Words(tuple(map(str, range(1, 190))))
    parts = {"N": numbers, "S": _distinct(words, "street", 0)}
    yield Realistic((parts[before], Literal(between), parts[after]))
    flats = Words(tuple(map(str, range(1, 1000))))
    yield Realistic((parts[before], Literal(between), parts[after], Literal(" / "), flats))


def _of_firms_and_texts(kind: Kind, words: Vocabularies) -> Iterator[Realistic]:
    match kind:
        case Kind.COMPANY:
            yield Realistic((_distinct(words, "company", 0),))
        case Kind.URL:
            things = Words(tuple(word.lower() for word in words.column("thing", 0)))
            yield Realistic((Literal("https://www.example.com/"), things))
        case _:
            sentences = _distinct(words, "opinion", 0)
            yield Realistic((sentences,))
            yield Realistic((sentences, Literal(" "), sentences))
            yield Realistic((sentences, Literal(" "), sentences, Literal(" "), sentences))


def _as_pattern(code: str) -> str:
    return "".join("#" if sign.isdigit() else "?" if sign.isalpha() else sign for sign in code)


def _distinct(words: Vocabularies, name: str, field: int) -> Words:
    return Words(tuple(dict.fromkeys(words.column(name, field))))


def _single(words: Vocabularies, name: str, field: int) -> Words:
    """Names of one word, so that no two pairs of them read alike."""
    return Words(tuple(dict.fromkeys(text for text in words.column(name, field) if " " not in text and "-" not in text)))
