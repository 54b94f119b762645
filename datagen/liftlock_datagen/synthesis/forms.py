"""How a whole number becomes a text: a closed set of frozen data, evaluated by generate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Whole:
    """A number in units of 10**-scale."""

    scale: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """Days since 1970 as a date."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since 1970 as a timestamp."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """Seconds since midnight."""

    zone: bool = False


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of minutes as an interval."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The value of that index."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """The entry of that index of a vocabulary's field, among those with at most max_length characters (0: any)."""

    vocabulary: str
    field: int = 0
    max_length: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """The number in the base of the alphabet, always `length` letters, behind a prefix."""

    prefix: str
    alphabet: str
    length: int


@dataclass(frozen=True, slots=True)
class Bits:
    """The number as `length` binary digits."""

    length: int


Form = Whole | Day | Moment | TimeOfDay | Duration | Listed | Word | Code | Bits
