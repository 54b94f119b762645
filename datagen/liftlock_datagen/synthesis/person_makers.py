"""Texts that somebody is known by: makers of names, addresses and numbers of people and companies. Frozen data (see generators)."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.spec.model import Kind


@dataclass(frozen=True, slots=True)
class Email:
    """given.family.<row>@example.org: unique. short: u<row>@example.com. Given and family name are those of the row's person."""

    short: bool = False


@dataclass(frozen=True, slots=True)
class UserName:
    """given.family<row>: unique. short: the given name's first letter, the family name and the row's number."""

    short: bool = False


@dataclass(frozen=True, slots=True)
class PersonName:
    """The row's person: given and family name. unique: with the row's number behind. initial: of the given name its first letter."""

    unique: bool = False
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    """A number from a range reserved for fiction: +1-nnn-555-01nn, or where local that of the row's place.

    unique: with the row's number as extension.
    """

    unique: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Street:
    """House number and street, in the country of the row's place. unique: with the row's number as flat."""

    unique: bool = False


@dataclass(frozen=True, slots=True)
class Identified:
    """A number that somebody or something is known by, in a form that nobody is given (see vocabulary.identifiers)."""

    kind: Kind
    unique: bool = False
