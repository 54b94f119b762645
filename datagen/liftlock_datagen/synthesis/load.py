"""Loads a plan into an empty, migrated PostgreSQL database with COPY, in one transaction.

Foreign keys and movable indexes are dropped first and made again from their own definitions afterwards; foreign keys are added NOT VALID
and then validated, so that the database itself proves every reference, whatever the order of the tables and however they refer to one
another.
A run that is killed leaves the database as it was. The marker liftlock_data.seeded is written last, in the same transaction.
Triggers that compute a row fire; see load_phases.py for all that is done around the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.database.load_phases import build_indexes, empty_anew, finish_load, prepare_load, prove_references
from liftlock_datagen.database.reading_rights import require_readable
from liftlock_datagen.database.refusals import synthetic_errors
from liftlock_datagen.database.row_security import hidden_rows, lift_forced, seen_by_owner
from liftlock_datagen.errors import RequestError, TargetError
from liftlock_datagen.snapshots.markers import anonymised
from liftlock_datagen.snapshots.seal import written_or_hidden
from liftlock_datagen.synthesis.copying import Progress, copy_tables, rows_ahead
from liftlock_datagen.synthesis.marker import Found, asked, mark, marked_rows, read_marker
from liftlock_datagen.synthesis.plan import plan_load
from liftlock_datagen.synthesis.plan_data import LoadPlan
from liftlock_datagen.synthesis.request import RowsRequest
from liftlock_datagen.vocabulary.words import Vocabularies, load_vocabularies

Note = Callable[[str], None]

_LOCK = 7_236_409_112_001  # an advisory lock of this package: two runs on one database follow each other
_LOCK_TIMEOUT = "60s"
_INDEX_MEMORY = "256MB"


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What a run loaded. rows: per table, as schema.name. skipped: an earlier run had already done exactly this. since: what others wrote
    behind it, in words."""

    rows: Mapping[str, int]
    seconds: float
    skipped: bool = False
    phases: Mapping[str, float] = field(default_factory=dict)
    since: str = ""

    @property
    def total(self) -> int:
        """The rows of all tables."""
        return sum(self.rows.values())


def seed(url: str, *, rows: int, seed: int, on_progress: Progress) -> SeedReport:
    """Fills an empty, migrated database with at least `rows` rows from its schema alone; see fill."""
    return fill(url, RowsRequest(rows, seed), on_progress=on_progress)


def fill(url: str, request: RowsRequest, *, on_progress: Progress, on_note: Note = lambda _: None, chosen: bool = False) -> SeedReport:
    """Fills an empty, migrated database with synthetic rows; does nothing where the same was done before, or rows were chosen by hand.

    Args:
        url: a libpq URL or connection string of a role that owns the tables.
        request: the same request, schema and version give the same bytes.
        chosen: somebody asks for these rows by hand; what is declared does not replace them, nor complain of them.
        on_progress: called with a table, its rows loaded so far and its rows in all. on_note: with what follows behind the rows.

    Raises:
        PlanError: parts of the schema cannot be planned; nothing was written.
        TargetError: other rows are there, and they stay.
        DatagenError: the database cannot be reached, or refused; it is as it was before. No password is in the message.
    """
    started = time.monotonic()
    with connected(url) as connection, wrapped(url), connection.transaction():
        _settle(connection)
        found = marked_rows(connection, request)
        if found is not None:
            return SeedReport(found, time.monotonic() - started, skipped=True)
        catalog = read_catalog(connection)
        plan = planned(catalog, request)
        vocabularies = load_vocabularies(request.locale)
        phases = _load(url, connection, catalog, plan, vocabularies, on_progress, on_note)
        mark(connection, plan, request, chosen=chosen)
    loaded = {str(table.name): table.rows for table in plan.tables}
    return SeedReport(loaded, time.monotonic() - started, phases=phases)


def plan_database(url: str, request: RowsRequest) -> LoadPlan:
    """What fill would load. Only reads. Raises as fill does."""
    with connected(url) as connection, wrapped(url), connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        return planned(read_catalog(connection), request)


def planned(catalog: Catalog, request: RowsRequest) -> LoadPlan:
    """The plan of what is asked."""
    require_tables(catalog, request)
    vocabularies = load_vocabularies(request.locale)
    return plan_load(catalog, vocabularies, rows=request.rows, seed=request.seed, profile=request.profile, counts=request.counts)


@dataclass(frozen=True, slots=True)
class Before:
    """What is in a database before anything is written. since: what was written behind its marker, or may be hidden, in words."""

    found: Found
    since: str = ""


def found_before(url: str, request: RowsRequest) -> Before:
    """Changes nothing; looks at each row of a marked database. RequestError for a table that it does not have, or without any."""
    with connected(url) as connection, wrapped(url):
        catalog = read_catalog(connection)
        if not catalog.tables:
            raise RequestError(
                "there are no tables to fill", hint="run the migrations first: liftlock env up, liftlock branch up, or their own tool"
            )
        require_tables(catalog, request)
        require_readable(connection)
        return seen_by_owner(connection, lambda: _looked_at(connection, catalog, request))


def _looked_at(connection: Connection, catalog: Catalog, request: RowsRequest) -> Before:
    with connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        done = read_marker(connection)
        if done is not None:
            since = written_or_hidden(connection, besides=[book.name for book in catalog.books])
            same = (done.request, done.catalog_digest) == (asked(request), catalog.digest)
            return Before(Found.SAME if same else Found.SYNTHETIC, since)
        if not _filled(connection, catalog):
            hidden = hidden_rows(connection, among={table.name for table in catalog.tables})
            return Before(Found.FILLED, hidden) if hidden else Before(Found.EMPTY)
        return Before(Found.FILLED if anonymised(connection) is None else Found.COPY)


def require_tables(catalog: Catalog, request: RowsRequest) -> None:
    """RequestError where rows are asked for a table that nobody fills, with the name that was perhaps meant."""
    known = {table.name.name: table.name for table in catalog.tables if table.partition_of is None}
    tables = {table.name for table in catalog.tables}
    for name in request.named:
        if name not in tables:
            close = get_close_matches(name.name, known, 1)
            there = f'did you mean "{known[close[0]]}"?' if close else f"there is {', '.join(map(str, known.values())) or 'none'}"
            raise RequestError(f'there is no table "{name}" to fill; {there}', hint="name it as schema.table")


# --- the session --------------------------------------------------------------------------------------------------------------------


def _settle(connection: Connection) -> None:
    for name, value in (
        ("client_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO, MDY"),
        ("IntervalStyle", "postgres"),
        ("statement_timeout", "0"),
        ("maintenance_work_mem", _INDEX_MEMORY),
        ("synchronous_commit", "on"),
    ):
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])  # another run ends or dies; tables may be held by anybody
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])


# --- the load -------------------------------------------------------------------------------------------------------------------------


def _load(
    url: str, connection: Connection, catalog: Catalog, plan: LoadPlan, vocabularies: Vocabularies, on_progress: Progress, on_note: Note
) -> Mapping[str, float]:
    phases: dict[str, float] = {}
    with rows_ahead(plan, vocabularies) as rows:
        with _timed(phases, "prepare"):
            _refuse_filled(connection, catalog)
            prepare_load(connection, catalog)
            frozen = empty_anew(connection, catalog)
        with _timed(phases, "copy"), synthetic_errors(url):
            copy_tables(connection, plan, rows, frozen, on_progress)
    on_note("indexes")
    with _timed(phases, "indexes"), synthetic_errors(url):
        build_indexes(connection, catalog)
    on_note("foreign keys")
    with _timed(phases, "foreign keys"), synthetic_errors(url):
        prove_references(connection, catalog)
    on_note("statistics")
    with _timed(phases, "finish"):
        finish_load(connection, catalog)
    return phases


@contextmanager
def _timed(phases: dict[str, float], name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    phases[name] = time.monotonic() - started


def _name(table: TableName) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)


def _refuse_filled(connection: Connection, catalog: Catalog) -> None:
    """Locks every table, so that nobody adds rows meanwhile, and refuses where one has rows."""
    if not catalog.tables:
        return
    names = sql.SQL(", ").join(_name(table.name) for table in catalog.tables)
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    lift_forced(connection, catalog)  # a policy would say of rows that it hides that there are none
    filled = _filled(connection, catalog)
    if filled and anonymised(connection) is not None:
        raise TargetError(
            "the database holds the rows of an anonymised copy, and keeps them",
            hint="to put synthetic rows in their place: liftlock data generate ENV/DB, or remove the environment and make it anew",
        )
    if filled:
        raise TargetError(
            f"{', '.join(filled)}: there are rows already, and none of them are marked as made by this tool",
            hint="synthetic rows go into an empty, migrated database: create it anew, then run the same command again",
        )
    if hidden := hidden_rows(connection, among={table.name for table in catalog.tables}):
        raise TargetError(hidden, hint="use the role that owns the tables")


def _filled(connection: Connection, catalog: Catalog) -> list[str]:
    """The tables that have rows."""
    return [
        str(table.name)
        for table in catalog.tables
        if (row := connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(_name(table.name))).fetchone()) and row[0]
    ]
