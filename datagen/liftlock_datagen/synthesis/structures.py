"""Generators for values that are made of values: arrays, ranges, multiranges. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import replace

from liftlock_datagen.catalog.model import Check, Column, ColumnType, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.checks import read_checks
from liftlock_datagen.synthesis.draws import Serial, Uniform
from liftlock_datagen.synthesis.families import Family, family_of
from liftlock_datagen.synthesis.forms import Code, Day, Duration, Form, Listed, Moment, TimeOfDay, Whole
from liftlock_datagen.synthesis.generators import ArrayOf, Fields, Generator, Null, Scaled, Span, Spans
from liftlock_datagen.synthesis.limits import FIRST_MOMENT, LAST_MOMENT, limits_of
from liftlock_datagen.synthesis.subjects import Subject, capacity_of

Inner = Callable[[Subject], Generator | Problem]
_DAY = 86400
_LATEST_START = 1 << 40
_BUILT_IN = {"int4": "int4", "int8": "int8", "num": "numeric", "date": "date", "ts": "timestamp", "tstz": "timestamptz"}


def array_generator(subject: Subject, inner: Inner) -> Generator | Problem:
    """An array of the element's values; where it must be unique, of one that is."""
    element = subject.column.type.element
    if element is None:
        return subject.problem(ProblemCode.UNSUPPORTED_TYPE, f"no values are known for {subject.column.type}")
    found = inner(_part(subject, Column(subject.column.name, element, nullable=False), unique=subject.unique))
    if isinstance(found, Problem):
        return replace(found, text=f"no values are known for {subject.column.type}: {found.text}")
    if isinstance(found, Null):
        return Scaled(Uniform(0, 0), Listed(("{}",)))
    separator = ";" if element.name == "box" else ","
    least, most = (1, 1) if subject.unique else (int(subject.limits.required), 3)
    return ArrayOf(found, least, most, separator)


def fields_generator(subject: Subject, inner: Inner) -> Generator | Problem:
    """A composite value of all its attributes' values; where it must be unique, one attribute is. What is not known stays empty."""
    attributes = subject.column.type.attributes
    found = {part.name: inner(_part(subject, Column(part.name, part.type, part.nullable), unique=False)) for part in attributes}
    if subject.unique:
        alone = {part.name: inner(_part(subject, Column(part.name, part.type, nullable=False), unique=True)) for part in attributes}
        sizes = {name: capacity_of(made) for name, made in alone.items() if not isinstance(made, Problem)}
        best = max(sizes, key=lambda name: sizes[name], default=None)
        found |= {name: made for name, made in alone.items() if name == best}
    for part in attributes:
        made = found[part.name]
        if isinstance(made, Problem) and not part.nullable:
            return replace(made, column=subject.column.name, text=f"{part.name} of {subject.column.type}: {made.text}")
    return Fields(tuple((name, Null() if isinstance(made, Problem) else made) for name, made in found.items()))


def _part(subject: Subject, column: Column, *, unique: bool) -> Subject:
    """A part of the column's values as a column of its own, under the checks of its domains."""
    name = '"' + column.name.replace('"', '""') + '"'
    checks = tuple(Check(f"domain {column.type.domain}", re.sub(r"\bVALUE\b", lambda _: name, text)) for text in column.type.checks)
    demands = read_checks(Table(subject.table, (column,), checks=checks)).by_column.get(column.name, ())
    return Subject(subject.table, column, limits_of(column, demands), unique)


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
    if kind.subtype is not None:
        return kind.subtype
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
