"""The hash of everything that is defined, on a real server: whatever people define changes it, and nothing that comes by itself does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liftlock_datagen.catalog.definitions import definitions
from tests.integration.datagen.test_anonymise import SCHEMA
from tests.postgres import RunningPostgres

pytestmark = [pytest.mark.docker, pytest.mark.every_version]

_DEFINING = (
    "ALTER TABLE people ADD COLUMN more text", "ALTER TABLE people DROP COLUMN more", "COMMENT ON COLUMN people.email IS 'mine'",
    "DROP INDEX people_lower_idx", "CREATE INDEX ON people (born)", "CREATE POLICY mine ON people USING (true)",
    "ALTER TABLE people ENABLE ROW LEVEL SECURITY", "ALTER TYPE mood ADD VALUE 'so'", "CREATE VIEW all_people AS SELECT * FROM people",
    "CREATE OR REPLACE VIEW all_people AS SELECT * FROM people WHERE id > 0",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "CLUSTER people USING people_pkey", "CREATE SEQUENCE numbers", "ALTER SEQUENCE numbers INCREMENT 2",
    "ALTER SEQUENCE numbers OWNED BY people.id",
    "ALTER TABLE people ALTER note SET DEFAULT ''", "ALTER TABLE people ADD CHECK (balance >= 0) NOT VALID",
    "ALTER TABLE visits DETACH PARTITION visits_2024", "CREATE DOMAIN small AS text", "ALTER DOMAIN small SET NOT NULL",
    "CREATE RULE quiet AS ON DELETE TO audit DO INSTEAD NOTHING", "CREATE SCHEMA other", "ALTER TABLE audit SET SCHEMA other",
    "ALTER TABLE other.audit SET (fillfactor = 50)", "ALTER TABLE other.audit SET UNLOGGED",
    "CREATE STATISTICS pairs ON born, mood FROM people",
    "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)", "CREATE TYPE pair AS (a int, b int)",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER stamp BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION stamp()", "ALTER TABLE people DISABLE TRIGGER stamp",
    "CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple)", "ALTER TEXT SEARCH CONFIGURATION mine DROP MAPPING FOR word",
)  # fmt: skip
_OTHER = (
    "INSERT INTO people (email, full_name) VALUES ('x', 'y')", "DELETE FROM people WHERE email = 'x'", "TRUNCATE audit", "ANALYZE",
    "VACUUM FULL FREEZE people", "VACUUM", "REINDEX TABLE people", "REFRESH MATERIALIZED VIEW per_domain",
    "GRANT SELECT ON people TO PUBLIC", "SELECT nextval('people_id_seq')",
    "GRANT USAGE ON SCHEMA public TO PUBLIC", "CREATE TEMPORARY TABLE passing (what text)", "SET search_path = nowhere",
)  # fmt: skip


@pytest.fixture
def database(server: RunningPostgres) -> Iterator[str]:
    with server.database(SCHEMA) as name:
        yield name


def test_whatever_is_defined_changes_it(server: RunningPostgres, database: str) -> None:
    seen = set[str]()
    with server.connect(database) as connection:
        for statement in ("SELECT 1", *_DEFINING):
            connection.execute(statement.encode())
            now = definitions(connection)
            assert now not in seen, statement
            seen.add(now)


def test_rows_rights_and_maintenance_do_not(server: RunningPostgres, database: str) -> None:
    with server.connect(database) as connection:
        before = definitions(connection)
        for statement in _OTHER:
            connection.execute(statement.encode())
            assert definitions(connection) == before, statement
        path = connection.execute("SHOW search_path").fetchall()
    assert path == [("nowhere",)]
    server.administer(f"CREATE DATABASE {database}_clone TEMPLATE {database} OWNER liftlock")
    try:
        with server.connect(f"{database}_clone") as connection:
            assert definitions(connection) == before
    finally:
        server.drop(f"{database}_clone")
