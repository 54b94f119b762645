"""What holds rows in a live database, and the query that reads it. Only reads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.rows import dict_row

from liftlock_datagen.catalog.model import Column, TableName, TypeKind
from liftlock_datagen.certificate.plan import FIXED_TYPES, Sensitive
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.spec.paths import Each, parse_path

_RELATIONS = """
SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows,
       coalesce(rn.nspname, n.nspname) AS root_schema, coalesce(r.relname, c.relname) AS root_name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class r ON r.oid = pg_partition_root(c.oid) LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relispopulated AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'liftlock_data')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_COLUMNS = """
SELECT a.attrelid::bigint AS relation, a.attname AS name, a.atttypid::bigint AS type
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
"""
_TYPES = """
SELECT oid::bigint AS oid, typname AS name, typtype::text AS kind, typbasetype::bigint AS base,
       CASE WHEN typcategory = 'A' THEN typelem::bigint ELSE 0 END AS element FROM pg_type
"""
_FOREIGN = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
MARK = "\x1f"
HELD, MARKS = "\n\t\r\b\f\v", "\x01\x02\x03\x04\x05\x06"
"""What parts lines and cells, and what stands for it where it must not be lost."""
_LONG = frozenset({"text", "varchar"})


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column in which text may hide. is_array: its elements are read one by one."""

    name: str
    type: str
    is_array: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a partition or a materialised view. root: the table that it is a partition of, or itself. rows: estimated."""

    name: TableName
    root: TableName
    rows: int
    texts: tuple[TextColumn, ...]
    columns: tuple[str, ...]


def read_relations(connection: Connection) -> tuple[Relation, ...]:
    """Everything that holds rows, but for the system's and our own books."""
    with connection.cursor(row_factory=dict_row) as cursor:
        types = {row["oid"]: row for row in cursor.execute(_TYPES).fetchall()}
        texts: dict[int, list[TextColumn]] = defaultdict(list)
        names: dict[int, list[str]] = defaultdict(list)
        for row in cursor.execute(_COLUMNS).fetchall():
            names[row["relation"]].append(row["name"])
            base, is_array = _base(types, row["type"])
            if base["name"] not in FIXED_TYPES and base["kind"] != "e":
                texts[row["relation"]].append(TextColumn(row["name"], str(base["name"]), is_array))
        return tuple(
            Relation(
                TableName(row["schema"], row["name"]),
                TableName(row["root_schema"], row["root_name"]),
                row["rows"],
                tuple(texts[row["oid"]]),
                tuple(names[row["oid"]]),
            )
            for row in cursor.execute(_RELATIONS).fetchall()
        )


def foreign_tables(connection: Connection) -> tuple[TableName, ...]:
    """Tables whose rows are on another server."""
    return tuple(TableName(*row) for row in connection.execute(_FOREIGN).fetchall())


def _base(types: dict[int, dict[str, object]], oid: int) -> tuple[dict[str, object], bool]:
    found, is_array = types[oid], False
    while found["kind"] == "d" or found["element"]:
        is_array = is_array or bool(found["element"])
        found = types[int(str(found["element"] or found["base"]))]
    return found, is_array


def column_expression(name: str, *, is_array: bool) -> sql.Composed:
    """The column as text; of an array, its elements with a mark between them."""
    plain = sql.SQL("{}").format(sql.Identifier(name))
    return sql.SQL("array_to_string({}, {})").format(plain, sql.Literal(MARK)) if is_array else plain


def sensitive_expression(item: Sensitive) -> sql.Composed:
    """The value that is sensitive: a column, or what a path of a document leads to."""
    if not item.path:
        return column_expression(item.column.name, is_array=item.column.type.kind is TypeKind.ARRAY)
    query = "array_to_string(ARRAY(SELECT x #>> '{{}}' FROM jsonb_path_query({column}::jsonb, {path}) x), {mark})"
    path = sql.Literal(json_path(item.path))
    return sql.SQL(query).format(column=sql.Identifier(item.column.name), path=path, mark=sql.Literal(MARK))


def json_path(path: str) -> str:
    """A path of the specification as PostgreSQL's: `$.a.b[*]` becomes `$."a"."b"[*]`."""
    steps = parse_path(path) or ()
    return "$" + "".join(step.value if isinstance(step, Each) else f".{json.dumps(step, ensure_ascii=False)}" for step in steps)


def select(source: sql.Composable, expressions: Sequence[sql.Composable]) -> sql.Composed:
    """COPY of these expressions of every row."""
    return sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(sql.SQL(", ").join(expressions), source)


def key_expressions(key: Sequence[Column], *, marked: bool = False) -> list[sql.Composable]:
    """The columns of a key. marked: texts with marks instead of line breaks, which a block could not hold."""
    text = sql.SQL("translate({}::text, {}, {})")
    return [
        text.format(sql.Identifier(column.name), sql.Literal(HELD), sql.Literal(MARKS))
        if marked and column.type.name in _LONG
        else sql.Identifier(column.name)
        for column in key
    ]


def only(name: TableName) -> sql.Composed:
    """The relation's own rows, without those of tables that inherit from it."""
    return sql.SQL("ONLY {}").format(sql.Identifier(name.schema, name.name))
