"""Chooses a generator for a column that is no foreign key, from its name, its type and its limits. Pure."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from math import prod
from typing import assert_never

from liftlock_datagen.catalog.model import Column, ColumnType, TableName
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.checks import CaseKept, Matching, describe
from liftlock_datagen.synthesis.generators import (
    Address,
    ArrayOf,
    Binary,
    Bits,
    Code,
    Day,
    Duration,
    Email,
    Form,
    Generator,
    HardwareAddress,
    JsonList,
    JsonObject,
    Listed,
    Markup,
    Milestone,
    Moment,
    Null,
    Pattern,
    Permuted,
    PersonName,
    Phone,
    Point,
    Prose,
    Scaled,
    Serial,
    Span,
    Street,
    TimeOfDay,
    Title,
    Uniform,
    Uuid,
    Whole,
    Word,
)
from liftlock_datagen.synthesis.limits import FIRST_MOMENT, LAST_MOMENT, Family, Limits, limits_of
from liftlock_datagen.synthesis.patterns import read_pattern
from liftlock_datagen.synthesis.sampling import sample_texts
from liftlock_datagen.synthesis.semantics import ANY_NUMBER, milestone_window, text_candidates, usual_nulls, usual_range
from liftlock_datagen.vocabulary.words import Vocabularies

UNLIMITED = 1 << 60
_MOST_NUMBERED = 10**10  # rows whose number fits the room that sampling keeps for it
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LETTERS = 12
_PRODUCTS = re.compile(r".*(product|item|article|attribute|spec).*")


@dataclass(frozen=True, slots=True)
class Choice:
    """A generator, how many different values it can give (0 where they may repeat), and how many of 65,536 rows are NULL."""

    generator: Generator
    capacity: int
    nulls: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """The column to choose for. unique: no value may come twice."""

    table: TableName
    column: Column
    limits: Limits
    unique: bool

    def problem(self, code: ProblemCode, text: str) -> Problem:
        """A problem of this column."""
        return Problem(str(self.table), self.column.name, code, text)


def choose(subject: Subject, vocabularies: Vocabularies) -> Choice | Problem:
    """The generator for the column, or why there is none."""
    limits, column = subject.limits, subject.column
    if limits.absent and not limits.required:
        return Choice(Null(), UNLIMITED)
    if limits.unmet is not None:
        return subject.problem(ProblemCode.UNPLANNABLE_CHECK, f"no values of type {column.type} are known for {describe(limits.unmet)}")
    if limits.empty or (limits.absent and limits.required):
        return subject.problem(ProblemCode.EMPTY_RANGE, "its checks leave no value")
    generator = _of_family(subject, vocabularies)
    if isinstance(generator, Problem):
        return generator
    capacity = capacity_of(generator) if subject.unique else 0
    if subject.unique and not capacity:
        return subject.problem(ProblemCode.UNPLANNABLE_UNIQUE, f"no unique values are known for type {column.type}")
    nullable = not limits.required and not subject.unique
    return Choice(generator, capacity, usual_nulls(column.name) if nullable else 0)


def _of_family(subject: Subject, vocabularies: Vocabularies) -> Generator | Problem:
    limits, column = subject.limits, subject.column
    if limits.allowed is not None:
        return _listed(subject)
    match limits.family:
        case Family.NUMBER:
            return _number(subject)
        case Family.DATE | Family.MOMENT:
            return _point_in_time(subject)
        case Family.TIME | Family.INTERVAL:
            return _short_time(subject)
        case Family.TEXT:
            return _text(subject, vocabularies)
        case Family.JSON:
            return JsonList() if limits.shape == "array" else JsonObject(bool(_PRODUCTS.match(f"{subject.table.name} {column.name}")))
        case Family.ARRAY:
            return _array(subject, vocabularies)
        case Family.BITS:
            length = min(limits.max_length or 8, 60)
            return Scaled(_spread(0, 2**length - 1, unique=subject.unique), Bits(limits.max_length or 8))
        case Family.RANGE:
            return _range(column.type)
        case Family.UNSUPPORTED:
            return _unsupported(subject)
        case Family.ENUM | Family.BOOLEAN:
            return _listed(subject)
        case _:
            return _fixed(limits.family, column, unique=subject.unique)


def _unsupported(subject: Subject) -> Generator | Problem:
    """A column that may stay empty stays empty; any other is a problem."""
    if not subject.limits.required and not subject.unique:
        return Null()
    return subject.problem(ProblemCode.UNSUPPORTED_TYPE, f"no values are known for type {subject.column.type}")


def _fixed(family: Family, column: Column, *, unique: bool) -> Generator:
    match family:
        case Family.UUID:
            return Uuid()
        case Family.BINARY:
            return Binary(16)
        case Family.NETWORK:
            return Address(wide=unique, network=column.type.name == "cidr")
        case Family.HARDWARE:
            return HardwareAddress()
        case Family.XML:
            return Markup()
        case Family.POINT:
            return Point()
        case _:
            return Prose("opinion", 1)


def _spread(low: int, high: int, *, unique: bool) -> Permuted | Uniform:
    return Permuted(low, high) if unique else Uniform(low, high)


def _listed(subject: Subject) -> Generator:
    values = subject.limits.choices
    if not subject.unique:
        skewed = subject.limits.family is not Family.BOOLEAN
        return Scaled(Uniform(0, len(values) - 1, skewed), Listed(values))
    return Scaled(Serial(0, last=len(values) - 1), Listed(values))


def _number(subject: Subject) -> Generator:
    limits, form = subject.limits, Whole(subject.limits.scale)
    if subject.unique:
        low = limits.low if limits.bounded_low and limits.low > 0 else max(1, limits.low)
        return Scaled(Serial(low if low <= limits.high else limits.low, last=limits.high), form)
    known = usual_range(subject.column.name)
    usual, unit = known or ANY_NUMBER, 10**limits.scale if limits.scale > 0 else 1
    low, high = max(limits.low, usual.low * unit), min(limits.high, usual.high * unit)
    if low > high and limits.scale > 0 and not limits.bounded_low:
        low, high = max(limits.low, 0), limits.high  # numeric(5,4): a rate below ten
    elif low > high:
        low, high = _near(limits, usual.high * unit - usual.low * unit)
    if known is None and limits.bounded_low and limits.bounded_high:
        low, high = limits.low, limits.high  # only the check knows what is usual
    return Scaled(Uniform(low, high, usual.skewed and high - low < 1 << 32), form)


def _near(limits: Limits, span: int) -> tuple[int, int]:
    """A range inside the limits, next to the bound that a check set."""
    if limits.bounded_high and not limits.bounded_low:
        return max(limits.low, limits.high - span), limits.high
    return limits.low, min(limits.high, limits.low + span)


def _point_in_time(subject: Subject) -> Generator:
    limits, day = subject.limits, subject.limits.family is Family.DATE
    unit = 86400 if day else 1
    form: Form = Day() if day else Moment()
    if subject.unique:
        low = max(limits.low, FIRST_MOMENT // unit)
        return Scaled(Serial(low if low <= limits.high else limits.low, 1 if day else 60, limits.high), form)
    early, late = milestone_window(subject.column.name)
    first, last = FIRST_MOMENT, LAST_MOMENT - 90 * 86400
    low, high = (first + early) // unit, (last + late) // unit
    if limits.low <= low and high <= limits.high:
        return Scaled(Milestone(unit, first, last, early, late), form, "moment")
    if max(low, limits.low) <= min(high, limits.high):
        return Scaled(Uniform(max(low, limits.low), min(high, limits.high)), form)
    return Scaled(Uniform(*_near(limits, 365 * 86400 // unit)), form)


def _short_time(subject: Subject) -> Generator:
    limits = subject.limits
    if limits.family is Family.TIME:
        return Scaled(_spread(limits.low, limits.high, unique=subject.unique), TimeOfDay(subject.column.type.name == "timetz"))
    high = limits.high if limits.bounded_high else limits.low + 2880
    return Scaled(Serial(limits.low + 1, last=limits.high) if subject.unique else Uniform(limits.low, high), Duration())


def _array(subject: Subject, vocabularies: Vocabularies) -> Generator | Problem:
    element = subject.column.type.element
    if element is None or subject.unique:
        return subject.problem(ProblemCode.UNSUPPORTED_TYPE, f"no values are known for {subject.column.type}")
    column = replace(subject.column, type=element, nullable=False)
    inner = _of_family(Subject(subject.table, column, limits_of(column, ()), unique=False), vocabularies)
    if isinstance(inner, Problem):
        return subject.problem(ProblemCode.UNSUPPORTED_TYPE, f"no values are known for {subject.column.type}")
    return ArrayOf(inner, 1 if subject.limits.required else 0, 3)


def _range(kind: ColumnType) -> Generator:
    if kind.name == "daterange":
        return Span(Day(), FIRST_MOMENT // 86400, LAST_MOMENT // 86400, 60)
    if kind.name in {"tsrange", "tstzrange"}:
        return Span(Moment(), FIRST_MOMENT, LAST_MOMENT, 86400 * 7)
    return Span(Whole(2 if kind.name == "numrange" else 0), 0, 100000, 1000)


def _text(subject: Subject, vocabularies: Vocabularies) -> Generator | Problem:
    """The first candidate that fits the length and, as a sample shows, all rules; codes and patterns come last."""
    limits = subject.limits
    candidates = text_candidates(subject.table, subject.column.name, vocabularies, limits.max_length)
    if subject.unique:
        candidates = [_made_unique(candidate) for candidate in candidates]
        candidates = [candidate for candidate in candidates if capacity_of(candidate)]
    for generator in [*candidates, *_codes(limits, unique=subject.unique), *_patterns(limits, unique=subject.unique)]:
        if _fits(generator, limits, vocabularies):
            return generator
    rules = " and ".join(map(describe, limits.rules)) or f"{limits.min_length} to {limits.max_length} characters"
    return subject.problem(ProblemCode.UNPLANNABLE_CHECK, f"no text is known that meets {rules}")


def _made_unique(generator: Generator) -> Generator:
    match generator:
        case Phone() | PersonName() | Street() | Title():
            return replace(generator, unique=True)
        case Scaled(Uniform(), Code() as code):
            return Scaled(Permuted(0, len(code.alphabet) ** code.length - 1), code)
        case _:
            return generator


def _codes(limits: Limits, *, unique: bool) -> list[Generator]:
    length = max(limits.min_length, min(limits.max_length or 10, _CODE_LETTERS))
    if length > _CODE_LETTERS:
        return []
    alphabets = (_CROCKFORD, _CROCKFORD.lower(), string.digits, string.ascii_uppercase, string.ascii_lowercase)
    return [Scaled(_spread(0, len(letters) ** length - 1, unique=unique), Code("", letters, length)) for letters in alphabets]


def _patterns(limits: Limits, *, unique: bool) -> list[Generator]:
    wanted = [rule for rule in limits.rules if isinstance(rule, Matching) and not rule.negated]
    found = [parts for rule in wanted if (parts := read_pattern(rule.pattern)) is not None]
    shortest = [tuple((letters, least, max(1, least)) for letters, least, _ in parts) for parts in found]
    return [Pattern(parts, unique) for parts in [*found, *shortest]]


def _fits(generator: Generator, limits: Limits, vocabularies: Vocabularies) -> bool:
    sample = sample_texts(generator, vocabularies)
    if limits.max_length and sample.longest > limits.max_length:
        return False
    fitting = all(len(text) >= limits.min_length and text not in limits.excluded for text in sample.texts)
    return fitting and all(_meets(text, rule) for rule in limits.rules for text in sample.texts)


def _meets(text: str, rule: Matching | CaseKept) -> bool:
    match rule:
        case Matching(_, pattern, ignore_case, negated):
            return bool(re.search(_as_python(pattern), text, re.IGNORECASE if ignore_case else 0)) is not negated
        case CaseKept(_, "lower"):
            return text == text.lower()
        case CaseKept(_, "upper"):
            return text == text.upper()
        case CaseKept():
            return text == text.strip()
        case _:
            assert_never(rule)


def _as_python(pattern: str) -> str:
    """The part of PostgreSQL's expressions that Python writes otherwise."""
    classes = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s"}
    for name, letters in classes.items():
        pattern = pattern.replace(f"[:{name}:]", letters)
    return pattern.replace(r"\m", r"\b").replace(r"\M", r"\b")


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
        case Phone(True) | PersonName(True) | Street(True) | Title(unique=True):
            return _MOST_NUMBERED
        case _:
            return 0


def is_wide(generator: Generator) -> bool:
    """Whether the values are made to be unlike anyway, so that making them unique takes nothing away."""
    counted = isinstance(generator, Scaled) and isinstance(generator.form, Whole | Day | Listed | Word)
    return not counted and capacity_of(generator) >= 1 << 31
