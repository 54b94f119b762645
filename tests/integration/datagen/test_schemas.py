"""Schemas as people have them: rows from nothing but the DDL, every constraint proved by the database, and by counting what breaks one."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, Table
from liftlock_datagen.catalog.read import read_catalog
from tests.integration.datagen.shape import SHAPE
from tests.integration.datagen.test_seed import ask
from tests.postgres import RunningPostgres
from tests.schemas import NAMES, schema

pytestmark = pytest.mark.docker
Connection = psycopg.Connection[tuple[object, ...]]


@pytest.mark.parametrize("name", NAMES)
def test_every_table_has_rows_and_the_schema_is_as_it_was(
    postgres: RunningPostgres, filled_schema: Callable[[str], str], name: str
) -> None:
    filled = filled_schema(name)
    with postgres.database(schema(name)) as empty:
        assert ask(postgres, filled, SHAPE) == ask(postgres, empty, SHAPE)
    with postgres.connect(filled) as connection:
        catalog = read_catalog(connection)
        empty_tables = [str(table.name) for table in catalog.tables if table.partition_of is None and not _count(connection, table, "true")]
    assert empty_tables == []


@pytest.mark.parametrize("name", NAMES)
def test_no_row_breaks_a_check_or_a_reference(postgres: RunningPostgres, filled_schema: Callable[[str], str], name: str) -> None:
    with postgres.connect(filled_schema(name)) as connection:
        catalog = read_catalog(connection)
        for table in catalog.tables:
            for check in table.checks:
                assert _count(connection, table, f"NOT ({check.expression})") == 0, f"{table.name} {check.name}"
        _assert_references_hold(connection, catalog)


def test_triggers_that_compute_a_column_did_so(postgres: RunningPostgres, filled_schema: Callable[[str], str]) -> None:
    kept = "SELECT count(*) FROM film WHERE fulltext <> to_tsvector('pg_catalog.english', title || ' ' || coalesce(description, ''))"
    assert ask(postgres, filled_schema("rental"), kept) == [(0,)]


def _count(connection: Connection, table: Table, condition: str) -> object:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE ").format(_named(table)) + sql.SQL(condition)
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


def _named(table: Table) -> sql.Identifier:
    return sql.Identifier(table.name.schema, table.name.name)


def _assert_references_hold(connection: Connection, catalog: Catalog) -> None:
    for table in catalog.tables:
        for key in table.foreign_keys:
            pairs = sql.SQL(" AND ").join(
                sql.SQL("p.{} = c.{}").format(sql.Identifier(target), sql.Identifier(own))
                for own, target in zip(key.columns, key.target_columns, strict=True)
            )
            present = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(own)) for own in key.columns)
            statement = sql.SQL("SELECT count(*) FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {})")
            parent = _named(catalog.table(key.target))
            row = connection.execute(statement.format(_named(table), present, parent, pairs)).fetchone()
            assert row == (0,), f"{table.name} {key.name}"
