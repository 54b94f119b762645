"""How a column's values come from a row's number: closed sets of frozen data, chosen by the plan and evaluated by generate.

A Source turns row numbers into whole numbers; a Form turns whole numbers into text. A Maker is a text that is made of several parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.draws import Source
from liftlock_datagen.synthesis.forms import Form
from liftlock_datagen.synthesis.person_makers import Email, Identified, PersonName, Phone, Street, UserName


@dataclass(frozen=True, slots=True)
class Scaled:
    """form(source(row)). shared: columns of a table with the same name here draw the same numbers (a city and its postcode)."""

    source: Source
    form: Form
    shared: str = ""


# --- makers ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Title:
    """Adjective, material, thing. words: how many of them. separator: between the words. unique: with the row's number behind."""

    words: int
    separator: str
    unique: bool
    lower: bool = False
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """1 … most sentences from a vocabulary."""

    vocabulary: str
    most: int
    max_length: int = 0


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A small object: of a product's attributes, or of an event's."""

    product: bool


@dataclass(frozen=True, slots=True)
class JsonList:
    """A small array of words."""


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """`least` … `most` elements. separator: between them, which is a semicolon for boxes."""

    element: Generator
    least: int
    most: int
    separator: str = ","


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text after a regular expression: each part is some letters from an alphabet, least … most of them.

    unique: the first letters of some parts together spell the row's number, see generate.
    """

    parts: tuple[tuple[str, int, int], ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Variants:
    """Text after one of several patterns."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Uuid:
    """A version 4 UUID; unique."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes; the first eight are unique."""

    length: int


@dataclass(frozen=True, slots=True)
class Address:
    """An address from the ranges for documentation: 2001:db8::/32 where unique or `wide`, else IPv4. network: as a network, for cidr."""

    wide: bool
    network: bool = False


@dataclass(frozen=True, slots=True)
class HardwareAddress:
    """A locally administered MAC address; unique up to 2**40 rows."""


@dataclass(frozen=True, slots=True)
class Markup:
    """A small XML document."""


@dataclass(frozen=True, slots=True)
class Point:
    """A geometric point."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range [low, low + length) over the element. source: of its lower end, where ranges must differ."""

    form: Form
    low: int
    high: int
    most: int
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Spans:
    """A multirange of two ranges."""

    span: Span


@dataclass(frozen=True, slots=True)
class Fields:
    """A composite value: name and generator of each field, in order; Null() for one that stays empty."""

    fields: tuple[tuple[str, Generator], ...]


@dataclass(frozen=True, slots=True)
class Composed:
    """Texts and generators laid side by side."""

    parts: tuple[str | Generator, ...]


@dataclass(frozen=True, slots=True)
class Lexemes:
    """The words of another column's text, for full text search."""

    column: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """The value that the inner one has for the row `source` names: only so many values differ, each as common as the source says."""

    inner: Maker
    source: Source


@dataclass(frozen=True, slots=True)
class Reference:
    """The value that the parent's row has in `column`; the parent's row comes from the table's link of that name."""

    link: str
    parent: TableName
    column: str


@dataclass(frozen=True, slots=True)
class Null:
    """Always NULL."""


Maker = (
    Email
    | UserName
    | Identified
    | PersonName
    | Phone
    | Street
    | Title
    | Prose
    | JsonObject
    | JsonList
    | ArrayOf
    | Pattern
    | Variants
    | Uuid
    | Binary
    | Address
    | HardwareAddress
    | Markup
    | Point
    | Span
    | Spans
    | Fields
    | Composed
    | Lexemes
    | Repeated
)
Generator = Scaled | Maker | Reference | Null
