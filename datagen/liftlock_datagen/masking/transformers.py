"""What can happen to a column's values, as frozen data that a plan holds. Chosen in choice.py, carried out in makers.py.

NULL stays NULL and the empty text stays empty under every one of them but Null and Fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.spec.model import Kind


@dataclass(frozen=True, slots=True)
class Keep:
    """The value as it is."""


@dataclass(frozen=True, slots=True)
class Null:
    """NULL for every value."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same text for every value but NULL."""

    text: str


@dataclass(frozen=True, slots=True)
class Invented:
    """A realistic text of a kind, chosen by the keyed hash of the value. length: at most so many characters (0: any).

    unique: the text also holds 64 bits of the hash. bits: how many of them have room where length is short. locale: of the word lists.
    """

    kind: Kind
    domain: str
    length: int = 0
    unique: bool = False
    bits: int = 64
    locale: str = "en_US"


@dataclass(frozen=True, slots=True)
class Lead:
    """The column of a row that others of it agree with: its name, and its map. length: of its texts (0: any)."""

    column: str
    kind: Kind
    domain: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class Led:
    """A text that agrees with another value of its row: the name with the e-mail address, the city with the postal code.

    It is chosen by that value; where that is missing, by its own, as inner says.
    """

    inner: Invented
    lead: Lead


@dataclass(frozen=True, slots=True)
class Integers:
    """A permutation of the integers: 1 … 2**bits - 1 among themselves, larger ones among themselves; 0 stays 0, the sign stays."""

    domain: str
    bits: int


@dataclass(frozen=True, slots=True)
class Letters:
    """A permutation of all texts of one shape: digits become digits, letters letters, everything else stays.

    folded: case makes no difference, as in citext; the result has small letters.
    """

    domain: str
    kind: Kind = Kind.IDENTIFIER
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Uuids:
    """A UUID of version 4 made of 122 bits of the keyed hash."""

    domain: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """An address of the network: of the ranges for documentation (version 4 and 6), or of locally administered hardware addresses."""

    domain: str
    hardware: int = 0  # bytes of a hardware address; 0 for an internet address
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of the values of a short list, by the keyed hash."""

    domain: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes of the same number, from the keyed hash."""

    domain: str


@dataclass(frozen=True, slots=True)
class Reformed:
    """A value of the same form with other digits, from the keyed hash. form: float4, float8, interval, geometric, bits."""

    domain: str
    form: str


@dataclass(frozen=True, slots=True)
class Spans:
    """A short range from the keyed hash. dates: of days or moments, else of numbers. several: a multirange, which holds one."""

    domain: str
    dates: bool
    several: bool = False


@dataclass(frozen=True, slots=True)
class Shifted:
    """A date or a moment, moved by whole days that all rows of one subject share. subject: a column of the same table, or ""."""

    domain: str
    days: int
    subject: str = ""
    subject_domain: str = ""


@dataclass(frozen=True, slots=True)
class Coarser:
    """A coarser value. to: year, month, decade (dates); a width (numbers); a number of leading characters (texts)."""

    to: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a range, each changed alike."""

    bound: Shifted | Coarser


@dataclass(frozen=True, slots=True)
class Elements:
    """Every element of an array."""

    element: Transformer


@dataclass(frozen=True, slots=True)
class Document:
    """Every value in a JSON document (or hstore), by its path. A path that is not here stops the run."""

    paths: tuple[tuple[str, Transformer], ...]
    store: bool = False  # hstore


@dataclass(frozen=True, slots=True)
class Seeded:
    """What another transformer makes of the row's key instead of the old value: the result says nothing of it.

    key: the columns whose values are the row's key; none: its place in the table.
    """

    inner: Transformer
    key: tuple[str, ...] = ()


Transformer = (
    Keep | Null | Fixed | Invented | Led | Integers | Letters | Uuids | Addresses | Chosen | Noise
    | Reformed | Spans | Shifted | Coarser | Bounds | Elements | Document | Seeded
)  # fmt: skip

KEEP = Keep()
