"""Turns key designs into sources, once row counts are known; and says how many rows each design allows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import assert_never

from liftlock_datagen.synthesis.differences import Differences
from liftlock_datagen.synthesis.draws import FirstOf, GroupOf, Later, MixedIn, Permuted, PlaceIn, Radix, Source, Spaced, Uniform
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.forms import Bits, Code, Day, Form, Listed, Moment, TimeOfDay, Whole
from liftlock_datagen.synthesis.generators import Generator, Scaled, Span
from liftlock_datagen.synthesis.key_designs import Digits, FirstNull, FirstOnly, Grouped, KeyDesign, SoleColumn, SoleLink
from liftlock_datagen.synthesis.limits import END_OF_TABLES, FIRST_MOMENT, Limits
from liftlock_datagen.synthesis.plan_data import Presences
from liftlock_datagen.synthesis.spreads import Grouping, Piecewise
from liftlock_datagen.synthesis.subjects import UNLIMITED, Choice


@dataclass(frozen=True, slots=True)
class Counts:
    """A table's rows, its parents' rows by link, the links to the table itself, and what its columns hold."""

    rows: int
    parents: Mapping[str, int]
    own: frozenset[str]
    choices: Mapping[str, Choice]
    limits: Mapping[str, Limits]
    differences: Differences
    agreeing: Mapping[str, int] = field(default_factory=dict)  # of a link that must agree with others: how many parents do at least
    even: frozenset[str] = frozenset()  # links by which every parent must have its part of the rows

    def size_of_link(self, link: str) -> int:
        """How many parents there are to choose from; for the table itself as many as there may ever be."""
        return UNLIMITED if link in self.own else self.agreeing.get(link, self.parents[link])


@dataclass(frozen=True, slots=True)
class _Axis:
    """A column as one digit: size values from low on, step apart, in this form. span: how long a range that begins there is, 0 for none."""

    low: int
    size: int
    form: Form
    step: int = 1
    span: int = 0

    def holds(self, digit: PlaceIn | MixedIn | Radix) -> Generator:
        """The column's generator for that digit, which counts from 0."""
        if self.step == 1:
            return Scaled(replace(digit, low=self.low), self.form)
        source = Spaced(digit, self.step, self.low)
        return Span(self.form, self.low, self.low, self.span, source) if self.span else Scaled(source, self.form)

    @property
    def counts(self) -> bool:
        """Whether the values are numbers or days in order, not a list's or moments."""
        return self.step > 1 or isinstance(self.form, Whole | Day)


def design_capacity(design: KeyDesign, counts: Counts) -> int:
    """How many rows the design can tell apart."""
    match design:
        case SoleColumn(column):
            choice = counts.choices.get(column)
            return choice.capacity if choice else UNLIMITED
        case SoleLink(link):
            return counts.size_of_link(link)
        case Grouped(driver, links, columns):
            sizes = [counts.size_of_link(driver), *map(counts.size_of_link, links)]
            return min(UNLIMITED, prod(sizes) * prod(_axis(name, counts).size for name in columns))
        case Digits(columns):
            return min(UNLIMITED, prod(_axis(name, counts).size for name in columns))
        case FirstOnly() | FirstNull():
            return UNLIMITED
        case _:
            assert_never(design)


def designed_links(designs: Sequence[KeyDesign], counts: Counts) -> dict[str, Source]:
    """The source of each link that a design decides."""
    found: dict[str, Source] = {}
    for design in designs:
        match design:
            case SoleLink(link):
                found[link] = Permuted(0, counts.parents[link] - 1)
            case Grouped(driver, links, _):
                grouping = _grouping(driver, designs, counts)
                found[driver] = GroupOf(grouping)
                sizes = [counts.parents[link] for link in links]
                for place, link in enumerate(links):
                    found[link] = MixedIn(grouping, prod(sizes), prod(sizes[:place]), sizes[place])
            case FirstOnly(driver) | FirstNull(driver):
                found[driver] = GroupOf(_grouping(driver, designs, counts))
            case SoleColumn() | Digits():
                pass
            case _:
                assert_never(design)
    return found


def designed_columns(designs: Sequence[KeyDesign], counts: Counts) -> dict[str, Generator]:
    """The generator of each column that a design decides together with others."""
    found: dict[str, Generator] = {}
    for design in designs:
        match design:
            case Grouped(driver, _, (column,)) if _axis(column, counts).counts:
                found[column] = _axis(column, counts).holds(PlaceIn(_grouping(driver, designs, counts), 0))
            case Grouped(driver, _, columns):
                axes = [_axis(column, counts) for column in columns]
                total, grouping = prod(axis.size for axis in axes), _grouping(driver, designs, counts)
                for place, (column, axis) in enumerate(zip(columns, axes, strict=True)):
                    divisor = prod(before.size for before in axes[:place])
                    if axis.size > 1:
                        found[column] = axis.holds(MixedIn(grouping, total, divisor, axis.size))
            case Digits(columns):
                found.update(_digits(columns, counts))
            case FirstOnly(driver, column, value, others):
                source = FirstOf(_grouping(driver, designs, counts), len(others) + 1)
                found[column] = Scaled(source, Listed((value, *others)))
            case FirstNull():
                pass
            case SoleColumn() | SoleLink():
                pass
            case _:
                assert_never(design)
    return found


def _digits(columns: Sequence[str], counts: Counts) -> dict[str, Generator]:
    axes = [_axis(column, counts) for column in columns]
    sizes: list[int] = []
    total = 1
    for axis in axes:
        sizes.append(max(1, min(axis.size, (UNLIMITED // total))))
        total *= sizes[-1]
    label = "key " + " ".join(columns)
    return {
        column: axis.holds(Radix(label, total, prod(sizes[:place]), sizes[place]))
        for place, (column, axis) in enumerate(zip(columns, axes, strict=True))
        if axis.size > 1
    }


def _grouping(driver: str, designs: Sequence[KeyDesign], counts: Counts) -> Grouping:
    """The one grouping of this driver: its groups are as small as the narrowest of its designs needs."""
    caps = [
        prod(counts.agreeing.get(link, counts.parents[link]) for link in design.links)
        * prod(_axis(name, counts).size for name in design.columns)
        for design in designs
        if isinstance(design, Grouped) and design.driver == driver
    ]
    shares = Piecewise((0, counts.parents[driver]), (1 << 32,)) if driver in counts.even else None
    return Grouping(f"group {driver}", counts.rows, counts.parents[driver], min([*caps, counts.rows]), shares)


def slot_ends(counts: Counts, made: Mapping[str, Generator]) -> dict[str, Generator]:
    """The columns that end the slots which other columns begin: after their begin, before the next one's."""
    found: dict[str, Generator] = {}
    for start, end in counts.differences.slots.items():
        begun = made.get(start)
        if end and isinstance(begun, Scaled) and isinstance(begun.source, Spaced):
            limits = counts.limits[end]
            found[end] = Scaled(Later((start,), strict=True, gap=begun.source.step - 2, low=limits.low, high=limits.high), begun.form)
    return found


def first_presences(designs: Sequence[KeyDesign], counts: Counts) -> dict[str, Presences]:
    """Which rows have the columns that only the first of each parent's rows has, or has not."""
    return {
        design.column: Presences("", (not design.null, design.null), FirstOf(_grouping(design.driver, designs, counts), 2))
        for design in designs
        if isinstance(design, FirstNull)
    }


def _axis(name: str, counts: Counts) -> _Axis:
    """The column as a digit. Lists keep their values; numbers and dates count up from where they usually begin."""
    limits = counts.limits[name]
    if name in counts.differences.slots:
        return _slot_axis(name, counts)
    step = counts.differences.steps.get(name, 1)
    match limits.family:
        case Family.NUMBER if limits.allowed is None:
            low = max(1 if limits.high >= 1 else limits.low, limits.low)
            return _Axis(low, (limits.high - low) // step + 1, Whole(limits.scale), step)
        case Family.DATE:
            low = max(FIRST_MOMENT // 86400, limits.low)
            return _Axis(low, (limits.high - low) // step + 1, Day(), step)
        case Family.MOMENT:
            low = max(FIRST_MOMENT, limits.low)
            return _Axis(low, min((limits.high - low) // step + 1, 1 << 30), Moment(), step)
    match counts.choices[name].generator:
        case Scaled(Uniform(low, high), (Listed() | TimeOfDay() | Code() | Bits()) as form):
            return _Axis(low, high - low + 1, form)
        case _:
            return _Axis(0, 1, Listed(("",)))  # it cannot help to tell rows apart, and keeps its own values


def _slot_axis(name: str, counts: Counts) -> _Axis:
    """Slots from the usual beginning to as far as the type goes: as long as usual, or as short as the rows need."""
    limits, end = counts.limits[name], counts.differences.slots[name]
    high = limits.high if not end else min(limits.high, counts.limits[end].high)
    form, first, last, usual = _slots_of(limits, high, counts.choices.get(name))
    step = max(3, min(usual, (last - first) // max(1, counts.rows)))
    return _Axis(first, max(1, min(counts.rows, (last - first) // step)), form, step, 0 if end else step - 1)


def _slots_of(limits: Limits, high: int, choice: Choice | None) -> tuple[Form, int, int, int]:
    """The form of a slot's ends, the first and the last moment or number, and how long a slot usually is."""
    form = choice.generator.form if choice and isinstance(choice.generator, Span) else None
    if limits.family is Family.DATE or isinstance(form, Day):
        return Day(), FIRST_MOMENT // 86400, high if limits.family is Family.DATE else END_OF_TABLES // 86400, 10
    if limits.family is Family.MOMENT or isinstance(form, Moment):
        return Moment(), FIRST_MOMENT, high if limits.family is Family.MOMENT else END_OF_TABLES, 6 * 3600
    whole = Whole(limits.scale) if form is None else form
    return whole, max(0, limits.low), min(high, (1 << 31) - 1) if form is None else (1 << 31) - 1, 100
