"""Plans a load: catalog + total rows + seed -> what every column of every table gets, or every reason why not. Pure.

Nothing is tried and repaired later: keys differ by construction, references point to rows that exist, checks are met by the choice of
values. What cannot be planned is a problem with a stable code and its table and column; all of them are reported at once, before any write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock_datagen.catalog.model import Catalog, Column, ForeignKey, Match, TableName
from liftlock_datagen.errors import PlanError, Problem, ProblemCode
from liftlock_datagen.profile.model import Profile
from liftlock_datagen.synthesis.agreeing import (
    DraftSet,
    agreed_sources,
    at_least_two,
    avoided_links,
    dealt_evenly,
    even_weights,
    fewest_agreeing,
    uneven_echoes,
)
from liftlock_datagen.synthesis.coherence import cohere
from liftlock_datagen.synthesis.demands import Different, Ordered
from liftlock_datagen.synthesis.designs import Counts, design_capacity, designed_columns, designed_links, first_presences, slot_ends
from liftlock_datagen.synthesis.drafting import Draft, draft_tables
from liftlock_datagen.synthesis.draws import Earlier, Popular, Source, Uniform
from liftlock_datagen.synthesis.forms import Listed
from liftlock_datagen.synthesis.generators import Null, Reference, Scaled
from liftlock_datagen.synthesis.joint import Joint
from liftlock_datagen.synthesis.key_designs import SoleColumn
from liftlock_datagen.synthesis.links import TableLinks, load_order
from liftlock_datagen.synthesis.orders import order_columns
from liftlock_datagen.synthesis.plan_data import ColumnPlan, Link, LoadPlan, Presences, TablePlan
from liftlock_datagen.synthesis.row_counts import Shares, count_rows, profiled_shares, share_rows
from liftlock_datagen.synthesis.semantics import usual_nulls
from liftlock_datagen.synthesis.shaping import Room, shape_plan
from liftlock_datagen.synthesis.subjects import UNLIMITED
from liftlock_datagen.vocabulary.words import Vocabularies

MOST_ROWS = (1 << 31) - 1


def plan_load(
    catalog: Catalog,
    vocabularies: Vocabularies,
    *,
    rows: int,
    seed: int,
    profile: Profile | None = None,
    counts: Mapping[TableName, int] | None = None,
) -> LoadPlan:
    """The plan for at least `rows` rows over all tables; PlanError with every problem where there is none.

    profile: the shape that the rows are given. counts: tables whose rows are said; the others share the rest of `rows`.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise PlanError([Problem("all tables", None, ProblemCode.ROWS_OUT_OF_RANGE, f"{rows} rows asked; 1 to {MOST_ROWS} can be made")])
    drafts, problems = draft_tables(catalog, vocabularies)
    if problems:
        raise PlanError(problems)
    if not drafts:
        return LoadPlan(seed, rows, (), catalog.digest, vocabularies.digest)
    links = {name: draft.links for name, draft in drafts.items()}
    usual = even_weights(share_rows([draft.table for draft in drafts.values()], links, load_order(links)), drafts)
    known = {name: table.rows for name, table in profile.tables.items() if table.rows is not None} if profile else {}
    shares = replace(profiled_shares(usual, known), fixed=counts or {})
    known_drafts = DraftSet(drafts, dealt_evenly(drafts))
    counted = at_least_two(drafts, _count(known_drafts, links, rows, shares))
    order = [name for group in load_order(links) for name in group]
    planned = [_plan_table(drafts[name], counted, known_drafts) for name in order]
    unmet = [*uneven_echoes(drafts, counted), *(problem for _, found in planned for problem in found)]
    if unmet:
        raise PlanError(unmet)
    plan = LoadPlan(seed, rows, tuple(table for table, _ in planned), catalog.digest, vocabularies.digest)
    rooms = {name: _room(draft) for name, draft in drafts.items()}
    shaped = shape_plan(plan, rooms, profile, vocabularies) if profile else plan
    return cohere(shaped, rooms)


def _room(draft: Draft) -> Room:
    """What a profile's shape must leave as it is planned."""
    differences = draft.keys.differences
    in_keys = {part.column for index in draft.table.indexes if index.unique for part in index.parts if part.column}
    in_keys |= {name for difference in differences.all for name in difference.columns}
    in_keys |= {*differences.slots, *differences.slots.values()}
    compared = {name for demand in draft.findings.between for name in _compared(demand)}
    joined = {name for joint in draft.joints for name in (*joint.texts, *joint.present)}
    return Room(
        draft.limits, frozenset(in_keys | compared | joined | set(draft.drawn)), {key.name: key.columns for key in draft.links.keys}
    )


def _compared(demand: Ordered | Different) -> tuple[str, str]:
    match demand:
        case Ordered(lesser, greater):
            return lesser, greater
        case Different(one, other):
            return one, other


def _count(drafts: DraftSet, links: Mapping[TableName, TableLinks], total: int, shares: Shares) -> Mapping[TableName, int]:
    order = load_order(links)

    def cap(name: TableName, rows: Mapping[TableName, int]) -> int:
        draft = drafts.by_name[name]
        counts = _counts(draft, rows, drafts)
        caps = [design_capacity(design, counts) for design in draft.keys.designs]
        return min(caps, default=UNLIMITED)

    counts, full = count_rows(shares, order, total, cap)
    if sum(counts.values()) >= total:
        return counts
    text = f"its keys allow {{}} rows, and all tables together {sum(counts.values())}, but {total} are asked"
    raise PlanError(
        [
            Problem(
                str(name), _narrowest(drafts.by_name[name], counts, drafts), ProblemCode.UNIQUE_DOMAIN_TOO_SMALL, text.format(counts[name])
            )
            for name in sorted(full)
        ]
    )


def _counts(draft: Draft, rows: Mapping[TableName, int], drafts: DraftSet) -> Counts:
    avoided = avoided_links(draft)
    parents = {key.name: max(1, rows[key.target] - (key.name in avoided)) for key in draft.links.keys}
    agreeing = {
        key.name: fewest_agreeing(key, draft.links, rows, drafts.by_name) for key in draft.links.keys if key.name in draft.links.shared
    }
    own = frozenset(key.name for key in draft.links.keys if key.target == draft.table.name)
    return Counts(
        rows[draft.table.name],
        parents,
        own,
        draft.choices,
        draft.limits,
        draft.keys.differences,
        agreeing,
        drafts.even_links(draft.table.name),
    )


def _narrowest(draft: Draft, rows: Mapping[TableName, int], drafts: DraftSet) -> str | None:
    """The column of the key that allows the fewest rows."""
    counts = _counts(draft, rows, drafts)
    tight = min(draft.keys.designs, key=lambda design: design_capacity(design, counts), default=None)
    return tight.column if isinstance(tight, SoleColumn) else None


# --- with row counts ------------------------------------------------------------------------------------------------------------------


def _plan_table(draft: Draft, rows: Mapping[TableName, int], drafts: DraftSet) -> tuple[TablePlan, list[Problem]]:
    counts = _counts(draft, rows, drafts)
    linked, made = designed_links(draft.keys.designs, counts), designed_columns(draft.keys.designs, counts)
    made |= slot_ends(counts, made) | dict(draft.drawn)
    presences = first_presences(draft.keys.designs, counts)
    sources = {key.name: linked.get(key.name) or _free_source(draft, key.name, rows) for key in draft.links.keys}
    sources = agreed_sources(draft, sources, rows, drafts.even)
    links = tuple(Link(key.name, key.target, sources[key.name]) for key in draft.links.keys)
    columns = []
    for column in draft.table.columns:
        reference = draft.links.of_column(column.name)
        if column.generated:
            continue
        if reference is not None:
            columns.append(_reference_plan(draft, column, *reference, fixed=reference[0].name in linked))
        else:
            choice = draft.choices[column.name]
            kept = 0 if column.name in made else choice.nulls
            kept = 0 if column.name in presences else kept
            columns.append(ColumnPlan(column.name, made.get(column.name) or choice.generator, kept, present=presences.get(column.name)))
    columns = [_joined(plan, draft.joints) for plan in columns]
    ordered, unmet = order_columns(draft.table, columns, draft.findings.between, draft.limits, links)
    return TablePlan(draft.table.name, rows[draft.table.name], ordered, links), list(unmet)


def _joined(plan: ColumnPlan, joints: Sequence[Joint]) -> ColumnPlan:
    """The column as its combination decides it."""
    for joint in joints:
        if plan.name in joint.texts:
            plan = ColumnPlan(plan.name, Scaled(Uniform(0, joint.size - 1), Listed(joint.texts[plan.name]), joint.label))
        if plan.name in joint.present:
            plan = replace(plan, nulls=0, present=Presences(joint.label, joint.present[plan.name], Uniform(0, joint.size - 1)))
    return plan


def _free_source(draft: Draft, name: str, rows: Mapping[TableName, int]) -> Source:
    key = next(key for key in draft.links.keys if key.name == name)
    if key.target == draft.table.name:
        needed = {name for joint in draft.joints for name in joint.present}
        return Earlier(own_root=any(draft.limits[column].required or column in needed for column in key.columns))
    return Popular(max(1, rows[key.target] - (key.name in avoided_links(draft))))


def _reference_plan(draft: Draft, column: Column, key: ForeignKey, target: str, *, fixed: bool) -> ColumnPlan:
    """A column of a foreign key. fixed: its parents are decided by a unique key, so that it is never NULL."""
    limits = draft.limits[column.name]
    if limits.absent and not limits.required:
        return ColumnPlan(column.name, Null())
    nullable = [name for name in key.columns if not draft.limits[name].required]
    droppable = not fixed and not limits.required and (key.match is Match.SIMPLE or len(nullable) == len(key.columns))
    nulls = min(usual_nulls(key.columns[0]), 12000) if droppable else 0
    return ColumnPlan(column.name, Reference(key.name, key.target, target), nulls, f"link {key.name}")
