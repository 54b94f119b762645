"""What can be said of one property of a Docker resource, and the kinds that most properties are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum


class Kind(Enum):
    """The shape of a property's value. LIST keeps its order, SET has none."""

    STRING = "a string"
    INTEGER = "a whole number"
    BOOLEAN = "true or false"
    DURATION = "a duration such as 500ms, 5s or 1m30s"
    LIST = "a list"
    SET = "a list (in any order)"
    MAP = "a map of strings"
    OBJECT = "an object"


@dataclass(frozen=True, slots=True)
class Property:
    """One input.

    default: filled in by check and listed in `__defaults`. absent: what leaving it out means, so that saying it changes nothing.
    key: the field (or the separator inside a string) by which two elements of a set are the same thing, changed.
    """

    kind: Kind
    replaces: bool = False
    required: bool = False
    default: str | int | bool | None = None
    absent: str | int | bool | None = None
    allowed: str | None = None
    item: Property | None = None
    fields: Mapping[str, Property] = field(default_factory=dict)
    key: str | None = None
    removal_replaces: bool = False
    refused: str | None = None

    @property
    def meaning_of_absent(self) -> str | int | bool | None:
        """The value that an absent property stands for; None where Docker chooses."""
        return self.default if self.default is not None else self.absent


TEXT = Property(Kind.STRING, absent="")
NUMBER = Property(Kind.INTEGER, absent=0)
FLAG = Property(Kind.BOOLEAN, absent=False)
DURATION = Property(Kind.DURATION, default="0s")
WORDS = Property(Kind.LIST, item=TEXT)
WORD_SET = Property(Kind.SET, item=TEXT)
MAP = Property(Kind.MAP)


def new(prop: Property, **changes: object) -> Property:
    """The same, which only a new object can take on."""
    return replace(prop, replaces=True, **changes)  # type: ignore[arg-type]  # the keywords are Property's own fields


def set_of(fields: Mapping[str, Property], key: str | None = None) -> Property:
    """Objects of these fields in any order, which only a new object can take on."""
    return Property(Kind.SET, replaces=True, item=Property(Kind.OBJECT, fields=fields), key=key)


def required(prop: Property) -> Property:
    """The same, which must be said."""
    return replace(prop, required=True, absent=None)
