"""What can happen to a column's values, as frozen data that a plan holds. Carried out in cells.py; chosen in choice.py.

NULL stays NULL and the empty text stays empty under every one of them but Null and Fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from liftlock_datagen.spec.model import Kind


class Guarantee(StrEnum):
    """Whether different values stay different."""

    PRESERVED = "preserved"  # by construction: a bijection, or at least 64 bits of the keyed hash in each value
    NOT_GUARANTEED = "not-guaranteed"
    LOSSY = "lossy"


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
    Keep | Null | Fixed | Invented | Integers | Letters | Uuids | Addresses | Chosen | Noise
    | Reformed | Spans | Shifted | Coarser | Bounds | Elements | Document | Seeded
)  # fmt: skip

KEEP = Keep()


def guarantee_of(transformer: Transformer) -> Guarantee:
    """Whether different values stay different under it."""
    match transformer:
        case Keep() | Integers() | Uuids() | Letters():
            return Guarantee.PRESERVED
        case Invented(unique=unique) | Addresses(unique=unique):
            return Guarantee.PRESERVED if unique else Guarantee.NOT_GUARANTEED
        case Shifted(subject=subject):
            return Guarantee.NOT_GUARANTEED if subject else Guarantee.PRESERVED
        case Elements(element=inner) | Bounds(bound=inner):
            return guarantee_of(inner)
        case Seeded(inner=inner):
            return guarantee_of(inner)
        case Document() | Reformed() | Spans():
            return Guarantee.NOT_GUARANTEED
        case _:
            return Guarantee.LOSSY


def document_paths(transformer: Transformer) -> Mapping[str, Transformer]:
    """What happens at each path of the documents that it changes."""
    match transformer:
        case Document(paths=paths):
            return dict(paths)
        case Elements(element=inner):
            return document_paths(inner)
        case _:
            return {}


def describe(transformer: Transformer) -> str:
    """What happens, in a few words, for the table that people review."""
    match transformer:
        case Elements(element=inner):
            return f"each element: {describe(inner)}"
        case Bounds(bound=inner):
            return f"each bound: {describe(inner)}"
        case Seeded(inner=inner):
            return f"new, not from the old value: {describe(inner)}"
        case Document(paths=paths):
            changed = sum(not isinstance(inner, Keep) for _, inner in paths)
            return f"{changed} of {len(paths)} paths changed" if changed else f"kept, with no other path than these {len(paths)}"
        case Shifted(days=days, subject=subject):
            return f"moved by up to {days} days" + (f", alike for each {subject}" if subject else "")
        case Coarser(to=to, width=width):
            return f"cut to {to} of {width}" if width else f"cut to {to}"
        case Keep() | Null() | Fixed() | Noise():
            return _PLAIN[type(transformer).__name__]
        case _:
            return _of_map(transformer)


_PLAIN = {
    "Keep": "kept",
    "Null": "becomes NULL",
    "Fixed": "becomes a fixed text",
    "Noise": "random bytes of the same number",
}


def _of_map(transformer: Invented | Integers | Letters | Uuids | Addresses | Chosen | Reformed | Spans) -> str:
    match transformer:
        case Invented(kind=kind, domain=domain, unique=unique):
            return f"{kind} from the map {domain}" + (", unique" if unique else "")
        case Addresses(domain=domain):
            return f"reserved address from the map {domain}"
        case Reformed(domain=domain) | Spans(domain=domain):
            return f"other numbers of its form, from the map {domain}"
        case Chosen(domain=domain):
            return f"one of a list, from the map {domain}"
        case Integers(domain=domain) | Letters(domain=domain) | Uuids(domain=domain):
            return f"permuted by the map {domain}"
