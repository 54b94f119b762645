"""Gives a planned table the shape that a profile says: NULLs, value distributions, how many values differ, fan-out, widths. Pure.

What a key, a CHECK between columns or another column decides stays as planned, so that a shaped plan keeps every promise of the plain one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.profile.model import ColumnProfile, Histogram, Profile, TableProfile, Unit
from liftlock_datagen.synthesis.draws import GroupOf, Later, Milestone, Popular, Uniform
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.forms import Day, Listed, Moment, Whole, Word
from liftlock_datagen.synthesis.generators import (
    Binary,
    Generator,
    JsonList,
    JsonObject,
    Pattern,
    Prose,
    Reference,
    Repeated,
    Scaled,
    Title,
    Uuid,
)
from liftlock_datagen.synthesis.limits import Limits, units_of
from liftlock_datagen.synthesis.pieces import covering, of_bounds, of_ranks, of_shares
from liftlock_datagen.synthesis.plan_data import ColumnPlan, Link, LoadPlan, TablePlan
from liftlock_datagen.synthesis.regrouping import regrouped
from liftlock_datagen.synthesis.sampling import sample_texts
from liftlock_datagen.synthesis.spreads import Grouping, Piecewise
from liftlock_datagen.synthesis.text_columns import fits
from liftlock_datagen.vocabulary.words import Vocabularies

_DAY = 86400
_COIN = 65536
_MOST_SENTENCES = 40


@dataclass(frozen=True, slots=True)
class Room:
    """What a shape must leave alone. limits: of each written column. fixed: columns that keys or other columns decide.

    link_columns: the columns of each foreign key.
    """

    limits: Mapping[str, Limits]
    fixed: frozenset[str]
    link_columns: Mapping[str, tuple[str, ...]]


def shape_plan(plan: LoadPlan, rooms: Mapping[TableName, Room], profile: Profile, vocabularies: Vocabularies) -> LoadPlan:
    """The plan in the profile's shape. Tables and columns that the profile does not know stay as they are."""
    tables = []
    for table in plan.tables:
        shape = profile.tables.get(table.name)
        tables.append(table if shape is None else _Shaper(table, rooms[table.name], shape, profile, plan, vocabularies).shaped())
    return replace(plan, tables=tuple(tables))


class _Shaper:
    """One table."""

    def __init__(
        self, table: TablePlan, room: Room, shape: TableProfile, profile: Profile, plan: LoadPlan, vocabularies: Vocabularies
    ) -> None:
        self._table, self._room, self._shape, self._profile, self._plan = table, room, shape, profile, plan
        self._vocabularies = vocabularies
        self._base = self._shared_moments()

    def shaped(self) -> TablePlan:
        links = tuple(self._link(link) for link in self._table.links)
        groupings = dict(found for link in self._table.links if (found := self._grouping(link)))
        columns = [regrouped(self._column(column), groupings) for column in self._table.columns]
        links = tuple(regrouped(link, groupings) for link in links)
        return replace(self._table, columns=tuple(columns), links=links)

    # --- links ------------------------------------------------------------------------------------------------------------------------

    def _fan(self, link: Link, parents: int) -> Piecewise | None:
        """How often each parent is referred to: by that column of the key which tells the most parents apart."""
        shapes = [self._shape.columns[name] for name in self._room.link_columns[link.name] if name in self._shape.columns]
        above = self._profile.tables.get(link.parent)
        if not shapes or not self._shape.rows or above is None or not above.rows:
            return None
        widest = max(shapes, key=lambda shape: shape.distinct_of(self._shape.rows or 0))
        used = min(widest.distinct_of(self._shape.rows), above.rows)
        return of_ranks(widest, used, max(1, min(parents, round(used / above.rows * parents))))

    def _link(self, link: Link) -> Link:
        match link.source:
            case Popular(parents):
                fan = self._fan(link, parents)
                return replace(link, source=Popular(parents, fan and covering(fan, self._table.rows)))
        return link

    def _grouping(self, link: Link) -> tuple[Grouping, Grouping] | None:
        """The link's grouping as it was planned and in the profile's shape."""
        match link.source:
            case GroupOf(grouping):
                fan = self._fan(link, grouping.parents)
                if fan is not None and fan.bounds[-1] < grouping.parents:  # the others have no rows
                    fan = Piecewise((*fan.bounds, grouping.parents), (*fan.ends, fan.ends[-1]))
                return grouping, replace(grouping, shares=fan)
        return None

    # --- columns ----------------------------------------------------------------------------------------------------------------------

    def _column(self, plan: ColumnPlan) -> ColumnPlan:
        shape = self._shape.columns.get(plan.name)
        if shape is None:
            return plan
        if plan.nulls:
            plan = replace(plan, nulls=self._nulls(plan, shape))
        match plan.generator:
            case Scaled(Milestone(early=early)) if early >= 0:  # their order stays, as all of a row's move together
                return replace(plan, generator=self._milestone(plan.generator))
            case Reference():
                return plan
        if plan.name in self._room.fixed:
            return plan
        return replace(plan, generator=self._generator(plan, shape))

    def _nulls(self, plan: ColumnPlan, shape: ColumnProfile) -> int:
        """The columns of one link are NULL together, as often as the one that is it most often."""
        names = self._room.link_columns.get(plan.generator.link, ()) if isinstance(plan.generator, Reference) else ()
        shares = [self._shape.columns[name].nulls for name in names if name in self._shape.columns]
        return min(_COIN, round(max([shape.nulls, *shares]) * _COIN))

    def _generator(self, plan: ColumnPlan, shape: ColumnProfile) -> Generator:
        limits, generator = self._room.limits[plan.name], plan.generator
        if shape.values:
            return self._of_values(generator, shape, limits)
        match generator:
            case Scaled(Uniform() | Milestone(), (Whole() | Day() | Moment()) as form) if shape.histogram is not None:
                pieces = of_bounds(_in_units(shape.histogram, form), shape.histogram.masses, limits.low, limits.high)
                return Scaled(pieces, form) if pieces else generator
            case Scaled(Uniform(0, high), (Word() | Listed()) as form) if not generator.shared:
                pieces = self._ranks(shape, high + 1)
                return Scaled(covering(pieces, self._table.rows), form) if pieces else generator
        return self._repeated(self._wide(generator, shape, limits), shape)

    def _distinct(self, shape: ColumnProfile) -> float:
        """How many values differ among the rows that are made; a number of its own does not grow with the rows."""
        return shape.distinct_of(self._table.rows)

    def _ranks(self, shape: ColumnProfile, most: int) -> Piecewise | None:
        distinct = self._distinct(shape)
        return of_ranks(shape, distinct, min(most, round(distinct))) if shape.frequencies or distinct < most else None

    def _repeated(self, generator: Generator, shape: ColumnProfile) -> Generator:
        """Values of which each comes as often as the profile says, where clearly fewer differ than there are rows."""
        distinct = self._distinct(shape)
        if not isinstance(generator, Prose | Title | JsonObject | JsonList | Binary | Uuid | Pattern) or distinct > self._table.rows / 2:
            return generator
        pieces = self._ranks(shape, max(1, round(distinct)))
        return Repeated(generator, covering(pieces, self._table.rows)) if pieces and not getattr(generator, "unique", False) else generator

    def _wide(self, generator: Generator, shape: ColumnProfile, limits: Limits) -> Generator:
        """Running text of about the profile's width."""
        if not isinstance(generator, Prose | Title) or limits.family is not Family.TEXT or not shape.width:
            return generator
        one = Prose("opinion", 1)
        sentence = _mean(one, self._vocabularies)
        if shape.width < sentence * 0.75:
            title = generator if isinstance(generator, Title) else Title(3, " ", unique=False)
            candidates: list[Generator] = [replace(title, words=words) for words in (1, 2, 3)]
        else:
            most = max(1, min(_MOST_SENTENCES, round(2 * shape.width / sentence) - 1))
            candidates = [generator, *(replace(one, most=count) for count in sorted({1, most}))]
        fitting = [candidate for candidate in candidates if fits(candidate, limits, self._vocabularies)]
        return min(fitting, key=lambda found: abs(_mean(found, self._vocabularies) - shape.width), default=generator)

    def _of_values(self, generator: Generator, shape: ColumnProfile, limits: Limits) -> Generator:
        shares = dict(shape.values)
        if limits.family is Family.BOOLEAN:
            shares = {{"t": "true", "f": "false"}.get(value, value): share for value, share in shares.items()}
        match generator:
            case Scaled(Uniform(), Listed(values)) if limits.allowed is not None:
                pieces = of_shares([shares.get(value, 0.0) for value in values])
                return Scaled(pieces, Listed(values)) if pieces else generator
        allowed = tuple(value for value in shares if _is_allowed(value, limits))
        pieces = of_shares([shares[value] for value in allowed])
        listed = Scaled(pieces, Listed(allowed)) if pieces else generator
        simple = limits.family in {Family.TEXT, Family.NUMBER} and limits.allowed is None
        return listed if simple and (limits.family is Family.NUMBER or fits(listed, limits, self._vocabularies)) else generator

    # --- times ------------------------------------------------------------------------------------------------------------------------

    def _shared_moments(self) -> tuple[int, int, Piecewise] | None:
        """How the moments that a row's milestones share are spread: as the earliest milestone of which a histogram is known, shifted back,
        within what the limits of all milestones leave."""
        generators = [(column.name, column.generator) for column in self._table.columns]
        sources = [(name, generator.source) for name, generator in generators if isinstance(generator, Scaled)]
        found = [(name, source) for name, source in sources if isinstance(source, Milestone) and source.early >= 0]
        if any(isinstance(source, Later) for _, source in sources):
            return None  # a column follows others within a room that was measured for the usual moments
        known = [(source, histogram) for name, source in found if (histogram := self._histogram(name)) is not None]
        if not known:
            return None
        source, histogram = min(known, key=lambda pair: pair[0].early)
        factor = _DAY if histogram.unit is Unit.DAY else 1
        low = max(self._room.limits[name].low * milestone.unit for name, milestone in found)
        high = min((self._room.limits[name].high + 1) * milestone.unit - 1 - milestone.late for name, milestone in found)
        middle = (source.early + source.late) // 2
        if low > high:
            return None
        pieces = of_bounds([bound * factor - middle for bound in histogram.bounds], histogram.masses, low, high)
        return (pieces.bounds[0], pieces.bounds[-1] - 1, pieces) if pieces else None

    def _histogram(self, name: str) -> Histogram | None:
        shape = self._shape.columns.get(name)
        return shape.histogram if shape else None

    def _milestone(self, generator: Scaled) -> Generator:
        if self._base is None or not isinstance(generator.source, Milestone):
            return generator
        first, last, pieces = self._base
        return replace(generator, source=replace(generator.source, first=first, last=last, shares=pieces))


def _in_units(histogram: Histogram, form: Whole | Day | Moment) -> list[float]:
    """The bounds as numbers of the form's units."""
    match form, histogram.unit:
        case Whole(scale), Unit.NUMBER:
            return [bound * float(10**scale) for bound in histogram.bounds]
        case Day(), Unit.MOMENT:
            return [bound / _DAY for bound in histogram.bounds]
        case Moment(), Unit.DAY:
            return [bound * _DAY for bound in histogram.bounds]
    return list(histogram.bounds)


def _is_allowed(value: str, limits: Limits) -> bool:
    if value in limits.excluded:
        return False
    if limits.family is not Family.NUMBER:
        return True
    units = units_of(limits, value, lower=True)
    return units is not None and limits.low <= units <= limits.high


def _mean(generator: Generator, vocabularies: Vocabularies) -> float:
    texts = sample_texts(generator, vocabularies).texts
    return sum(len(text.encode()) for text in texts) / max(1, len(texts))
