"""Reads a small sample of a live database: read-only, short values, in memory alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, Column, Table, TableName
from liftlock_datagen.classify.types import DOCUMENTS, base_of

DEFAULT_ROWS = 200
_LONGEST = 300
_LONGEST_DOCUMENT = 20_000
_UNREAD = frozenset({"bytea", "tsvector"})
_PATIENCE_MS = 20_000


def read_sample(
    connection: psycopg.Connection[Any], catalog: Catalog, rows: int = DEFAULT_ROWS
) -> Mapping[TableName, Mapping[str, Sequence[str]]]:
    """Up to so many values of each column of each table, from pages all over the table; NULLs are left out.

    A table that cannot be read (no right to, or too slow) gives none: its columns are then judged by the catalog alone.
    """
    return {table.name: _of_table(connection, table, rows) for table in catalog.tables if table.partition_of is None}


def _of_table(connection: psycopg.Connection[Any], table: Table, rows: int) -> Mapping[str, Sequence[str]]:
    columns = [column for column in table.columns if base_of(column.type).name not in _UNREAD and not column.generated]
    if not columns:
        return {}
    values = sql.SQL(", ").join(map(_value, columns))
    name = sql.Identifier(table.name.schema, table.name.name)
    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(_PATIENCE_MS))
            share = _share(cursor, table, rows)
            found = cursor.execute(sql.SQL("SELECT {} FROM {}{} LIMIT {}").format(values, name, share, rows)).fetchall()
            if len(found) < rows and share.as_string(connection):
                found = cursor.execute(sql.SQL("SELECT {} FROM {} LIMIT {}").format(values, name, rows)).fetchall()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.QueryCanceled, psycopg.errors.WrongObjectType):
        return {}
    return {column.name: [row[i] for row in found if row[i] is not None] for i, column in enumerate(columns)}


def _value(column: Column) -> sql.Composable:
    """The column as short text; of an array its first element."""
    name: sql.Composable = sql.Identifier(column.name)
    if column.type.element is not None:
        name = sql.SQL("(SELECT e FROM unnest({}) e WHERE e IS NOT NULL LIMIT 1)").format(name)
    longest = _LONGEST_DOCUMENT if column.type.name in DOCUMENTS else _LONGEST
    return sql.SQL("left({}::text, {})").format(name, longest)


def _share(cursor: psycopg.Cursor[Any], table: Table, rows: int) -> sql.Composable:
    """A clause that takes pages all over a large table; none for a small one."""
    found = cursor.execute(
        "SELECT reltuples::float8, relkind::text FROM pg_class WHERE oid = format('%%I.%%I', %s::text, %s::text)::regclass",
        [table.name.schema, table.name.name],
    ).fetchone()
    if found is None or found[0] < rows * 20 or found[1] not in {"r", "m", "p"}:
        return sql.SQL("")
    return sql.SQL(" TABLESAMPLE SYSTEM ({}) REPEATABLE (1)").format(min(100.0, 100.0 * rows * 10 / found[0]))
