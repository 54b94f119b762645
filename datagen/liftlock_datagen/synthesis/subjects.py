"""A column to choose a generator for, what was chosen, and how many different values that gives. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from liftlock_datagen.catalog.model import Column, TableName
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.draws import Permuted, Serial, Uniform
from liftlock_datagen.synthesis.forms import Day, Listed, Whole, Word
from liftlock_datagen.synthesis.generators import (
    Address,
    ArrayOf,
    Binary,
    Composed,
    Fields,
    Generator,
    HardwareAddress,
    Pattern,
    Scaled,
    Span,
    Spans,
    Title,
    Uuid,
)
from liftlock_datagen.synthesis.limits import Limits
from liftlock_datagen.synthesis.person_makers import Email, Identified, PersonName, Phone, Street, UserName
from liftlock_datagen.vocabulary.realistic import realistic

UNLIMITED = 1 << 60
_MOST_NUMBERED = 10**10  # rows whose number fits the room that sampling keeps for it


@dataclass(frozen=True, slots=True)
class Choice:
    """A generator, how many different values it can give (0 where they may repeat), and how many of 65,536 rows are NULL."""

    generator: Generator
    capacity: int
    nulls: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """The column to choose for. unique: no value may come twice, and any two are `step` of the smallest units apart."""

    table: TableName
    column: Column
    limits: Limits
    unique: bool
    step: int = 1

    def problem(self, code: ProblemCode, text: str) -> Problem:
        """A problem of this column."""
        return Problem(str(self.table), self.column.name, code, text)


def capacity_of(generator: Generator) -> int:
    """How many rows get different values; 0 where values may repeat."""
    match generator:
        case Scaled(Serial(first, step, last), _):
            return max(0, (last - first) // step + 1)
        case Scaled(Permuted(low, high), _):
            return high - low + 1
        case Pattern(parts, True):
            positions = [len(letters) for letters, least, _ in parts for _ in range(least)]
            return min(UNLIMITED, prod(positions))
        case Email() | Uuid() | Binary() | Address(True, _):
            return UNLIMITED
        case HardwareAddress():
            return 1 << 40
        case Identified(kind, True):
            made = realistic(kind)
            return min(made.capacity, UNLIMITED) if made else 0
        case Phone(True) | PersonName(True) | Street(True) | Title(unique=True) | UserName():
            return _MOST_NUMBERED
        case Composed(parts):
            return max((capacity_of(part) for part in parts if not isinstance(part, str)), default=0)
        case Fields(fields):
            return max((capacity_of(field) for _, field in fields), default=0)
        case Span(source=Serial() as source) | Spans(Span(source=Serial() as source)):
            return capacity_of(Scaled(source, Whole()))
        case ArrayOf(element, 1, 1):
            return capacity_of(element)
        case _:
            return 0


def is_wide(generator: Generator) -> bool:
    """Whether the values are made to be unlike anyway, so that making them unique takes nothing away."""
    counted = isinstance(generator, Scaled) and isinstance(generator.form, Whole | Day | Listed | Word)
    return not counted and capacity_of(generator) >= 1 << 31


def spread(low: int, high: int, *, unique: bool) -> Permuted | Uniform:
    return Permuted(low, high) if unique else Uniform(low, high)
