"""Generators for values that are made of values: arrays, ranges, multiranges. Pure."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import replace

from liftlock_datagen.catalog.model import Column, ColumnType
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.draws import Serial, Uniform
from liftlock_datagen.synthesis.generators import (
    ArrayOf,
    Code,
    Day,
    Duration,
    Form,
    Generator,
    Listed,
    Moment,
    Null,
    Scaled,
    Span,
    Spans,
    TimeOfDay,
    Whole,
)
from liftlock_datagen.synthesis.limits import FIRST_MOMENT, LAST_MOMENT, Family, family_of, limits_of
from liftlock_datagen.synthesis.subjects import Subject

Inner = Callable[[Subject], Generator | Problem]
_DAY = 86400
_LATEST_START = 1 << 40
_BUILT_IN = {"int4": "int4", "int8": "int8", "num": "numeric", "date": "date", "ts": "timestamp", "tstz": "timestamptz"}


def array_generator(subject: Subject, inner: Inner) -> Generator | Problem:
    """An array of the element's values; where it must be unique, of one that is."""
    element = subject.column.type.element
    if element is None:
        return subject.problem(ProblemCode.UNSUPPORTED_TYPE, f"no values are known for {subject.column.type}")
    found = inner(element_subject(subject, Column(subject.column.name, element, nullable=False), unique=subject.unique))
    if isinstance(found, Problem):
        return replace(found, text=f"no values are known for {subject.column.type}: {found.text}")
    if isinstance(found, Null):
        return Scaled(Uniform(0, 0), Listed(("{}",)))
    return ArrayOf(found, 1, 1) if subject.unique else ArrayOf(found, 1 if subject.limits.required else 0, 3)


def element_subject(subject: Subject, column: Column, *, unique: bool) -> Subject:
    """A part of the column's values as a column of its own."""
    return Subject(subject.table, column, limits_of(column, ()), unique)


def range_generator(kind: ColumnType, *, unique: bool) -> Generator:
    """A range over the subtype; one whose values are not known here is always empty."""
    span = _span(_subtype(kind))
    if span is None:
        return Scaled(Uniform(0, 0), Listed(("empty",)))
    return _distinct(span) if unique else span


def multirange_generator(kind: ColumnType, *, unique: bool) -> Generator:
    """Two ranges over the subtype, apart from one another."""
    span = _span(_subtype(kind))
    if span is None:
        return Scaled(Uniform(0, 0), Listed(("{}",)))
    return Spans(_distinct(span) if unique else span)


def _distinct(span: Span) -> Span:
    return replace(span, source=Serial(span.low, last=span.high))


def _subtype(kind: ColumnType) -> ColumnType:
    return ColumnType(_BUILT_IN.get(kind.name.removesuffix("multirange").removesuffix("range"), kind.name))


def _span(subtype: ColumnType) -> Span | None:
    form: Form
    match family_of(subtype):
        case Family.DATE:
            return Span(Day(), FIRST_MOMENT // _DAY, LAST_MOMENT // _DAY, 60)
        case Family.MOMENT:
            return Span(Moment(), FIRST_MOMENT, LAST_MOMENT, _DAY * 7)
        case Family.NUMBER:
            limits = limits_of(Column("", subtype), ())
            form = Whole(limits.scale)
            return Span(form, 0, min(100000, limits.high // 2), max(1, min(1000, limits.high // 8)))
        case Family.TIME:
            return Span(TimeOfDay(subtype.name == "timetz"), 0, 40000, 15000)
        case Family.INTERVAL:
            return Span(Duration(), 0, 100000, 1000)
        case Family.TEXT if not subtype.length or subtype.length >= 5:
            return Span(Code("", string.ascii_lowercase, 5), 0, 26**5 - 2000, 600)
        case _:
            return None
