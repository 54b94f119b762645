"""Rows that a policy keeps from the role that looks: they are there, and a plain SELECT says that they are not.

Row security that is forced holds for the owner too. Who asks whether a table is empty, or what was written into it, asks here as well:
first as the owner, for whom it can be lifted in a transaction that comes to nothing; what is hidden all the same is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import psycopg
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
_OWNED = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity AND pg_has_role(c.relowner, 'USAGE') AND row_security_active(c.oid)
  AND pg_relation_size(c.oid) > 0
ORDER BY 1, 2
"""
_PATIENCE = "3s"
_REFUSED = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InsufficientPrivilege,
)
_Seen = TypeVar("_Seen")


def seen_by_owner(connection: Connection, look: Callable[[], _Seen]) -> _Seen:
    """What `look` finds where the owner sees all rows, if this role is the owner; nothing is changed, and nobody else sees more.

    look: only reads, by the same connection. Others wait for the tables meanwhile; where one of them has a table and does not let go, the
    look is as the policies allow.
    """
    owned = connection.execute(_OWNED).fetchall()
    if not owned:
        return look()
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
            for schema, name in owned:
                _alter(connection, TableName(schema, name), "NO FORCE")
            return look()
    except _REFUSED:
        return look()


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
            _alter(connection, table.name, what)


def _alter(connection: Connection, table: TableName, what: str) -> None:
    connection.execute(sql.SQL(f"ALTER TABLE {{}} {what} ROW LEVEL SECURITY").format(sql.Identifier(table.schema, table.name)))
