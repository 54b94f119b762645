"""What is known of a database whose copy is to be kept: schema, origin of its rows, their number, size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.snapshots.markers import anonymised, seeded


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


def read_facts(url: str, *, counted: bool = True) -> DatabaseFacts:
    """The facts of one moment; only reads. counted: whether rows are counted, which takes a look at each."""
    with connected(url) as connection, wrapped(url), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT set_config('search_path', 'pg_catalog', true), set_config('statement_timeout', '0', true)")
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
