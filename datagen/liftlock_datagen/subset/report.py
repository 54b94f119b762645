"""What a subset would hold, and why a row is in it. Only reads; nothing is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.spec.model import DataSpec
from liftlock_datagen.subset import statements
from liftlock_datagen.subset.plan import SubsetPlan, plan_subset
from liftlock_datagen.subset.selection import SubsetSelection, selected
from liftlock_datagen.subset.store import Cause, KeyStore, Way

OnRows = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Share:
    """How many rows of a table came by what: a root, or a reference from or to another table."""

    by: str
    rows: int


@dataclass(frozen=True, slots=True)
class SubsetTable:
    """One table. rows: of the subset; None for one that is taken whole. of: PostgreSQL's estimate of all; None where it has none."""

    table: str
    rows: int | None
    of: int | None
    by: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One row on the way from a root to the row that was asked for. by: how the row came in."""

    table: str
    key: str
    by: str


@dataclass(frozen=True, slots=True)
class SubsetReport:
    """rows: of all tables, without those taken whole. empty: tables that stay empty because nothing leads to them.

    why: from the root to the row that was asked for; empty where none was.
    """

    tables: tuple[SubsetTable, ...]
    rows: int
    empty: tuple[str, ...]
    why: tuple[Step, ...] = ()


def survey(
    url: str, spec: DataSpec, *, salt: str, row: tuple[TableName, str] | None = None, on_rows: OnRows = lambda _: None
) -> SubsetReport:
    """Chooses the rows and counts them. row: a table and a key as text (several columns as `(1,2)`) that is to be explained.

    Raises:
        PlanError: the classification names what is not there. DatagenError: the database refused, or the row is not in the subset.
    """
    with connected(url) as connection, wrapped(url), _snapshot(connection):
        catalog = read_catalog(connection)
        plan = plan_subset(catalog, spec).required()
        if row is not None and all(row[0] not in table.within for table in plan.tables):
            raise DatagenError(f"there is no table {row[0]}", hint="name it as schema.table")
        with selected(connection, plan, salt=salt, on_rows=on_rows) as selection:
            chain = tuple(_chain(connection, plan, selection, *row)) if row else ()
            return _report(catalog, plan, selection, chain)


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """One moment of the database, that cannot be changed."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _report(catalog: Catalog, plan: SubsetPlan, selection: SubsetSelection, chain: tuple[Step, ...]) -> SubsetReport:
    store = KeyStore(selection.path)
    try:
        counts, causes = store.counts(), store.causes()
    finally:
        store.close()
    tables = []
    for table in plan.tables:
        shares = [Share(_said(plan, cause), count) for (number, cause), count in sorted(causes.items()) if number == table.number]
        rows = None if table.name in plan.whole else counts.get(table.number, 0)
        tables.append(SubsetTable(str(table.name), rows, catalog.table(table.name).rows, tuple(shares)))
    reached = plan.reached()
    empty = tuple(str(table.name) for table in plan.tables if table.name not in reached)
    return SubsetReport(tuple(tables), sum(counts.values()), empty, chain)


def _said(plan: SubsetPlan, cause: Cause) -> str:
    """How a row came in, for people."""
    if cause.way is Way.ROOT:
        root = plan.roots[cause.number]
        return f"root: {root.percent:g} %" if root.percent is not None else f"root: {root.where}"
    reference = plan.references[cause.number]
    if cause.way is Way.NEEDED:
        return f"needed by {reference.child} ({reference.name})"
    return f"belongs to {reference.parent} ({reference.name})"


# --- why --------------------------------------------------------------------------------------------------------------------------------


def _chain(connection: Connection, plan: SubsetPlan, selection: SubsetSelection, table: TableName, key: str) -> list[Step]:
    """From the root to the row: each is there because of the one before."""
    number, row = _address(connection, plan, table, key)
    store = KeyStore(selection.path)
    found: list[Step] = []
    try:
        while number is not None and row is not None:
            stored = plan.tables[number]
            shown = connection.execute(statements.shown_key(stored, row)).fetchone()
            text = str(shown[0]) if shown else "?"
            if stored.name in plan.whole:
                found.append(Step(str(stored.name), text, "the table is taken whole"))
                break
            reason = store.reason(number, row)
            if reason is None:
                raise DatagenError(
                    f"{table} {key} is not in the subset", hint="no root leads to it; liftlock data subset shows what they reach"
                )
            found.append(Step(str(stored.name), text, _said(plan, reason.cause)))
            number, row = reason.from_table, reason.from_row
    finally:
        store.close()
    return found[::-1]


def _address(connection: Connection, plan: SubsetPlan, table: TableName, key: str) -> tuple[int | None, int | None]:
    rows = connection.execute(statements.found_row(plan, table), [key]).fetchall()
    if not rows:
        raise DatagenError(
            f"{table} has no row with the key {key}", hint="several columns are written as (1,2); all columns where there is no key"
        )
    oid, tid = rows[0]
    query = "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s"
    schema, name = connection.execute(query, [oid]).fetchone() or ("", "")
    numbers = {stored.name: stored.number for stored in plan.tables}
    return numbers[TableName(schema, name)], statements.row_of(str(tid).encode())
