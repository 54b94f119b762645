"""The source of a copy, opened so that it cannot be changed: one read-only snapshot that all readers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected

_PAGES = """
SELECT n.nspname, c.relname, pg_relation_size(c.oid) / current_setting('block_size')::int
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The open source. url: read-only for every session that uses it. pages: of each table that stores rows.

    release: gives up the snapshot and every lock, for when all is read.
    """

    url: str
    connection: Connection
    snapshot: str
    catalog: Catalog
    pages: dict[TableName, int]
    release: Callable[[], None] = field(default=lambda: None, repr=False)

    def rows(self) -> dict[TableName, int]:
        """About how many rows each table has, those of partitions counted to the partitioned table."""
        counts: dict[TableName, int] = {}
        for table in self.catalog.tables:
            if table.holds_rows:
                root = self.catalog.root_of(table).name
                counts[root] = counts.get(root, 0) + max(table.rows or 0, self.pages[table.name] * 10)
        return counts


def read_only(url: str) -> str:
    """The same database, where no statement may write."""
    before = str(conninfo_to_dict(url).get("options") or "")
    return make_conninfo(url, options=f"{before} -c default_transaction_read_only=on".strip())


@contextmanager
def opened(url: str) -> Iterator[Source]:
    """The source in one consistent snapshot, until it is released or the block ends."""
    safe = read_only(url)
    with ExitStack() as stack:
        connection = stack.enter_context(connected(safe))
        connection.execute("SELECT set_config('statement_timeout', '0', false), set_config('row_security', 'off', false)")
        connection.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', false)")
        stack.enter_context(connection.transaction())
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), set_config('search_path', 'pg_catalog', true)").fetchone()
        pages = {TableName(schema, name): int(count) for schema, name, count in connection.execute(_PAGES).fetchall()}
        catalog = read_catalog(connection)
        yield Source(safe, connection, str(row[0]) if row else "", catalog, pages, stack.close)


def present_digest(url: str) -> str:
    """The digest of the catalog as it is now, outside of any snapshot."""
    with connected(read_only(url)) as connection:
        connection.execute("SELECT set_config('search_path', 'pg_catalog', false)")
        return read_catalog(connection).digest
