"""Whatever is taken away for a load is there again behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from liftlock_datagen.catalog.model import Catalog, TableName, View
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.load_phases import build_indexes, empty_anew, finish_load, ordered_views, prepare_load, prove_references
from tests.integration.datagen.shape import SHAPE
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

MORE = """
CREATE TABLE log (what text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (NEW.id::text); RETURN NULL; END';
CREATE TRIGGER told AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION tell();
ALTER TABLE event ENABLE ALWAYS TRIGGER told;
CREATE INDEX event_by_child ON event (child_id);
COMMENT ON INDEX event_by_child IS 'for looking up';
CREATE TABLE down (n int DEFAULT nextval('loose'));
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM event;
CREATE MATERIALIZED VIEW broken AS SELECT 1 / (count(*) - 2) AS n FROM event;
"""
ROWS = """
INSERT INTO child (id, drawn) VALUES (5, 7), (9, -40);
INSERT INTO down VALUES (-60), (3);
INSERT INTO event VALUES (1, '2024-05-01', 'ch', 5), (2, '2020-01-01', 'x', 9);
"""


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[str]:
    text = (Path(__file__).parent / "features.sql").read_text(encoding="utf-8")
    with postgres.database(text + MORE) as name:
        yield name


def test_the_schema_is_the_same_again_and_rows_were_met_by_nothing_that_acts(postgres: RunningPostgres, database: str) -> None:
    with postgres.connect(database) as connection:
        before, shape = read_catalog(connection), connection.execute(SHAPE).fetchall()
        with connection.transaction():
            prepare_load(connection, before)
            assert not any(key for table in read_catalog(connection).tables for key in table.foreign_keys)
            connection.execute(ROWS)
            build_indexes(connection, before)
            prove_references(connection, before)
            finish_load(connection, before)
        after = read_catalog(connection)
        assert after == before
        assert connection.execute(SHAPE).fetchall() == shape
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (0,)
        assert connection.execute("SELECT n FROM counted").fetchone() == (2,)
        assert connection.execute("SELECT n FROM broken").fetchone() == (0,)  # it cannot be computed from these rows: as it was
        assert connection.execute("SELECT nextval('loose'), nextval('child_id_seq')").fetchone() == (-62, 10)
        connection.execute("INSERT INTO event VALUES (3, '2024-06-01', 'de', 5)")
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (1,)


def test_a_row_without_its_parent_is_refused_by_the_proof(postgres: RunningPostgres, database: str) -> None:
    with postgres.connect(database) as connection:
        before = read_catalog(connection)
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="event_child_id_fkey"), connection.transaction():
            prepare_load(connection, before)
            connection.execute("INSERT INTO event VALUES (1, '2024-05-01', 'ch', 12345)")
            build_indexes(connection, before)
            prove_references(connection, before)
        assert read_catalog(connection) == before


def test_views_come_behind_those_that_they_read() -> None:
    a, b, c = (TableName("public", name) for name in "abc")
    views = (View(a, "", depends_on=(b, c)), View(b, "", depends_on=(c,)), View(c, "", depends_on=(TableName("public", "t"),)))
    assert [view.name for view in ordered_views(Catalog(views=views))] == [c, b, a]


def test_rows_that_are_copied_in_frozen_need_no_vacuum_and_a_table_whose_triggers_might_look_is_left_out(
    postgres: RunningPostgres, database: str
) -> None:
    with postgres.connect(database) as connection:
        catalog = read_catalog(connection)
        with connection.transaction():
            prepare_load(connection, catalog)
            frozen = empty_anew(connection, catalog)
            assert TableName("public", "animal") in frozen
            assert {TableName("public", "child"), TableName("public", "event")}.isdisjoint(frozen)  # they have triggers
            with connection.cursor().copy("COPY animal (id) FROM STDIN (FREEZE)") as copy:
                copy.write(b"5\n9\n")
            build_indexes(connection, catalog)
            prove_references(connection, catalog)
            finish_load(connection, catalog)
        visible = "SELECT relallvisible = relpages AND relpages > 0 FROM pg_class WHERE oid = 'animal'::regclass"
        assert connection.execute(visible).fetchone() == (True,)


def test_tables_that_may_not_be_emptied_are_filled_as_usual(postgres: RunningPostgres) -> None:
    with postgres.database("CREATE TABLE held (id int PRIMARY KEY)") as name, postgres.connect(name) as connection:
        catalog = read_catalog(connection)
        connection.execute("CREATE TABLE unknown (held int REFERENCES held)")  # the catalog does not have it, as with another schema's
        with connection.transaction():
            assert empty_anew(connection, catalog) == frozenset()
            connection.execute("INSERT INTO held VALUES (1)")  # the transaction goes on
        assert connection.execute("SELECT count(*) FROM held").fetchone() == (1,)
