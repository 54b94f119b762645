"""Reads the catalog of a live PostgreSQL database. Only reads; what it finds is judged in plan."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import psycopg
from psycopg.rows import dict_row

from liftlock_datagen.catalog.model import (
    Catalog,
    Check,
    Column,
    ColumnType,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Match,
    Table,
    TableName,
    TypeKind,
)

Row = dict[str, Any]  # a row of pg_catalog: its columns are named in the query beside

# The books that migration tools keep about themselves: rows there are facts, so they are neither filled nor counted as data.
_MIGRATION_BOOKS = re.compile(
    r"(.*_)?(migrations?(_lock)?|schema_(version|history)|schema_migrations|alembic_version|databasechangelog(lock)?"
    r"|__efmigrationshistory|goose_db_version|sequelizemeta|ar_internal_metadata|flyway_schema_history)",
    re.IGNORECASE,
)
_OWN_SCHEMA = "liftlock_data"

_TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relispartition AS partition,
       EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid) AS inherits
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', %s)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

_COLUMNS = """
SELECT a.attrelid AS table, a.attname AS name, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS not_null,
       a.attidentity::text AS identity, a.attgenerated::text AS generated, pg_get_expr(d.adbin, d.adrelid) AS default,
       sn.nspname AS sequence_schema, s.relname AS sequence_name
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
     AND p.refobjid <> a.attrelid AND d.adbin IS NOT NULL AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%'
LEFT JOIN pg_class s ON s.oid = COALESCE(
     pg_get_serial_sequence(quote_ident(%(schema)s) || '.' || quote_ident(%(name)s), a.attname)::regclass::oid, p.refobjid)
LEFT JOIN pg_namespace sn ON sn.oid = s.relnamespace
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_TYPES = """
SELECT t.oid, t.typname AS name, t.typtype::text AS kind, t.typcategory::text AS category, t.typelem AS element, t.typbasetype AS base,
       t.typtypmod AS modifier, t.typnotnull AS not_null,
       ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)::text[] AS labels,
       ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname) AS checks
FROM pg_type t
"""

_CONSTRAINTS = """
SELECT k.oid, k.conname AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition,
       pg_get_expr(k.conbin, k.conrelid) AS expression, k.confmatchtype::text AS match, k.convalidated AS validated,
       k.conindid AS index, tn.nspname AS target_schema, t.relname AS target_name, obj_description(k.oid, 'pg_constraint') AS comment,
       ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY u(n, o) JOIN pg_attribute a
             ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o)::text[] AS columns,
       ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY u(n, o) JOIN pg_attribute a
             ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o)::text[] AS target_columns
FROM pg_constraint k
LEFT JOIN pg_class t ON t.oid = k.confrelid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE k.conrelid = %(oid)s ORDER BY k.conname COLLATE "C"
"""

# An index that a view, a replica identity or a CLUSTER mark depends on keeps its place: dropping it would lose that, or fail.
_INDEXES = """
SELECT i.indexrelid AS oid, c.relname AS name, i.indisunique AS unique, i.indisprimary AS primary,
       pg_get_indexdef(i.indexrelid) AS definition, pg_get_expr(i.indpred, i.indrelid) AS predicate,
       obj_description(i.indexrelid, 'pg_class') AS comment,
       ARRAY(SELECT a.attname FROM generate_series(0, i.indnkeyatts - 1) p LEFT JOIN pg_attribute a
             ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p] AND a.attnum > 0 ORDER BY p)::text[] AS columns,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, p + 1, true) FROM generate_series(0, i.indnkeyatts - 1) p ORDER BY p)::text[] AS parts,
       NOT (i.indisreplident OR i.indisclustered OR NOT i.indisvalid
            OR EXISTS (SELECT FROM pg_depend d LEFT JOIN pg_constraint k ON k.oid = d.refobjid AND k.conindid = i.indexrelid
                       WHERE d.classid = 'pg_rewrite'::regclass AND (k.oid IS NOT NULL OR d.refobjid = i.indexrelid))) AS movable
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %(oid)s ORDER BY c.relname COLLATE "C"
"""


def read_catalog(connection: psycopg.Connection[Any]) -> Catalog:
    """The catalog of every ordinary table outside the system's, the extensions' and the migration tools' own."""
    with connection.cursor(row_factory=dict_row) as cursor:
        types = {row["oid"]: row for row in cursor.execute(_TYPES).fetchall()}
        rows = cursor.execute(_TABLES, [_OWN_SCHEMA]).fetchall()
        wanted = [row for row in rows if not row["partition"] and not _MIGRATION_BOOKS.fullmatch(row["name"])]
        return Catalog(tuple(_read_table(cursor, row, types) for row in wanted))


def _read_table(cursor: psycopg.Cursor[Row], row: Row, types: dict[int, Row]) -> Table:
    columns = cursor.execute(_COLUMNS, row).fetchall()
    constraints = cursor.execute(_CONSTRAINTS, row).fetchall()
    by_index = {k["index"]: k for k in constraints if k["kind"] in {"p", "u"}}
    kinds = defaultdict(list)
    for constraint in constraints:
        kinds[constraint["kind"]].append(constraint)
    checks = [Check(k["name"], k["expression"]) for k in kinds["c"]]
    checks += [check for column in columns for check in _domain_checks(column, types)]
    return Table(
        name=TableName(row["schema"], row["name"]),
        columns=tuple(_column(column, types) for column in columns),
        indexes=tuple(_index(i, by_index.get(i["oid"])) for i in cursor.execute(_INDEXES, row).fetchall()),
        foreign_keys=tuple(_foreign_key(k) for k in kinds["f"]),
        checks=tuple(checks),
        exclusions=tuple(k["name"] for k in kinds["x"]),
        obstacles=_obstacles(row),
    )


def _obstacles(row: Row) -> tuple[str, ...]:
    if row["kind"] == "p":
        return ("it is partitioned",)
    return ("it takes part in inheritance",) if row["inherits"] else ()


def _column(row: Row, types: dict[int, Row]) -> Column:
    kind, modifier, domain_not_null = types[row["type"]], row["modifier"], False
    while kind["kind"] == "d":
        domain_not_null = domain_not_null or kind["not_null"]
        kind, modifier = types[kind["base"]], kind["modifier"]
    sequence = TableName(row["sequence_schema"], row["sequence_name"]) if row["sequence_name"] else None
    return Column(
        name=row["name"],
        type=_type(kind, modifier, types),
        nullable=not (row["not_null"] or domain_not_null),
        default=row["default"],
        identity=Identity(row["identity"]),
        generated=bool(row["generated"]),
        sequence=sequence,
    )


def _type(row: Row, modifier: int, types: dict[int, Row]) -> ColumnType:
    name = row["name"]
    if row["category"] == "A" and row["element"]:
        element = types[row["element"]]
        while element["kind"] == "d":
            element, modifier = types[element["base"]], element["modifier"]
        return ColumnType(name, TypeKind.ARRAY, element=_type(element, modifier, types))
    if row["kind"] == "e":
        return ColumnType(name, TypeKind.ENUM, labels=tuple(row["labels"]))
    if row["kind"] != "b":
        return ColumnType(name, TypeKind.OTHER)
    if name in {"varchar", "bpchar"} and modifier >= 4:
        return ColumnType(name, length=modifier - 4)  # the modifier counts the four bytes of the length word
    if name in {"bit", "varbit"} and modifier >= 0:
        return ColumnType(name, length=modifier)
    if name == "numeric" and modifier >= 4:
        return ColumnType(name, precision=((modifier - 4) >> 16) & 0xFFFF, scale=(((modifier - 4) & 0x7FF) ^ 1024) - 1024)
    return ColumnType(name)


def _domain_checks(column: Row, types: dict[int, Row]) -> list[Check]:
    """The checks of the column's domains, with VALUE replaced by the column."""
    found, kind = [], types[column["type"]]
    name = '"' + column["name"].replace('"', '""') + '"'
    while kind["kind"] == "d":
        found += [Check(f"domain {kind['name']}", re.sub(r"\bVALUE\b", lambda _: name, text)) for text in kind["checks"]]
        kind = types[kind["base"]]
    return found


def _index(row: Row, constraint: Row | None) -> Index:
    parts = tuple(IndexPart(column, text) for column, text in zip(row["columns"], row["parts"], strict=True))
    return Index(
        name=row["name"],
        parts=parts,
        unique=row["unique"],
        primary=row["primary"],
        definition=row["definition"],
        predicate=row["predicate"],
        constraint=constraint["definition"] if constraint else None,
        comment=(constraint or row)["comment"],
        movable=row["movable"],
    )


def _foreign_key(row: Row) -> ForeignKey:
    return ForeignKey(
        name=row["name"],
        columns=tuple(row["columns"]),
        target=TableName(row["target_schema"], row["target_name"]),
        target_columns=tuple(row["target_columns"]),
        definition=row["definition"],
        match=Match(row["match"]),
        validated=row["validated"],
        comment=row["comment"],
    )
