"""What a CHECK constraint can demand of one column, or between two: closed set of frozen data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Bound:
    """value <= column (lower) or column <= value; without equality where strict. value is SQL text, NOW for the present moment."""

    column: str
    value: str
    lower: bool
    strict: bool


@dataclass(frozen=True, slots=True)
class Among:
    """The column holds one of the values, or none of them where negated."""

    column: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class LengthBound:
    """The text has at least low and at most high characters, those of both ends without blanks."""

    column: str
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Matching:
    """The text matches the regular expression, or does not where negated."""

    column: str
    pattern: str
    ignore_case: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class CaseKept:
    """lower(column) = column, upper(column) = column or btrim(column) = column."""

    column: str
    function: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """lesser <= greater, or < where strict, whenever both are there."""

    lesser: str
    greater: str
    strict: bool


@dataclass(frozen=True, slots=True)
class Different:
    """The two columns never hold the same value."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Presence:
    """The column is never NULL, or always NULL where absent."""

    column: str
    absent: bool


@dataclass(frozen=True, slots=True)
class JsonShape:
    """jsonb_typeof(column) is this: object or array."""

    column: str
    shape: str


ColumnDemand = Bound | Among | LengthBound | Matching | CaseKept | Presence | JsonShape
Demand = ColumnDemand | Ordered | Different
NOW = "now"


def describe(demand: Demand) -> str:
    """The demand in a person's words."""
    match demand:
        case Bound(column, value, lower, strict):
            return f"{column} {'>' if lower else '<'}{'' if strict else '='} {value}"
        case Among(column, values, negated):
            return f"{column} {'not in' if negated else 'in'} ({', '.join(values)})"
        case LengthBound(column, low, high):
            return f"{low} to {high if high is not None else 'any number of'} characters in {column}"
        case Matching(column, pattern, _, negated):
            return f"{column} {'not matching' if negated else 'matching'} {pattern}"
        case CaseKept(column, function):
            return f"{column} = {function}({column})"
        case Ordered(lesser, greater, strict):
            return f"{lesser} {'<' if strict else '<='} {greater}"
        case Different(one, other):
            return f"{one} <> {other}"
        case Presence(column, absent):
            return f"{column} {'is' if absent else 'is not'} null"
        case JsonShape(column, shape):
            return f"{column} holds a JSON {shape}"
        case _:
            assert_never(demand)
