"""What is known of a database whose copy is to be kept: schema, origin of its rows, their number, size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.snapshots.markers import anonymised, seeded
from liftlock_datagen.snapshots.seal import seal, written_since


class Origin(StrEnum):
    """Where rows come from. OTHER: nothing says that they were made or anonymised; they may be anybody's."""

    SYNTHETIC = "synthetic"
    ANONYMISED = "anonymised"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """catalog: digest of the schema. data: what gives the same rows again, in words; empty for other origins.

    tables: rows of each table that rows are made for, counted. size: bytes. version: of the server, such as 150004.
    """

    catalog: str
    origin: Origin
    data: str
    tables: Mapping[TableName, int]
    size: int
    version: int

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(self.tables.values())


@dataclass(frozen=True, slots=True)
class HeldDatabase:
    """A database at one moment. written_since: why its origin does not tell of every row, in words; nothing where it does.

    snapshot: by this name pg_dump sees the same moment.
    """

    facts: DatabaseFacts
    written_since: str
    snapshot: str


def read_facts(url: str, *, counted: bool = True) -> DatabaseFacts:
    """The facts of one moment; only reads. counted: whether rows are counted, which takes a look at each."""
    with _moment(url) as connection:
        return _facts(connection, counted=counted)


@contextmanager
def held(url: str) -> Iterator[HeldDatabase]:
    """The database at one moment, for as long as the block lasts: what is copied in it are the rows that were looked at. Only reads."""
    with _moment(url) as connection:
        connection.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true), set_config('row_security', 'off', true)")
        facts = _facts(connection, counted=False)
        since = written_since(connection) if facts.origin is not Origin.OTHER else ""
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield HeldDatabase(facts, since, str(row[0]) if row else "")


def vouch(url: str) -> None:
    """Says that the marker tells of the rows that are there now. For who copied them from a database of which that is known."""
    with connected(url) as connection, wrapped(url):
        if _origin(connection)[0] is not Origin.OTHER:
            seal(connection)


@contextmanager
def _moment(url: str) -> Iterator[Connection]:
    with connected(url) as connection, wrapped(url), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT set_config('search_path', 'pg_catalog', true), set_config('statement_timeout', '0', true)")
        yield connection


def _facts(connection: Connection, *, counted: bool) -> DatabaseFacts:
    catalog = read_catalog(connection)
    origin, data = _origin(connection)
    size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    tables = _counted(connection, catalog) if counted else dict.fromkeys((table.name for table in catalog.tables), 0)
    return DatabaseFacts(catalog.digest, origin, data, tables, int(size[0]) if size else 0, connection.info.server_version)


def _origin(connection: Connection) -> tuple[Origin, str]:
    if (made := anonymised(connection)) is not None:
        return Origin.ANONYMISED, f"key {made.key_id}, spec {made.spec_digest}, {made.tool}"
    if (rows := seeded(connection)) is not None:
        details = f", details {rows.details}" if rows.details else ""
        return Origin.SYNTHETIC, f"seed {rows.seed}, {rows.rows} rows, vocabulary {rows.vocabulary}{details}"
    return Origin.OTHER, ""


def _counted(connection: Connection, catalog: Catalog) -> dict[TableName, int]:
    counts = {}
    for table in catalog.tables:
        name = sql.Identifier(table.name.schema, table.name.name)
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        counts[table.name] = int(row[0]) if row else 0
    return counts
