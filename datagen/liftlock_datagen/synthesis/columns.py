"""Chooses a generator for a column that is no foreign key, from its name, its type and its limits. Pure."""

from __future__ import annotations

import re

from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.demands import describe
from liftlock_datagen.synthesis.draws import Milestone, Serial, Uniform
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.forms import Bits, Day, Duration, Form, Listed, Moment, TimeOfDay, Whole, Word
from liftlock_datagen.synthesis.generators import (
    Address,
    Binary,
    Composed,
    Generator,
    HardwareAddress,
    JsonList,
    JsonObject,
    Markup,
    Null,
    Scaled,
    Uuid,
)
from liftlock_datagen.synthesis.limits import FIRST_MOMENT, LAST_MOMENT, Limits
from liftlock_datagen.synthesis.semantics import (
    ANY_NUMBER,
    milestone_window,
    person_values,
    place_number,
    place_point,
    usual_nulls,
    usual_range,
)
from liftlock_datagen.synthesis.structures import array_generator, fields_generator, multirange_generator, range_generator
from liftlock_datagen.synthesis.subjects import UNLIMITED, Choice, Subject, capacity_of, spread
from liftlock_datagen.synthesis.technical_types import technical_generator
from liftlock_datagen.synthesis.text_columns import choose_text
from liftlock_datagen.vocabulary.words import Vocabularies

_PRODUCTS = re.compile(r".*(product|item|article|attribute|spec).*")


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
    limits = subject.limits
    if limits.allowed is not None:
        return _listed(subject, vocabularies)
    match limits.family:
        case Family.NUMBER:
            return _number(subject, vocabularies)
        case Family.DATE | Family.MOMENT:
            return _point_in_time(subject)
        case Family.TIME | Family.INTERVAL:
            return _short_time(subject)
        case Family.TEXT:
            return choose_text(subject, vocabularies)
        case Family.ENUM | Family.BOOLEAN:
            return _listed(subject, vocabularies)
        case Family.ARRAY | Family.COMPOSITE | Family.RANGE | Family.MULTIRANGE:
            return _structure(subject, vocabularies)
        case _:
            return _of_type(subject, vocabularies)


def _structure(subject: Subject, vocabularies: Vocabularies) -> Generator | Problem:
    match subject.limits.family:
        case Family.RANGE:
            return range_generator(subject.column.type, unique=subject.unique)
        case Family.MULTIRANGE:
            return multirange_generator(subject.column.type, unique=subject.unique)
        case Family.COMPOSITE:
            return fields_generator(subject, lambda part: _of_family(part, vocabularies))
        case _:
            return array_generator(subject, lambda part: _of_family(part, vocabularies))


def _of_type(subject: Subject, vocabularies: Vocabularies) -> Generator | Problem:
    limits, column, unique = subject.limits, subject.column, subject.unique
    match limits.family:
        case Family.JSON:
            return _json(subject)
        case Family.BITS:
            length = min(limits.max_length or 8, 60)
            return Scaled(spread(0, 2**length - 1, unique=unique), Bits(limits.max_length or 8))
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
        case Family.VECTOR:
            return _lexemes(vocabularies, unique=unique)
        case Family.TECHNICAL if column.type.name == "point" and (on_map := place_point(column.name, vocabularies)) is not None:
            return on_map
        case _:
            return technical_generator(column.type.name, vocabularies, unique=unique) or _unsupported(subject)


def _json(subject: Subject) -> Generator:
    if subject.unique:
        return Composed(('{"number": ', Scaled(Serial(1), Whole()), "}"))
    if subject.limits.shape == "array":
        return JsonList()
    return JsonObject(bool(_PRODUCTS.match(f"{subject.table.name} {subject.column.name}")))


def _unsupported(subject: Subject) -> Generator | Problem:
    """A column that may stay empty stays empty; any other is a problem."""
    if not subject.limits.required and not subject.unique:
        return Null()
    return subject.problem(ProblemCode.UNSUPPORTED_TYPE, f"no values are known for type {subject.column.type}")


def _lexemes(vocabularies: Vocabularies, *, unique: bool) -> Generator:
    """Words for full text search; where the row has a text they are taken from it, see coherence."""
    words = [Scaled(Uniform(0, len(vocabularies.lists[name]) - 1), Word(name)) for name in ("color", "material", "thing")]
    return Composed((words[0], " ", words[1], " ", words[2], *((" n", Scaled(Serial(1), Whole())) if unique else ())))


def _listed(subject: Subject, vocabularies: Vocabularies) -> Generator:
    values = subject.limits.choices
    if not subject.unique:
        of_person = person_values(subject.column.name, values, vocabularies)
        if of_person is not None:
            return of_person
        skewed = subject.limits.family is not Family.BOOLEAN
        return Scaled(Uniform(0, len(values) - 1, skewed), Listed(values))
    return Scaled(Serial(0, last=len(values) - 1), Listed(values))


def _number(subject: Subject, vocabularies: Vocabularies) -> Generator:
    limits, form = subject.limits, Whole(subject.limits.scale)
    if subject.unique:
        low = limits.low if limits.bounded_low and limits.low > 0 else max(1, limits.low)
        return Scaled(Serial(low if low <= limits.high else limits.low, subject.step, limits.high), form)
    on_map = place_number(subject.column.name, vocabularies, limits.low / 10**limits.scale, limits.high / 10**limits.scale)
    if limits.scale > 0 and on_map is not None:
        return on_map
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
        return Scaled(Serial(low if low <= limits.high else limits.low, max(subject.step, 1 if day else 60), limits.high), form)
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
        return Scaled(spread(limits.low, limits.high, unique=subject.unique), TimeOfDay(subject.column.type.name == "timetz"))
    high = limits.high if limits.bounded_high else limits.low + 2880
    return Scaled(Serial(limits.low + 1, last=limits.high) if subject.unique else Uniform(limits.low, high), Duration())
