"""What was written behind a marker is seen, whoever wrote it and however."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from liftlock_datagen.database.connect import connected
from liftlock_datagen.errors import DatagenError, TargetError
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.snapshots.markers import Anonymised, mark_anonymised
from liftlock_datagen.snapshots.restore import restore_template
from liftlock_datagen.snapshots.seal import seal, written_since
from liftlock_datagen.synthesis.load import seed
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker
_SCHEMA = """
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE event (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE event_low PARTITION OF event FOR VALUES FROM (0) TO (100);
CREATE MATERIALIZED VIEW names AS SELECT name FROM person;
"""
_MADE = Anonymised("0123abcd", "blake2b:ff", "liftlock 1")


@pytest.fixture(scope="module")
def database(postgres: RunningPostgres) -> Iterator[str]:
    """One for all tests."""
    with postgres.database(_SCHEMA) as name:
        yield name


@pytest.fixture
def marked(postgres: RunningPostgres, database: str) -> str:
    """The database with a few rows and the marker of an anonymised copy; its name."""
    with postgres.connect(database) as connection:
        connection.execute("ALTER TABLE person DISABLE ROW LEVEL SECURITY")
        connection.execute("SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
        connection.execute("TRUNCATE person, event")
        connection.execute("INSERT INTO person SELECT i, 'nobody' FROM generate_series(1, 20) i")
        connection.execute("INSERT INTO event SELECT i, 'nothing' FROM generate_series(1, 20) i")
        connection.execute("REFRESH MATERIALIZED VIEW names")
        mark_anonymised(connection, _MADE)
    return database


def _since(postgres: RunningPostgres, name: str) -> str:
    with PostgresEngine().held(postgres.url(name)) as found:
        return found.written_since


@pytest.mark.parametrize(
    "harmless",
    [
        "VACUUM (FREEZE, ANALYZE)",
        "VACUUM (FULL)",
        "DELETE FROM person WHERE id < 10",
        "CREATE INDEX ON person (name)",
        "BEGIN; SELECT id FROM person FOR UPDATE; COMMIT",
        "BEGIN; UPDATE person SET name = 'x'; ROLLBACK",
        "ALTER TABLE person ADD COLUMN more int",
        "CREATE TABLE empty (id int)",
    ],
)
def test_what_writes_no_row_leaves_the_marker_as_it_is(postgres: RunningPostgres, marked: str, harmless: str) -> None:
    with postgres.connect(marked) as connection:
        for statement in harmless.split("; "):
            connection.execute(statement.encode())

    assert _since(postgres, marked) == ""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("INSERT INTO person VALUES (99, 'Ada Lovelace')", "1 rows were written behind its marker, in public.person"),
        ("UPDATE person SET name = 'Ada Lovelace' WHERE id < 4", "3 rows were written behind its marker, in public.person"),
        ("INSERT INTO event VALUES (50, 'Ada Lovelace')", "in public.event_low"),
        ("CREATE TABLE raw AS SELECT 'Ada Lovelace'", "in public.raw"),
        ("CREATE SCHEMA other CREATE TABLE schema_migrations (name text); INSERT INTO other.schema_migrations VALUES ('Ada')", "in other."),
        ("CREATE TABLE liftlock_data.raw AS SELECT 'Ada Lovelace'", "in liftlock_data.raw"),
        ("INSERT INTO person VALUES (99, 'Ada'); REFRESH MATERIALIZED VIEW names; DELETE FROM person WHERE id = 99", "in public.names"),
        ("SELECT lo_from_bytea(0, 'Ada Lovelace')", "in large objects"),
        ("INSERT INTO person VALUES (99, 'Ada Lovelace'); VACUUM (FREEZE) person", "in public.person"),
    ],
)
def test_rows_that_come_later_are_seen(postgres: RunningPostgres, marked: str, written: str, said: str) -> None:
    with postgres.connect(marked) as connection:
        for statement in written.split("; "):
            connection.execute(statement.encode())

    found = _since(postgres, marked)

    assert said in found
    assert "Ada" not in found


def test_a_transaction_that_was_open_over_the_marker_is_seen(postgres: RunningPostgres, marked: str) -> None:
    with postgres.connect(marked) as early, postgres.connect(marked) as connection, early.transaction():
        early.execute("SELECT txid_current()")
        mark_anonymised(connection, _MADE)
        early.execute("INSERT INTO person VALUES (99, 'Ada Lovelace')")

    assert "in public.person" in _since(postgres, marked)


def test_a_marker_that_came_with_a_dump_proves_nothing(postgres: RunningPostgres, marked: str) -> None:
    """In one transaction, so that all rows have the number of the marker's."""
    with postgres.connect(marked) as restored, restored.transaction():
        (values,) = restored.execute("SELECT first, last, seen, place::bigint FROM liftlock_data.sealed").fetchall()
        restored.execute("INSERT INTO person VALUES (99, 'Ada Lovelace')")
        restored.execute("DELETE FROM liftlock_data.sealed")
        restored.execute("INSERT INTO liftlock_data.sealed VALUES (%s, %s, %s, %s)", list(values))

    assert "came with a dump" in _since(postgres, marked)


def test_a_marker_without_a_seal_proves_nothing(postgres: RunningPostgres, marked: str) -> None:
    with postgres.connect(marked) as connection:
        connection.execute("DROP TABLE liftlock_data.sealed")

    assert "an older version of liftlock" in _since(postgres, marked)


@pytest.mark.every_version
def test_synthetic_rows_are_sealed_where_they_are_made_and_a_clone_keeps_the_seal(postgres: RunningPostgres) -> None:
    with postgres.database("CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL)") as name:
        seed(postgres.url(name), rows=50, seed=7, on_progress=lambda *_: None)
        assert _since(postgres, name) == ""

        template = f"{name}_t"
        postgres.administer(f"CREATE DATABASE {template} TEMPLATE {name} OWNER liftlock IS_TEMPLATE true")
        postgres.administer(f"COMMENT ON DATABASE {template} IS 'pristine'")
        with postgres.connect(name) as connection:
            connection.execute("INSERT INTO person (id, name) VALUES (1000000, 'Ada Lovelace')")
        assert "in public.person" in _since(postgres, name)
        try:
            assert restore_template(postgres.url(name), template=template, comment="pristine", on_note=lambda _: None)
            assert _since(postgres, name) == ""
        finally:
            postgres.administer(f"ALTER DATABASE {template} IS_TEMPLATE false")
            postgres.administer(f"DROP DATABASE {template}")


def test_rows_that_a_policy_hides_are_not_taken_for_none(postgres: RunningPostgres, marked: str) -> None:
    with postgres.connect(marked) as connection:
        connection.execute("INSERT INTO person VALUES (99, 'Ada Lovelace')")
        connection.execute("CREATE POLICY nothing ON person USING (false)")
        connection.execute("ALTER TABLE person ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")

    with pytest.raises(DatagenError, match="row-level security"):
        _since(postgres, marked)


def test_what_is_copied_from_a_held_database_are_the_rows_that_were_looked_at(postgres: RunningPostgres, marked: str) -> None:
    with PostgresEngine().held(postgres.url(marked)) as found, postgres.connect(marked) as writer:
        writer.execute("INSERT INTO person VALUES (99, 'Ada Lovelace')")
        with psycopg.connect(postgres.url(marked)) as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute(f"SET TRANSACTION SNAPSHOT '{found.snapshot}'".encode())
            assert reader.execute("SELECT count(*) FROM person").fetchone() == (20,)


def test_synthetic_rows_do_not_go_into_an_anonymised_copy(postgres: RunningPostgres, marked: str) -> None:
    with pytest.raises(TargetError, match="holds the rows of an anonymised copy, and keeps them") as raised:
        seed(postgres.url(marked), rows=50, seed=7, on_progress=lambda *_: None)

    assert "data generate" in (raised.value.hint or "")
    assert _since(postgres, marked) == ""


def test_a_copy_of_rows_that_are_known_is_vouched_for_anew(postgres: RunningPostgres, marked: str) -> None:
    engine = PostgresEngine()
    with postgres.connect(marked) as connection:
        connection.execute("UPDATE person SET name = 'nobody'")
    assert _since(postgres, marked) != ""

    engine.vouch(postgres.url(marked))

    assert _since(postgres, marked) == ""


def test_a_seal_inside_a_transaction_covers_the_parts_of_it(postgres: RunningPostgres, marked: str) -> None:
    with connected(postgres.url(marked)) as connection:
        with connection.transaction():
            connection.execute("INSERT INTO person VALUES (98, 'nobody')")
            with connection.transaction():
                connection.execute("INSERT INTO person VALUES (99, 'nobody')")
            seal(connection)
        assert written_since(connection) == ""
