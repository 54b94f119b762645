"""Turns key designs into sources, once row counts are known; and says how many rows each design allows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import assert_never

from liftlock_datagen.synthesis.draws import FirstOf, Grouping, GroupOf, MixedIn, Permuted, PlaceIn, Radix, Source, Uniform
from liftlock_datagen.synthesis.generators import Bits, Code, Day, Form, Generator, Listed, Moment, Scaled, TimeOfDay, Whole
from liftlock_datagen.synthesis.keys import Digits, FirstOnly, Grouped, KeyDesign, SoleColumn, SoleLink
from liftlock_datagen.synthesis.limits import FIRST_MOMENT, Family, Limits
from liftlock_datagen.synthesis.subjects import UNLIMITED, Choice


@dataclass(frozen=True, slots=True)
class Counts:
    """A table's rows, its parents' rows by link, the links to the table itself, and what its columns hold."""

    rows: int
    parents: Mapping[str, int]
    own: frozenset[str]
    choices: Mapping[str, Choice]
    limits: Mapping[str, Limits]

    def size_of_link(self, link: str) -> int:
        """How many parents there are; for the table itself as many as there may ever be."""
        return UNLIMITED if link in self.own else self.parents[link]


@dataclass(frozen=True, slots=True)
class _Axis:
    """A column as one digit: low … low + size - 1 in this form."""

    low: int
    size: int
    form: Form


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
        case FirstOnly():
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
            case FirstOnly(driver, _, _):
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
            case Grouped(driver, _, (column,)) if not _is_list(_axis(column, counts).form):
                axis = _axis(column, counts)
                found[column] = Scaled(PlaceIn(_grouping(driver, designs, counts), axis.low), axis.form)
            case Grouped(driver, _, columns):
                axes = [_axis(column, counts) for column in columns]
                total, grouping = prod(axis.size for axis in axes), _grouping(driver, designs, counts)
                for place, (column, axis) in enumerate(zip(columns, axes, strict=True)):
                    divisor = prod(before.size for before in axes[:place])
                    if axis.size > 1:
                        found[column] = Scaled(MixedIn(grouping, total, divisor, axis.size, axis.low), axis.form)
            case Digits(columns):
                found.update(_digits(columns, counts))
            case FirstOnly(driver, column, value):
                others = [other for other in counts.limits[column].choices if other != value]
                source = FirstOf(_grouping(driver, designs, counts), len(others) + 1)
                found[column] = Scaled(source, Listed((value, *others)))
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
        column: Scaled(Radix(label, total, prod(sizes[:place]), sizes[place], axis.low), axis.form)
        for place, (column, axis) in enumerate(zip(columns, axes, strict=True))
        if axis.size > 1
    }


def _grouping(driver: str, designs: Sequence[KeyDesign], counts: Counts) -> Grouping:
    """The one grouping of this driver: its groups are as small as the narrowest of its designs needs."""
    caps = [
        prod(counts.parents[link] for link in design.links) * prod(_axis(name, counts).size for name in design.columns)
        for design in designs
        if isinstance(design, Grouped) and design.driver == driver
    ]
    return Grouping(f"group {driver}", counts.rows, counts.parents[driver], min([*caps, counts.rows]))


def _is_list(form: Form) -> bool:
    return not isinstance(form, Whole | Day)


def _axis(name: str, counts: Counts) -> _Axis:
    """The column as a digit. Lists keep their values; numbers and dates count up from where they usually begin."""
    limits, generator = counts.limits[name], counts.choices[name].generator
    match limits.family:
        case Family.NUMBER if limits.allowed is None:
            low = max(1 if limits.high >= 1 else limits.low, limits.low)
            return _Axis(low, limits.high - low + 1, Whole(limits.scale))
        case Family.DATE:
            low = max(FIRST_MOMENT // 86400, limits.low)
            return _Axis(low, limits.high - low + 1, Day())
        case Family.MOMENT:
            low = max(FIRST_MOMENT, limits.low)
            return _Axis(low, min(limits.high - low + 1, 1 << 30), Moment())
    match generator:
        case Scaled(Uniform(low, high), (Listed() | TimeOfDay() | Code() | Bits()) as form):
            return _Axis(low, high - low + 1, form)
        case _:
            return _Axis(0, 1, Listed(("",)))  # it cannot help to tell rows apart, and keeps its own values
