"""Makes the frozen lists of each locale: people, streets and firms with Faker, places and prose from sources/.

Places in sources/ are real cities with their real regions, postal codes, coordinates and time zones, so that the parts of an address agree;
telephone numbers are patterns of ranges that nobody can have.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from liftlock_datagen.vocabulary.folding import fold, safe

SOURCES = Path(__file__).parent / "sources"
Row = tuple[str, ...]
_POSTAL_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_CODES_PER_CITY = 6


def source_rows(name: str) -> list[Row]:
    """The rows of a source, without its comments."""
    lines = (SOURCES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("|")) for line in lines if not line.startswith("#")]


def locale_rows() -> dict[str, Row]:
    """By locale: country code, country, currency, language, street pattern, wide phone pattern."""
    return {row[0]: row[1:] for row in source_rows("locales")}


def details_of(city: Row, about: Row) -> Row:
    """The fields of a place from the sixth on: region code, latitude, longitude, time zone, currency, language, phone."""
    _, _, _, region_code, _, latitude, longitude, zone, phone = city
    return (region_code, latitude, longitude, zone, about[2], about[3], phone)


def locale_lists(locale: str, number: int) -> Iterator[tuple[str, list[Row]]]:
    """Every list of the locale."""
    from faker import Faker  # noqa: PLC0415 - a development dependency, needed only when this runs

    faker = Faker(locale, use_weighting=False)
    faker.seed_instance(20250101 + number)
    about = locale_rows()[locale]
    yield "given", _given(faker)
    yield "family", [(name, mailbox) for name, mailbox in _names(_pair(faker, "last_name"), 220) if mailbox]
    yield "street", [(name, about[0]) for name in _distinct(faker.town if locale == "ja_JP" else faker.street_name, 120)]
    yield "company", [(name, slug) for name, slug in _firms(faker, locale)]
    yield "place", list(dict.fromkeys(_places(locale, about, random.Random(number))))  # noqa: S311 - no secret is made
    yield "format", [("street", about[4]), ("phone", about[5])]
    sentences = list(_sentences(about[3]))
    if sentences:
        yield "opinion", sentences


def _distinct(make: Callable[[], str], count: int) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(4000):
        found.setdefault(safe(make()))
        if len(found) == count:
            break
    return [name for name in found if name]


def _names(make: Callable[[], Row], count: int) -> list[Row]:
    found: dict[str, Row] = {}
    for _ in range(6000):
        name, mailbox = make()
        if mailbox and 1 < len(name) <= 16:
            found.setdefault(name, (name, mailbox))
        if len(found) == count:
            break
    return list(found.values())


def _pair(faker: Any, method: str) -> Callable[[], Row]:
    """A name and its mailbox form; Japanese names come with their Latin spelling."""

    def make() -> Row:
        if hasattr(faker, f"{method}_pair"):
            name, _, latin = getattr(faker, f"{method}_pair")()
            return safe(name), fold(latin)
        name = safe(getattr(faker, method)())
        return name, fold(name)

    return make


def _given(faker: Any) -> list[Row]:
    found: dict[str, Row] = {}
    for word, gender in _GENDERS:
        for name, mailbox in _names(_pair(faker, f"first_name_{word}"), 110):
            found.setdefault(name, (name, mailbox, gender))
    return list(found.values())


def known_genders(locale: str) -> dict[str, str]:
    """Which given names are women's or men's; those of both are left out."""
    from faker import Faker  # noqa: PLC0415 - as above

    faker = Faker(locale, use_weighting=False)
    faker.seed_instance(1)
    found = {gender: {safe(getattr(faker, f"first_name_{word}")()) for _ in range(6000)} for word, gender in _GENDERS}
    return {
        name: gender for gender, names in found.items() for name in sorted(names) if sum(name in other for other in found.values()) == 1
    }


_GENDERS = (("female", "f"), ("male", "m"))


def _firms(faker: Any, locale: str) -> list[Row]:
    """Firms and the name that each has in an address; where nothing is left of it in Latin letters, a made-up one."""
    names = _distinct(faker.company, 90)
    return [(name, fold(name)[:20] if locale != "ja_JP" else f"kaisha{place}") for place, name in enumerate(names, 1)]


def _places(locale: str, about: Row, chance: random.Random) -> Iterator[Row]:
    for city in source_rows("places"):
        if city[0] != locale:
            continue
        for _ in range(_CODES_PER_CITY):
            code = re.sub("[#@?]", lambda sign: _letter(sign[0], chance), city[4])
            yield (city[1], code, city[2], about[0], about[1], locale.replace("_", "-"), *details_of(city, about))


def _letter(sign: str, chance: random.Random) -> str:
    return chance.choice({"#": "0123456789", "@": "123456789", "?": _POSTAL_LETTERS}[sign])


def _sentences(language: str) -> Iterator[Row]:
    parts = {part: texts.split(";") for spoken, part, texts in source_rows("prose") if spoken == language}
    stop = "。" if language == "ja" else "."
    for begin in parts.get("begin", ()):
        for end in parts["end"]:
            yield (begin.strip() + end.strip() + stop,)
