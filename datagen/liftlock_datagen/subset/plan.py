"""Plans a subset: catalog + classification -> which tables, which references, where it begins; or every reason why not. Pure.

Rows are reached in two ways. What a row refers to comes along always, so that no reference of the subset is broken. What refers to a row
comes along only from roots and from rows that came along as such children: a product that an order line needs does not bring all its other
order lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, Column, Table, TableName
from liftlock_datagen.errors import Problem, ProblemCode, SpecPlanError
from liftlock_datagen.spec.model import DataSpec, SubsetRoot, SubsetSpec, VirtualReference
from liftlock_datagen.subset.conditions import condition_fault

# Types of one line are compared as they are, whatever side they are on; others as text.
_ALIKE = (frozenset({"int2", "int4", "int8", "numeric"}), frozenset({"text", "varchar", "bpchar", "citext", "name"}))


@dataclass(frozen=True, slots=True)
class Stored:
    """A table that stores rows. within: it and the partitioned tables above it. key: its primary key; without one all columns."""

    number: int
    name: TableName
    within: tuple[TableName, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """columns[i] of child refers to parent_columns[i] of parent. as_text[i]: their types differ, so they are compared as text.

    when: columns of the child and the values for which it holds. declared: the database has it, so it leads to one row.
    limit: how many children of one parent come along; None is all.
    """

    number: int
    name: str
    child: TableName
    columns: tuple[str, ...]
    parent: TableName
    parent_columns: tuple[str, ...]
    as_text: tuple[bool, ...]
    when: tuple[tuple[str, str], ...] = ()
    declared: bool = True
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SubsetPlan:
    """What is followed, from where. partitioned: tables whose rows are in their partitions. whole: stored tables that are taken whole.

    search_path: where the operators of the extensions' types are found.
    """

    tables: tuple[Stored, ...]
    references: tuple[Reference, ...]
    roots: tuple[SubsetRoot, ...]
    whole: frozenset[TableName] = frozenset()
    partitioned: frozenset[TableName] = frozenset()
    problems: tuple[Problem, ...] = ()
    search_path: str = "pg_catalog"

    def required(self) -> SubsetPlan:
        """The plan; SpecPlanError where it has problems."""
        if self.problems:
            raise SpecPlanError(self.problems)
        return self

    def reached(self) -> frozenset[TableName]:
        """The stored tables that may get rows; all others stay empty."""
        begun = {root.table for root in self.roots}
        down = {table.name for table in self.tables if begun & set(table.within)}
        found = down | self.whole
        by_name = {table.name: table for table in self.tables}
        while True:
            below = {t.name for t in self.tables for r in self.references if r.limit != 0 and r.child in t.within
                     if any(r.parent in by_name[name].within for name in down)} - self.whole  # fmt: skip
            above = {t.name for t in self.tables for r in self.references if r.parent in t.within
                     if any(r.child in by_name[name].within for name in found)}  # fmt: skip
            if below <= down and (below | above) <= found:
                return frozenset(found)
            down |= below
            found |= below | above


def plan_subset(catalog: Catalog, spec: DataSpec) -> SubsetPlan:
    """The plan for what the classification says of a subset. With problems: everything that stands against it, at once."""
    subset = spec.subset or SubsetSpec(())
    problems = [*_unknown(catalog, subset), *_broken(catalog, spec.references)]
    stored = tuple(
        Stored(number, table.name, tuple(_within(catalog, table)), _key(table))
        for number, table in enumerate(table for table in catalog.tables if table.holds_rows)
    )
    if problems:
        return SubsetPlan(stored, (), subset.roots, problems=tuple(problems))
    references = tuple(
        Reference(number, *parts, limit=_limit(catalog, parts[1], subset.children))
        for number, parts in enumerate([*_declared(catalog), *_virtual(catalog, spec.references)])
    )
    whole = frozenset(leaf.name for name in subset.whole for leaf in catalog.partitions_of(name))
    partitioned = frozenset(table.name for table in catalog.tables if not table.holds_rows)
    return SubsetPlan(stored, references, subset.roots, whole, partitioned, search_path=_search_path(catalog))


def _search_path(catalog: Catalog) -> str:
    schemas = sorted({extension.schema for extension in catalog.extensions} - {"pg_catalog"})
    return ", ".join(["pg_catalog", *(sql.Identifier(name).as_string(None) for name in schemas)])


_Parts = tuple[str, TableName, tuple[str, ...], TableName, tuple[str, ...], tuple[bool, ...], tuple[tuple[str, str], ...], bool]


def _declared(catalog: Catalog) -> Iterator[_Parts]:
    known = {table.name for table in catalog.tables}
    for table in catalog.tables:
        for key in table.foreign_keys:
            if not key.inherited and key.target in known:
                as_text = _as_text(table, key.columns, catalog.table(key.target), key.target_columns)
                yield key.name, table.name, key.columns, key.target, key.target_columns, as_text, (), True


def _virtual(catalog: Catalog, references: Sequence[VirtualReference]) -> Iterator[_Parts]:
    for found in references:
        as_text = _as_text(catalog.table(found.table), found.columns, catalog.table(found.target), found.target_columns)
        yield found.name, found.table, found.columns, found.target, found.target_columns, as_text, found.when, False


def _as_text(child: Table, columns: Sequence[str], parent: Table, parent_columns: Sequence[str]) -> tuple[bool, ...]:
    pairs = zip(columns, parent_columns, strict=True)
    return tuple(not _alike(child.column(one), parent.column(other)) for one, other in pairs)


def _alike(one: Column, other: Column) -> bool:
    names = {one.type.name, other.type.name}
    return len(names) == 1 or any(names <= line for line in _ALIKE)


def _within(catalog: Catalog, table: Table) -> Iterator[TableName]:
    yield table.name
    while table.partition_of is not None:
        table = catalog.table(table.partition_of)
        yield table.name


def _key(table: Table) -> tuple[str, ...]:
    return (table.primary_key.columns or ()) if table.primary_key else ()


def _limit(catalog: Catalog, child: TableName, limits: Mapping[TableName, int]) -> int | None:
    return next((limits[name] for name in _within(catalog, catalog.table(child)) if name in limits), None)


# --- what stands against it -----------------------------------------------------------------------------------------------------------


def _unknown(catalog: Catalog, subset: SubsetSpec) -> Iterator[Problem]:
    known = {table.name for table in catalog.tables}
    named = [("root", root.table) for root in subset.roots] + [("children", name) for name in subset.children]
    for what, name in [*named, *(("whole", name) for name in subset.whole)]:
        if name not in known:
            yield Problem(str(name), None, ProblemCode.SUBSET_UNKNOWN, f"the subset's {what} names a table that is not there")
    if not subset.roots and not subset.whole:
        yield Problem("subset", None, ProblemCode.SUBSET_UNKNOWN, "the classification names no root of a subset")
    for root in subset.roots:
        if root.percent is not None and not 0 < root.percent <= 100:
            yield Problem(str(root.table), None, ProblemCode.SUBSET_UNKNOWN, f"{root.percent} is no share in percent")
        fault = condition_fault(root.where) if root.percent is None else ""
        if fault:
            yield Problem(str(root.table), None, ProblemCode.SUBSET_CONDITION, f"the condition of the subset's root: {fault}")


def _broken(catalog: Catalog, references: Sequence[VirtualReference]) -> Iterator[Problem]:
    known = {table.name: {column.name for column in table.columns} for table in catalog.tables}
    for found in references:
        sides = ((found.table, (*found.columns, *(name for name, _ in found.when))), (found.target, found.target_columns))
        for table, columns in sides:
            if table not in known:
                yield Problem(str(table), None, ProblemCode.SUBSET_UNKNOWN, f"reference {found.name} names a table that is not there")
            for name in columns:
                if table in known and name not in known[table]:
                    yield Problem(str(table), name, ProblemCode.SUBSET_UNKNOWN, f"reference {found.name} names a column that is not there")
