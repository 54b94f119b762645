"""A profile is read from a real server's statistics, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.profile.file import parse_profile, profile_text
from liftlock_datagen.profile.model import Gap, GapReason, Unit
from liftlock_datagen.profile.read import read_profile
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_SCHEMA = """
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE DOMAIN amount AS numeric(12,2);
CREATE TABLE people (
  id bigint PRIMARY KEY, name text NOT NULL, email text UNIQUE, note text, national_id int, born date, salary amount,
  status text NOT NULL, mood mood, member boolean, height int, seen timestamptz, unknown int);
CREATE TABLE visits (id bigint PRIMARY KEY, person_id bigint NOT NULL REFERENCES people, day date NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (5000);
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (5000) TO (100000);
CREATE TABLE fresh (id bigint PRIMARY KEY);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE django_migrations (id bigint PRIMARY KEY, app text, name text, applied timestamptz);
CREATE TABLE flyway_schema_history (id bigint PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
INSERT INTO people SELECT i, CASE WHEN i % 3 = 0 THEN 'Canary Yellowbird' ELSE 'Name ' || i END,
  'canary' || i || '@mail.example', 'canary note', CASE WHEN i % 2 = 0 THEN 756123456 END,
  date '1950-01-01' + (i * 5), 50000 + i * 7 + 0.37,
  CASE WHEN i <= 3 THEN 'Canary Rare' WHEN i % 4 = 0 THEN 'gone' ELSE 'active' END, CASE i % 5 WHEN 0 THEN 'cross' ELSE 'calm' END::mood,
  i % 10 = 0, 150 + i % 40, timestamptz '2024-01-01 00:00:00+00' + make_interval(mins => i), i % 7
  FROM generate_series(1, 4000) i;
UPDATE people SET born = '1911-11-11', salary = 987654321.37, height = 299 WHERE id = 17;
INSERT INTO visits SELECT i, CASE WHEN i % 2 = 0 THEN 7 ELSE 1 + i % 1000 END, date '2024-01-01' + i % 300 FROM generate_series(1, 9000) i;
ANALYZE people; ANALYZE visits;
"""
_PEOPLE, _VISITS = TableName("public", "people"), TableName("public", "visits")
_KINDS = {
    "name": (Kind.PERSON_NAME, Rule.PSEUDONYM),
    "email": (Kind.EMAIL, Rule.PSEUDONYM),
    "note": (Kind.FREE_TEXT, Rule.SYNTHETIC),
    "national_id": (Kind.NATIONAL_ID, Rule.PSEUDONYM),
    "born": (Kind.BIRTH_DATE, Rule.SHIFT),
    "salary": (Kind.AMOUNT, Rule.SYNTHETIC),
    "status": (Kind.CATEGORY, Rule.KEEP),
    "height": (Kind.NUMBER, Rule.KEEP),
    "seen": (Kind.MOMENT, Rule.SHIFT),
}
_CANARIES = ("anary", "756123456", "7.56", "1911", "987654321", "9.87", "299", ".37")


def _spec() -> DataSpec:
    columns = {name: ColumnSpec(ValueSpec(kind, rule)) for name, (kind, rule) in _KINDS.items()}
    return DataSpec("shop", {_PEOPLE: TableSpec(_PEOPLE, columns)})


@pytest.fixture(scope="module")
def database(postgres: RunningPostgres) -> Iterator[str]:
    """A source with statistics and canaries."""
    with postgres.database(_SCHEMA) as name:
        yield name


@pytest.mark.every_version
def test_the_figures_are_those_of_the_data(postgres: RunningPostgres, database: str) -> None:
    reading = read_profile(postgres.url(database), _spec())
    people, visits = reading.profile.tables[_PEOPLE], reading.profile.tables[_VISITS]
    assert (people.rows, visits.rows) == (4000, 9000)
    assert people.bytes > 8192
    assert people.index_bytes >= 16384
    assert people.columns["national_id"].nulls == pytest.approx(0.5, abs=0.01)
    assert people.columns["id"].distinct == -1
    assert dict(people.columns["mood"].values) == pytest.approx({"calm": 0.8, "cross": 0.2}, abs=0.01)
    assert dict(people.columns["status"].values) == pytest.approx({"active": 0.75, "gone": 0.25}, abs=0.01)
    assert visits.columns["person_id"].frequencies[0] == pytest.approx(0.5, abs=0.01)
    assert visits.columns["person_id"].histogram is None
    height = people.columns["height"].histogram
    assert height is not None
    assert (height.unit, height.bounds[0], height.bounds[-1]) == (Unit.NUMBER, 150, 189)
    assert reading.gaps == tuple(Gap(f"public.{name}", "id", GapReason.NOT_ANALYSED) for name in ("flyway_schema_history", "fresh"))
    assert {name.name for name in reading.profile.tables} == {"people", "visits", "fresh", "flyway_schema_history"}, "no tool's own books"
    assert TableName("public", "visits_1") not in reading.profile.tables
    assert set(reading.unclassified) == {
        "public.people.id",
        "public.people.unknown",
        "public.visits.id",
        "public.visits.day",
        "public.fresh.id",
        "public.flyway_schema_history.id",
    }


def test_no_planted_value_is_in_the_file(postgres: RunningPostgres, database: str) -> None:
    profile = read_profile(postgres.url(database), _spec()).profile
    text = profile_text(profile)
    assert parse_profile(text, "f") == profile
    assert [canary for canary in _CANARIES if canary in text] == []
    assert "gone" in text, "kept categories are shown, so that this test can fail"


def test_without_a_classification_only_enums_and_flags_show_values(postgres: RunningPostgres, database: str) -> None:
    profile = read_profile(postgres.url(database)).profile
    shown = {name for table in profile.tables.values() for name, column in table.columns.items() if column.values or column.histogram}
    assert shown == {"mood", "member"}


def test_no_table_is_read_so_locked_tables_do_not_matter(postgres: RunningPostgres, database: str) -> None:
    """Whoever reads a row needs a lock that the one held here forbids."""
    with postgres.connect(database) as holder, holder.transaction():
        holder.execute("LOCK TABLE people, visits, visits_1, visits_2, fresh IN ACCESS EXCLUSIVE MODE")
        url = postgres.url(database) + "?options=-c%20lock_timeout%3D500"
        assert read_profile(url, _spec()).profile.rows == 13000
        with psycopg.connect(url) as reader, pytest.raises(psycopg.errors.LockNotAvailable):
            reader.execute("SELECT FROM people LIMIT 1")


@pytest.mark.every_version
def test_a_role_without_rights_gets_gaps_instead_of_figures(postgres: RunningPostgres, database: str) -> None:
    with postgres.connect(database) as owner:
        postgres.administer("CREATE ROLE profiler LOGIN PASSWORD 'p@ss'")
        try:
            owner.execute("GRANT SELECT (id, height) ON people TO profiler")
            url = f"postgresql://profiler:{quote('p@ss', safe='')}@127.0.0.1:{postgres.port}/{database}"
            reading = read_profile(url, _spec())
            people = reading.profile.tables[_PEOPLE]
            assert (people.rows, set(people.columns)) == (4000, {"id", "height"})
            assert Gap("public.people", "email", GapReason.NO_RIGHT) in reading.gaps
            owner.execute("ALTER TABLE people ENABLE ROW LEVEL SECURITY")
            hidden = read_profile(url, _spec())
            assert Gap("public.people", "height", GapReason.ROW_SECURITY) in hidden.gaps
        finally:
            owner.execute("ALTER TABLE people DISABLE ROW LEVEL SECURITY")
            owner.execute("REVOKE ALL (id, height) ON people FROM profiler")
            postgres.administer("DROP ROLE profiler")
