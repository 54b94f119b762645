"""Reads the catalog of a live PostgreSQL database, 12 or later, with one query for each sort of thing. Only reads; plans judge it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq
from psycopg.rows import dict_row

from liftlock_datagen.catalog import model, queries
from liftlock_datagen.catalog.books import book_of
from liftlock_datagen.catalog.read_constraints import (
    check_of,
    exclusion_of,
    foreign_key_of,
    index_of,
    partition_key_of,
    policy_of,
    trigger_of,
)
from liftlock_datagen.catalog.read_types import Row, Types, types_of
from liftlock_datagen.catalog.types import Column, Identity, TableName


def read_catalog(connection: psycopg.Connection[Any]) -> model.Catalog:
    """The catalog of every table outside the system's and the extensions' own, and of what stands around them; one moment's.

    Names in expressions are qualified, whatever the role's search_path is. The tables that migration tools keep about themselves are its
    books: rows there are facts, so they are neither filled nor counted as data.
    """
    with _qualified(connection), connection.cursor(row_factory=dict_row) as cursor:
        source = _Source(cursor, connection.info.server_version)
        found = source.tables()
        names = {row["oid"]: _table_name(row) for row in found}
        parts = _Parts(names, source.types(), *(source.grouped(text) for text in (queries.COLUMNS, queries.CONSTRAINTS, queries.INDEXES)),
                       *(source.grouped(text) for text in (queries.TRIGGERS, queries.POLICIES)))  # fmt: skip
        tables = [parts.table(row) for row in found]
        books = tuple(table for table in tables if book_of(table) is not None)
        return model.Catalog(
            tables=tuple(table for table in tables if table not in books),
            books=books,
            sequences=tuple(map(_sequence, source.all(queries.SEQUENCES))),
            views=tuple(map(_view, source.all(queries.VIEWS))),
            extensions=tuple(map(_extension, source.all(queries.EXTENSIONS))),
            outside=_outside(source.all(queries.OUTSIDE)),
            version=connection.info.server_version,
            large_objects=int(source.all(queries.LARGE_OBJECTS)[0]["count"]),
        )


@contextmanager
def _qualified(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """One snapshot for all queries where there is no transaction yet, and every name with its schema."""
    outermost = connection.info.transaction_status == pq.TransactionStatus.IDLE
    with connection.transaction():
        if outermost:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        before = connection.execute("SELECT current_setting('search_path')").fetchone()
        connection.execute("SELECT set_config('search_path', 'pg_catalog', true)")
        yield
        connection.execute("SELECT set_config('search_path', %s, true)", before)


@dataclass(frozen=True, slots=True)
class _Source:
    """The queries, for this version of PostgreSQL."""

    cursor: psycopg.Cursor[dict[str, Any]]
    version: int

    def all(self, query: str) -> list[dict[str, Any]]:
        text = query.replace("{wanted}", queries.WANTED)
        text = text.replace("{or_multirange}", queries.OR_MULTIRANGE if self.version >= 140000 else "")
        text = text.replace("{nulls_distinct}", queries.MAYBE_DISTINCT if self.version >= 150000 else queries.ALWAYS_DISTINCT)
        text = text.replace("{is_part}", queries.MAYBE_PART if self.version >= 130000 else queries.NEVER_PART)
        return self.cursor.execute(text.encode()).fetchall()

    def tables(self) -> list[dict[str, Any]]:
        return self.all(queries.TABLES)

    def types(self) -> Types:
        return types_of(*map(self.all, (queries.TYPES, queries.LABELS, queries.DOMAIN_CHECKS, queries.ATTRIBUTES)))

    def grouped(self, query: str) -> Mapping[int, Sequence[Row]]:
        found = defaultdict(list)
        for row in self.all(query):
            found[row["table"]].append(row)
        return found


@dataclass(frozen=True, slots=True)
class _Parts:
    """What tables are made of, by the table's oid."""

    names: Mapping[int, TableName]
    types: Types
    columns: Mapping[int, Sequence[Row]]
    constraints: Mapping[int, Sequence[Row]]
    indexes: Mapping[int, Sequence[Row]]
    triggers: Mapping[int, Sequence[Row]]
    policies: Mapping[int, Sequence[Row]]

    def table(self, row: Row) -> model.Table:
        oid = row["oid"]
        columns = self.columns.get(oid, ())
        constraints = self.constraints.get(oid, ())
        behind = {k["index"]: k for k in constraints if k["kind"] in {"p", "u", "x"}}
        indexes = {i["oid"]: index_of(i, behind.get(i["oid"])) for i in self.indexes.get(oid, ())}
        checks = [check_of(k) for k in constraints if k["kind"] == "c"]
        parents = tuple(self.names[parent] for parent in row["parents"] if parent in self.names)
        return model.Table(
            name=_table_name(row),
            columns=tuple(map(self._column, columns)),
            indexes=tuple(indexes.values()),
            foreign_keys=tuple(foreign_key_of(k) for k in constraints if k["kind"] == "f"),
            checks=(*checks, *(check for column in columns for check in self.types.domain_checks(column["type"], column["name"]))),
            exclusions=tuple(exclusion_of(k, indexes[k["index"]]) for k in constraints if k["kind"] == "x"),
            kind=model.TableKind(row["kind"]),
            partition_of=parents[0] if row["partition"] and parents else None,
            bound=row["bound"],
            partition_key=partition_key_of(row, columns),
            inherits=() if row["partition"] else parents,
            triggers=tuple(map(trigger_of, self.triggers.get(oid, ()))),
            policies=tuple(map(policy_of, self.policies.get(oid, ()))),
            row_security=row["row_security"],
            row_security_forced=row["row_security_forced"],
            replica_identity=row["replica_identity"],
            unlogged=row["persistence"] == "u",
            comment=row["comment"],
            statistics=tuple(row["statistics"]),
            rows=_estimate(row),
            bytes=row["bytes"] or 0,
        )

    def _column(self, row: Row) -> Column:
        kind, not_null = self.types.resolved(row["type"], row["modifier"], row["declared"])
        return Column(
            name=row["name"],
            type=kind,
            nullable=not (row["not_null"] or not_null),
            default=row["default"],
            identity=Identity(row["identity"]),
            generated=bool(row["generated"]),
            sequence=TableName(row["sequence_schema"], row["sequence_name"]) if row["sequence_name"] else None,
            inherited=row["inherited"],
            statistics=row["statistics"],
            collation=row["collation"] or "",
            comment=row["comment"],
        )


def _table_name(row: Row) -> TableName:
    return TableName(row["schema"], row["name"])


def _estimate(row: Row) -> int | None:
    """PostgreSQL 14 and later say -1 where nothing is known, earlier ones 0 with no pages."""
    unknown = row["rows"] < 0 or (row["rows"] == 0 and row["pages"] == 0 and row["bytes"])
    return None if unknown or row["kind"] == "p" else round(row["rows"])


def _sequence(row: Row) -> model.Sequence:
    owner = (TableName(row["table_schema"], row["table_name"]), row["column"]) if row["column"] else None
    numbers = (row["start"], row["minimum"], row["maximum"], row["increment"])
    return model.Sequence(_table_name(row), *numbers, cycle=row["cycle"], type=row["type"], owner=owner, last=row["last"])


def _view(row: Row) -> model.View:
    names = tuple(TableName(schema, name) for schema, name in row["depends_on"])
    return model.View(_table_name(row), row["definition"], row["materialised"], row["populated"], names)


def _extension(row: Row) -> model.Extension:
    return model.Extension(row["name"], row["version"], row["schema"], tuple(row["types"]))


def _outside(rows: Sequence[Row]) -> tuple[model.Outside, ...]:
    """An extension that could lead elsewhere is nothing to speak of as long as nothing uses it."""
    found = (
        model.Outside(
            kind=row["kind"],
            identity=row["identity"],
            relation=_table_name(row) if row["name"] else None,
            number=(row["class"], row["oid"]),
            partition_of=TableName(row["parent_schema"], row["parent"]) if row["parent"] else None,
        )
        for row in rows
    )
    return tuple(found) if any(row["kind"] != "extension" for row in rows) else ()
