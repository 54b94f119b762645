"""Rows that a policy keeps from the role that looks: they are there, and a plain SELECT says that they are not.

Row security that is forced holds for the owner too. Who asks whether a table is empty, or what was written into it, asks here as well.
"""

from __future__ import annotations

from collections.abc import Collection

from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.database.connect import Connection

# A table without a page has no row to hide. Partitions hold the rows, and their own policies hide them.
_HIDDEN = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relrowsecurity AND row_security_active(c.oid) AND pg_relation_size(c.oid) > 0
ORDER BY 1, 2
"""
_NAMED = 3


def hidden_rows(connection: Connection, *, among: Collection[TableName] | None = None, besides: Collection[TableName] = ()) -> str:
    """Which tables may have rows that this role does not see, in words; nothing where it sees all. Reads no row.

    among: the tables that count; None: those of every schema. besides: those that do not.
    """
    found = [TableName(schema, name) for schema, name in connection.execute(_HIDDEN).fetchall()]
    names = [str(name) for name in found if name not in besides and (among is None or name in among)]
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"rows of {', '.join(names[:_NAMED])}{more} may be hidden by row security"


def lift_forced(connection: Connection, catalog: Catalog) -> None:
    """The owner of the tables sees all of their rows, and may COPY into them, until force_again or the end of a transaction that fails."""
    _alter_forced(connection, catalog, "NO FORCE")


def force_again(connection: Connection, catalog: Catalog) -> None:
    """As it was before lift_forced."""
    _alter_forced(connection, catalog, "FORCE")


def _alter_forced(connection: Connection, catalog: Catalog, what: str) -> None:
    for table in catalog.tables:
        if table.row_security and table.row_security_forced:
            name = sql.Identifier(table.name.schema, table.name.name)
            connection.execute(sql.SQL(f"ALTER TABLE {{}} {what} ROW LEVEL SECURITY").format(name))
