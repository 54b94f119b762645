"""What a role may not read of a database, told at once and before anything is begun, with the statements that give it."""

from __future__ import annotations

from psycopg import sql

from liftlock_datagen.database.connect import Connection
from liftlock_datagen.errors import DatagenError

# As pg_dump needs it: every table, also those of which no row is taken.
_UNREADABLE = """
SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE'), current_user
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'liftlock_data')
  AND c.relpersistence <> 't' AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
ORDER BY 1, 2
"""
_NAMED = 3


def require_readable(connection: Connection) -> None:
    """DatagenError with all that the role may not read. Only the catalog is looked at."""
    found = connection.execute(_UNREADABLE).fetchall()
    if not found:
        return
    names = [f"{schema}.{name}" for schema, name, _, _ in found]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    role = sql.Identifier(found[0][3]).as_string(None)
    schemas = sorted({sql.Identifier(schema).as_string(None) for schema, _, _, _ in found})
    closed = sorted({sql.Identifier(schema).as_string(None) for schema, _, is_open, _ in found if not is_open})
    grants = [f"GRANT USAGE ON SCHEMA {', '.join(closed)} TO {role}"] if closed else []
    grants.append(f"GRANT SELECT ON ALL TABLES IN SCHEMA {', '.join(schemas)} TO {role}")
    raise DatagenError(
        f"role {found[0][3]} of database {connection.info.dbname} may not read {', '.join(names[:_NAMED])}{more}",
        hint=f"use the role that owns them, or an administrator runs there: {'; '.join(grants)}",
    )
