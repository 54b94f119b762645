"""Generators for types whose values follow from the type alone: geometry, search, system types, PostgreSQL's own extensions. Pure.

A type that is compared by equality (so that it can be unique) has a form whose values differ; the others never need one.
"""

from __future__ import annotations

from liftlock_datagen.synthesis.draws import Uniform
from liftlock_datagen.synthesis.forms import Code, Listed, Whole, Word
from liftlock_datagen.synthesis.generators import Composed, Generator, HardwareAddress, Point, Scaled
from liftlock_datagen.synthesis.subjects import spread
from liftlock_datagen.vocabulary.words import Vocabularies

_HEX = "0123456789ABCDEF"
_COORDINATE = Scaled(Uniform(-9999, 9999), Whole(2))
_LENGTH = Scaled(Uniform(1, 9999), Whole(2))

_GEOMETRY: dict[str, Generator] = {
    "point": Point(),
    "line": Composed(("{1,", _COORDINATE, ",", _COORDINATE, "}")),
    "lseg": Composed(("[", Point(), ",", Point(), "]")),
    "box": Composed((Point(), ",", Point())),
    "path": Composed(("[", Point(), ",", Point(), ",", Point(), "]")),
    "polygon": Composed(("(", Point(), ",", Point(), ",", Point(), ")")),
    "circle": Composed(("<", Point(), ",", _LENGTH, ">")),
    "cube": Composed(("(", _COORDINATE, ", ", _COORDINATE, ", ", _COORDINATE, ")")),
    "seg": Composed((Scaled(Uniform(0, 99), Whole()), " .. ", Scaled(Uniform(100, 199), Whole()))),
}
# Names of things that every database has.
_SYSTEM_NAMES = {
    "regclass": ("pg_catalog.pg_class", "pg_catalog.pg_type", "pg_catalog.pg_attribute"),
    "regtype": ("integer", "text", "boolean", "uuid"),
    "regproc": ("pg_catalog.now", "pg_catalog.version"),
    "regprocedure": ("pg_catalog.now()", "pg_catalog.lower(text)", "pg_catalog.upper(text)"),
    "regoper": ("pg_catalog.||/", "pg_catalog.|/"),
    "regoperator": ("pg_catalog.=(integer,integer)", "pg_catalog.<(integer,integer)"),
    "regrole": ("pg_monitor", "pg_read_all_stats"),
    "regnamespace": ("pg_catalog", "information_schema"),
    "regconfig": ("pg_catalog.simple", "pg_catalog.english"),
    "regdictionary": ("pg_catalog.simple",),
    "regcollation": ('pg_catalog."C"', 'pg_catalog."POSIX"'),
    "pg_snapshot": ("10:20:", "10:20:12,14"),
    "txid_snapshot": ("10:20:", "10:20:12,14"),
    "int2vector": ("1", "1 2", "3 1"),
    "oidvector": ("23", "23 25"),
}
# How many digits come before the check digit, which PostgreSQL counts where it reads a question mark; and what they begin with.
_BOOKS = {
    "ean13": ("400", 9),
    "isbn13": ("978", 9),
    "isbn": ("0", 8),
    "ismn13": ("9790", 8),
    "ismn": ("M-", 8),
    "issn13": ("977", 9),
    "issn": ("", 7),
    "upc": ("0", 10),
}
_WORDS = {
    "tsquery": ("'", ("tag", "' & '", "color"), "'"),
    "jsonpath": ("$.", ("tag", ".", "color"), ""),
    "ltree": ("", ("category", ".", "thing"), ""),
    "lquery": ("*.", ("thing",), ".*"),
    "ltxtquery": ("", ("category", " & ", "thing"), ""),
    "hstore": ('"color"=>"', ("color", '", "material"=>"', "material"), '"'),
}


def technical_generator(name: str, vocabularies: Vocabularies, *, unique: bool) -> Generator | None:
    """The generator for the type of that name; None where the type is not one of these, or has no unique values."""
    if name in _GEOMETRY:
        return _GEOMETRY[name] if not unique else _unique_solid(name)
    if name in _SYSTEM_NAMES:
        values = _SYSTEM_NAMES[name]
        return Scaled(spread(0, len(values) - 1, unique=unique), Listed(values))
    if name in _BOOKS:
        return _book(*_BOOKS[name], unique=unique)
    if name in _WORDS:
        return _of_words(name, vocabularies, unique=unique)
    return _number_like(name, unique=unique)


def _number_like(name: str, *, unique: bool) -> Generator | None:
    match name:
        case "macaddr8":
            return Composed((HardwareAddress(), "0001"))
        case "pg_lsn":
            return Composed(("0/", Scaled(spread(0, 16**8 - 1, unique=unique), Code("", _HEX, 8))))
        case "tid":
            return Composed(("(", Scaled(spread(0, 2**31 - 1, unique=unique), Whole()), ",1)"))
        case "xid" | "cid" | "xid8":
            return Scaled(spread(3, 2**31 - 1, unique=unique), Whole())
        case _:
            return None


def _unique_solid(name: str) -> Generator | None:
    """cube and seg compare by equality; the shapes of PostgreSQL itself do not."""
    number = Scaled(spread(0, 2**31 - 1, unique=True), Whole())
    match name:
        case "cube":
            return Composed(("(", number, ", 1, 1)"))
        case "seg":
            return Composed((Scaled(spread(0, 999_999, unique=True), Whole()), " .. 1000000"))
        case _:
            return None


def _book(beginning: str, count: int, *, unique: bool) -> Generator:
    return Composed((beginning, Scaled(spread(0, 10**count - 1, unique=unique), Code("", "0123456789", count)), "?"))


def _of_words(name: str, vocabularies: Vocabularies, *, unique: bool) -> Generator:
    """Words between marks; where unique, a number beside the last word."""
    before, parts, after = _WORDS[name]
    words: list[str | Generator] = [before]
    for place, part in enumerate(parts):
        words.append(part if place % 2 else Scaled(Uniform(0, len(vocabularies.lists[part]) - 1), Word(part)))
    if unique:
        words += ["_", Scaled(spread(0, 2**31 - 1, unique=True), Whole())]
    return Composed((*words, after))
