"""Foreign keys that agree with other keys of the row on the columns that they share, or that must have another parent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

from liftlock_datagen.catalog.model import ForeignKey, TableName
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.demands import Different
from liftlock_datagen.synthesis.drafting import Draft
from liftlock_datagen.synthesis.draws import Agreeing, Besides, Even, GroupOf, Matching, MixedIn, Popular, Source
from liftlock_datagen.synthesis.key_designs import FirstNull, FirstOnly, Grouped
from liftlock_datagen.synthesis.links import TableLinks
from liftlock_datagen.synthesis.row_counts import Shares

Drafts = Mapping[TableName, Draft]
EvenLinks = frozenset[tuple[TableName, str]]


@dataclass(frozen=True, slots=True)
class DraftSet:
    """All drafts, and the links (table, foreign key) by which every parent must have its part of the rows."""

    by_name: Drafts
    even: EvenLinks

    def even_links(self, table: TableName) -> frozenset[str]:
        """Those of one table."""
        return frozenset(link for name, link in self.even if name == table)


def avoided_links(draft: Draft) -> dict[str, str]:
    """Link -> another link of the table to the same column of the same parents, whose parent the row must not have, too."""
    drivers = {design.driver for design in draft.keys.designs if isinstance(design, Grouped | FirstOnly | FirstNull)}
    found: dict[str, str] = {}
    for demand in draft.findings.between:
        if not isinstance(demand, Different):
            continue
        steps = [draft.links.of_column(name) for name in (demand.one, demand.other)]
        told = [step for step in steps if step is not None]
        if len(told) < len(steps) or told[0][0] == told[1][0] or told[0][0].target == draft.table.name:
            continue
        if (told[0][0].target, told[0][1]) == (told[1][0].target, told[1][1]):
            first, second = sorted((told[0][0].name, told[1][0].name), key=lambda name: (name not in drivers, name))
            found[second] = first
    return found


def fewest_agreeing(key: ForeignKey, links: TableLinks, rows: Mapping[TableName, int], drafts: Drafts) -> int:
    """How many parents agree with any row on the key's shared columns at least: rows are dealt evenly to where the values come from."""
    told = [key.target_columns[key.columns.index(column)] for column in links.shared[key.name]]
    return max(1, min(_fewest(key.target, column, rows, drafts) for column in told)) if len(told) == 1 else 1


def _fewest(table: TableName, column: str, rows: Mapping[TableName, int], drafts: Drafts) -> int:
    sizes = []
    for step in _chain(table, column, drafts):
        sizes.append(rows[step[0]] // max(1, rows[step[1]]))
    return prod(sizes)


def _chain(table: TableName, column: str, drafts: Drafts) -> list[tuple[TableName, TableName, str]]:
    """The steps from a column to where its values come from: table, parent, link."""
    found: list[tuple[TableName, TableName, str]] = []
    while (step := drafts[table].links.of_column(column)) is not None and (table, step[0].target, step[0].name) not in found:
        found.append((table, step[0].target, step[0].name))
        table, column = step[0].target, step[1]
    return found


def agreed_sources(draft: Draft, sources: Mapping[str, Source], rows: Mapping[TableName, int], even: EvenLinks) -> dict[str, Source]:
    """The sources of the table's links, such that keys which share columns agree, and keys that must differ do."""
    name = draft.table.name
    found = dict(sources)
    for link, other in avoided_links(draft).items():
        if isinstance(found[link], Popular | MixedIn):
            found[link] = Besides(found[link], other)
    for key in draft.links.keys:
        if (name, key.name) in even and isinstance(found[key.name], Popular) and rows[name] >= rows[key.target]:
            found[key.name] = Even(rows[name], rows[key.target])
    matching = {key.name: _matching(draft, key, found[key.name]) for key in draft.links.keys if key.name in draft.links.shared}
    for key in draft.links.keys:
        if key.name in matching:
            found[key.name] = matching[key.name]
        elif _is_asked(draft, key):
            others = tuple(matching.values())
            columns = tuple(zip(key.columns, key.target_columns, strict=True))
            if isinstance(found[key.name], Popular | Even):
                found[key.name] = Agreeing(found[key.name], key.target, rows[key.target], others, columns)
    return found


def even_weights(shares: Shares, drafts: Drafts) -> Shares:
    """Tables whose rows refer to one another by the very same columns get equally many rows."""
    weights = dict(shares.weights)
    for name, draft in drafts.items():
        for key in draft.links.echoes:
            weights[name] = weights[key.target] = max(weights[name], weights[key.target])
    return replace(shares, weights=weights)


def at_least_two(drafts: Drafts, rows: Mapping[TableName, int]) -> dict[TableName, int]:
    """Where a row must have two different parents in one table, that table has two rows."""
    counted = dict(rows)
    for draft in drafts.values():
        avoided = avoided_links(draft)
        for key in draft.links.keys:
            if key.name in avoided:
                counted[key.target] = max(2, counted[key.target])
    return counted


def uneven_echoes(drafts: Drafts, rows: Mapping[TableName, int]) -> list[Problem]:
    """Keys that hold only between equally many rows, where there are not."""
    return [
        Problem(str(name), key.columns[0], ProblemCode.CIRCULAR_KEY, f"its rows and those of {key.target} would have to be equally many")
        for name, draft in drafts.items()
        for key in draft.links.echoes
        if rows[name] != rows[key.target]
    ]


def _is_asked(draft: Draft, key: ForeignKey) -> bool:
    """Whether other keys of the table must agree with what this one fills."""
    told = {column for other in draft.links.keys if other.target != draft.table.name for column in draft.links.shared.get(other.name, ())}
    return bool(told & set(key.columns))


def _matching(draft: Draft, key: ForeignKey, designed: Source) -> Matching:
    shared = tuple(
        (own, target) for own, target in zip(key.columns, key.target_columns, strict=True) if own in draft.links.shared[key.name]
    )
    earlier = key.target == draft.table.name
    required = any(draft.limits[column].required for column in key.columns if column not in draft.links.shared[key.name])
    grouping = designed.grouping if isinstance(designed, MixedIn | GroupOf) else None
    return Matching(key.target, shared, earlier, earlier and required, grouping)


def dealt_evenly(drafts: Drafts) -> EvenLinks:
    """The links on the way from the columns that are shared to where their values come from."""
    found: set[tuple[TableName, str]] = set()
    for draft in drafts.values():
        for key in draft.links.keys:
            for column in draft.links.shared.get(key.name, ()):
                if key.target != draft.table.name:
                    target = key.target_columns[key.columns.index(column)]
                    found |= {(table, link) for table, _, link in _chain(key.target, target, drafts)}
    return frozenset(found)
