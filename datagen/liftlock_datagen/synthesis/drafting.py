"""Decides of each table everything that needs no row counts: limits of columns, designs of keys, generators. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftlock_datagen.catalog.foreign import foreign_partitions
from liftlock_datagen.catalog.model import Catalog, Match, Table, TableName
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.checks import CheckFindings, read_checks
from liftlock_datagen.synthesis.columns import choose
from liftlock_datagen.synthesis.demands import ColumnDemand, Presence
from liftlock_datagen.synthesis.differences import find_differences
from liftlock_datagen.synthesis.expressions import columns_of
from liftlock_datagen.synthesis.generators import Generator
from liftlock_datagen.synthesis.joint import Joint, JointColumns, join_columns
from liftlock_datagen.synthesis.key_designs import KeyDesigns, SoleColumn
from liftlock_datagen.synthesis.keys import KeyColumns, decided_columns, design_keys
from liftlock_datagen.synthesis.limits import Limits, limits_of
from liftlock_datagen.synthesis.links import TableLinks, all_links, circular_problems
from liftlock_datagen.synthesis.partitions import Partitions, planned_tables, read_partitions
from liftlock_datagen.synthesis.pieces_of_keys import must_draw, partition_demands, partition_draws
from liftlock_datagen.synthesis.subjects import Choice, Subject
from liftlock_datagen.vocabulary.words import Vocabularies

Demands = Mapping[tuple[TableName, str], tuple[ColumnDemand, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A table with everything decided that needs no row counts. drawn: the columns that lead to a partition, where they are free."""

    table: Table
    links: TableLinks
    findings: CheckFindings
    limits: dict[str, Limits]
    choices: dict[str, Choice]
    keys: KeyDesigns
    joints: tuple[Joint, ...]
    drawn: Mapping[str, Generator]
    problems: tuple[Problem, ...]


def _demands(schema: Schema, catalog: Catalog) -> Demands:
    """What is demanded of each column. What a foreign key's column demands is demanded of the column that it takes its values from, too."""
    found: dict[tuple[TableName, str], tuple[ColumnDemand, ...]] = defaultdict(tuple)
    links = schema.links
    for table, read in schema.findings.items():
        asked = defaultdict(tuple, read.by_column)
        for demand in partition_demands(schema.partitions[table], _decided_early(catalog.table(table), links[table])):
            asked[demand.column] += (demand,)
        for column, demands in asked.items():
            found[table, column] += demands
            handed_up = tuple(replace(demand, column=column) for demand in demands if not isinstance(demand, Presence))
            step = links[table].of_column(column)
            while step is not None:
                above, name = step[0].target, step[1]
                handed_up = tuple(replace(demand, column=name) for demand in handed_up)
                found[above, name] += handed_up
                step = links[above].of_column(name)
    for read_links in links.values():
        for key in read_links.keys:
            for column in key.target_columns:
                found[key.target, column] += (Presence(column, absent=False),)
    return found


@dataclass(frozen=True, slots=True)
class Schema:
    """A catalog's tables as far as they bear on one another."""

    links: Mapping[TableName, TableLinks]
    findings: Mapping[TableName, CheckFindings]
    partitions: Mapping[TableName, Partitions]


def draft_tables(catalog: Catalog, vocabularies: Vocabularies) -> tuple[Mapping[TableName, Draft], tuple[Problem, ...]]:
    """A draft of each table that rows are made for, and every reason why there can be none."""
    tables = planned_tables(catalog)
    links = all_links(tables)
    findings = {table.name: read_checks(table) for table in tables.tables}
    partitions = {table.name: read_partitions(catalog, catalog.table(table.name)) for table in tables.tables}
    schema = Schema(links, findings, partitions)
    circular = circular_problems(links)
    demands = _demands(schema, tables) if not circular else {}
    drafts = {table.name: _draft(table, schema, demands, vocabularies) for table in tables.tables}
    return drafts, (*foreign_partitions(catalog), *circular, *(problem for draft in drafts.values() for problem in draft.problems))


def _draft(table: Table, schema: Schema, demands: Demands, vocabularies: Vocabularies) -> Draft:
    links, findings, found_partitions = schema.links[table.name], schema.findings[table.name], schema.partitions[table.name]
    written = [column for column in table.columns if not column.generated]
    differences = find_differences(table)
    limits = {}
    for column in written:
        kept = (Presence(column.name, absent=False),) if column.name in differences.required else ()
        limits[column.name] = limits_of(column, (*demands.get((table.name, column.name), ()), *kept))

    def unique_choice(name: str) -> Choice | Problem:
        return choose(Subject(table.name, table.column(name), limits[name], unique=True, step=differences.steps.get(name, 1)), vocabularies)

    tied = frozenset(name for condition in findings.joint for name in columns_of(condition.tree))
    keys = design_keys(differences, KeyColumns(table, links, limits, unique_choice, tied))
    sole = {design.column for design in keys.designs if isinstance(design, SoleColumn)}
    choices, problems = {}, [*links.problems, *findings.problems, *keys.problems, *found_partitions.problems]
    for column in written:
        if links.of_column(column.name) is not None:
            continue
        step = differences.steps.get(column.name, 1)
        found = choose(Subject(table.name, column, limits[column.name], unique=column.name in sole, step=step), vocabularies)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            choices[column.name] = found
    joints, unmet = join_columns(findings.joint, _joint_columns(table, links, limits, choices, keys), vocabularies)
    decided = decided_columns(keys.designs) | {name for joint in joints for name in joint.texts}
    drawn = partition_draws(found_partitions, limits, set(choices) - decided)
    early = _decided_early(table, links)
    if found_partitions.pieces and not drawn and must_draw(found_partitions) and not early & set(found_partitions.columns):
        text = f"what leads to its partitions ({', '.join(found_partitions.columns)}) is decided by keys or checks, too"
        problems.append(Problem(str(table.name), None, ProblemCode.UNPLANNABLE_PARTITION, text))
    return Draft(table, links, findings, limits, choices, keys, joints, drawn, (*problems, *unmet))


def _joint_columns(
    table: Table, links: TableLinks, limits: Mapping[str, Limits], choices: Mapping[str, Choice], keys: KeyDesigns
) -> JointColumns:
    """What may be changed where columns are planned together: all of MATCH FULL are there, and what a key decides stays."""
    whole = {name for key in links.keys if key.match is Match.FULL and len(key.columns) > 1 for name in key.columns}
    known = {name: replace(found, required=found.required or name in whole) for name, found in limits.items()}
    return JointColumns(table, known, choices, decided_columns(keys.designs))


def _decided_early(table: Table, links: TableLinks) -> frozenset[str]:
    """Columns whose values come from parents, or must tell a parent's rows apart."""
    linked = frozenset(name for key in links.keys for name in key.columns)
    told = [(difference.columns - linked, not difference.columns & linked) for difference in find_differences(table).all]
    return linked.union(
        *(names for names, alone in told if len(names) == 1 or not any(_differs_anyway(table, name, alone=alone) for name in names))
    )


def _differs_anyway(table: Table, name: str, *, alone: bool) -> bool:
    """Whether a key makes this column differ by itself and leaves its others free. alone: no foreign key is in the key."""
    column = table.column(name)
    counts = alone and column.type.name in {"int4", "int8"}
    return counts or bool(column.sequence or column.identity) or column.type.name == "uuid"
