"""What a copy notes of each part in the database that it fills, in the transaction that writes its rows: liftlock_data.copied.

The digests are keyed with the pseudonym key, so they say nothing of the rows to who has not got it, not even of a table with one of few.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.masking.resuming import PartKey, Recorded

_TABLE = """
CREATE SCHEMA IF NOT EXISTS liftlock_data;
CREATE TABLE liftlock_data.copied (
  into_schema text NOT NULL, into_name text NOT NULL, stored_schema text NOT NULL, stored_name text NOT NULL, first bigint NOT NULL,
  last bigint, recipe text NOT NULL, digest text NOT NULL, rows bigint NOT NULL)
"""
_INSERT = "INSERT INTO liftlock_data.copied VALUES ({})"
_READ = """
SELECT into_schema, into_name, stored_schema, stored_name, first, last, recipe, digest, rows, NOT EXISTS (
  SELECT FROM pg_class t WHERE t.relpersistence = 'u' AND (
    t.oid = to_regclass(format('%I.%I', into_schema, into_name))
    OR t.oid IN (SELECT relid FROM pg_partition_tree(to_regclass(format('%I.%I', into_schema, into_name)))))), xmin::text
FROM liftlock_data.copied ORDER BY 1, 2, 3, 4, 5
"""
_DELETE = "DELETE FROM liftlock_data.copied WHERE into_schema = %s AND into_name = %s"
# Not those of extensions, which bring rows of their own. above: the tables that it is a partition of.
_FILLED = """
SELECT n.nspname, c.relname, ARRAY(
  SELECT ARRAY[an.nspname, a.relname]::text[] FROM pg_partition_ancestors(c.oid) up
  JOIN pg_class a ON a.oid = up.relid JOIN pg_namespace an ON an.oid = a.relnamespace)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'liftlock_data') AND pg_relation_size(c.oid) > 0
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
_PARTITIONED = "SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)"


def begin_records(connection: Connection) -> None:
    """Makes the place for them, in a schema that has no rows yet."""
    connection.execute(_TABLE)


def recording(done: Recorded) -> bytes:
    """The statement that notes a part; it belongs into the transaction of its rows."""
    key = done.key
    said = (key.into.schema, key.into.name, key.stored.schema, key.stored.name, key.first, key.last, done.recipe, done.digest, done.rows)
    return sql.SQL(_INSERT).format(sql.SQL(", ").join(map(sql.Literal, said))).as_string(None).encode()


def read_records(connection: Connection) -> tuple[Recorded, ...]:
    """Everything that was noted."""
    return tuple(
        Recorded(PartKey(TableName(into, name), TableName(schema, stored), first, last), recipe, digest, rows, lasting, writer)
        for into, name, schema, stored, first, last, recipe, digest, rows, lasting, writer in connection.execute(_READ).fetchall()
    )


def writers(connection: Connection, table: TableName) -> Mapping[str, int]:
    """How many rows of the table each transaction wrote. PostgreSQL keeps its number with each row, also of those that came frozen."""
    name = sql.Identifier(table.schema, table.name)
    whole = sql.SQL("{}" if _is_partitioned(connection, name) else "ONLY {}").format(name)
    query = sql.SQL("SELECT xmin::text, count(*) FROM {} GROUP BY xmin").format(whole)
    return {writer: int(rows) for writer, rows in connection.execute(query).fetchall()}


def strays(connection: Connection, standing: Collection[TableName]) -> tuple[TableName, ...]:
    """The tables that hold something and are none of those: what a part that was cut off left, or what somebody else wrote."""
    found = ((TableName(schema, name), above) for schema, name, above in connection.execute(_FILLED).fetchall())
    return tuple(name for name, above in found if {name, *(TableName(*one) for one in above)}.isdisjoint(standing))


def empty(connection: Connection, tables: Sequence[TableName]) -> None:
    """Empties the tables, and forgets what was noted of them."""
    with connection.transaction():
        for table in tables:
            name = sql.Identifier(table.schema, table.name)
            connection.execute(sql.SQL("TRUNCATE {}" if _is_partitioned(connection, name) else "TRUNCATE ONLY {}").format(name))
            connection.execute(_DELETE, [table.schema, table.name])


def _is_partitioned(connection: Connection, name: sql.Identifier) -> bool:
    row = connection.execute(_PARTITIONED, [name.as_string(connection)]).fetchone()
    return bool(row and row[0])
