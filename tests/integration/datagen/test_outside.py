"""What leads to other servers: named before anything is read, and in no copy, with all that hangs on it and the passwords it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.errors import PlanError, ProblemCode
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.run import MaskRequest, SchemaFrom, anonymise, preview
from liftlock_datagen.review.database import review_database
from liftlock_datagen.spec.model import AcceptedProblem, ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from liftlock_datagen.synthesis.load import plan_database
from liftlock_datagen.synthesis.request import RowsRequest
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

SCHEMA = """
CREATE TABLE people (id int PRIMARY KEY, email text);
INSERT INTO people SELECT i, 'anna' || i || '@corp.example' FROM generate_series(1, 50) i;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION dblink;
CREATE SERVER "the crm" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'crm');
COMMENT ON SERVER "the crm" IS 'live';
CREATE USER MAPPING FOR PUBLIC SERVER "the crm" OPTIONS (user 'boss', password 'hunter2');
CREATE FOREIGN TABLE "vip live" (email text) SERVER "the crm";
COMMENT ON COLUMN "vip live".email IS 'a comment on what stays away';
CREATE MATERIALIZED VIEW vip_report AS SELECT * FROM "vip live" WITH NO DATA;
CREATE INDEX ON vip_report (email);
CREATE VIEW vip_view AS SELECT * FROM vip_report;
CREATE FUNCTION vips() RETURNS SETOF "vip live" LANGUAGE sql AS 'SELECT * FROM "vip live"';
COMMENT ON FUNCTION vips() IS 'a comment on what stays away';
CREATE FUNCTION reach() RETURNS text LANGUAGE sql AS $$SELECT public.dblink_connect('password=hunter2')$$;
CREATE VIEW by_link AS SELECT * FROM dblink('host=x password=hunter2', 'select 1') AS t (a text);
CREATE TABLE events (day date, what text) PARTITION BY RANGE (day);
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
CREATE FOREIGN TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2024-01-01') SERVER "the crm";
INSERT INTO events VALUES ('2025-01-01', 'kept');
CREATE VIEW harmless AS SELECT count(*) FROM people;
CREATE FUNCTION note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION note_ddl();
"""
OUTSIDE = (
    "extension dblink",
    "extension postgres_fdw",
    'foreign table public."vip live"',
    "foreign table public.events_old",
    "function public.reach()",
    "function public.vips()",
    "materialized view public.vip_report",
    'server "the crm"',
    "user mapping public on server the crm",
    "view public.by_link",
    "view public.vip_view",
)
KEY = PseudonymKey(bytes(32))
KEPT = ColumnSpec(ValueSpec(Kind.TECHNICAL, Rule.KEEP))


@pytest.fixture(scope="module")
def source(postgres: RunningPostgres) -> Iterator[str]:
    """The URL of a database that leads elsewhere; a superuser made it."""
    postgres.administer("CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'pw'")
    with postgres.database("") as name:
        url = f"postgresql://boss:pw@127.0.0.1:{postgres.port}/{name}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SCHEMA.encode())
        yield url
    postgres.administer("DROP ROLE boss")


def spec() -> DataSpec:
    people = TableSpec(TableName("public", "people"), {"id": KEPT, "email": ColumnSpec(ValueSpec(Kind.EMAIL, Rule.PSEUDONYM))})
    events = TableSpec(TableName("public", "events"), {"day": KEPT, "what": KEPT})
    return DataSpec("shop", {table.name: table for table in (people, events)})


def test_everything_that_leads_elsewhere_is_a_problem_of_the_plan(source: str) -> None:
    problems = preview(source, spec()).problems
    assert [problem.table for problem in problems if problem.code is ProblemCode.FOREIGN_DATA] == list(OUTSIDE)
    assert "hunter2" not in str(problems)


def test_accepted_it_is_told_and_in_no_copy(postgres: RunningPostgres, source: str) -> None:
    accepted = tuple(AcceptedProblem(f"foreign-data:{name}", "the tests need none of it") for name in OUTSIDE)
    notes: list[str] = []
    with postgres.database("") as target:
        request = MaskRequest(source, postgres.url(target), spec(), PseudonymKey(bytes(32)), workers=1)
        with pytest.raises(PlanError, match="foreign-data"):
            anonymise(request, lambda *_: None, notes.append)
        assert not notes
        anonymise(replace(request, spec=replace(spec(), accepted=accepted)), lambda *_: None, notes.append)
        assert any('server "the crm"' in note for note in notes)
        with postgres.connect(target) as connection:
            catalog = read_catalog(connection)
            for table in ("pg_foreign_server", "pg_user_mappings", "pg_foreign_table", "pg_event_trigger"):
                assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)  # noqa: S608
            assert connection.execute("SELECT count(*) FROM harmless, events").fetchone() == (1,)
            dump = connection.execute("SELECT json_agg(p)::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace").fetchone()
    assert not catalog.outside
    assert {str(table.name) for table in catalog.tables} == {"public.people", "public.events", "public.events_new"}
    assert "hunter2" not in json.dumps(dump)


def test_no_row_is_made_where_it_might_go_to_another_server(postgres: RunningPostgres, source: str) -> None:
    """Neither of synthetic rows nor of a copy that keeps this schema."""
    place = r"public\.events_old \[foreign-data\]: it is a partition of public\.events"
    with pytest.raises(PlanError, match=place):
        plan_database(source, RowsRequest(100))
    with postgres.database("CREATE TABLE people (id int PRIMARY KEY, email text)") as other:
        request = MaskRequest(postgres.url(other), source, spec(), PseudonymKey(bytes(32)), SchemaFrom.TARGET, workers=1, replace=True)
        with pytest.raises(PlanError, match=place):
            anonymise(request, lambda *_: None, lambda _: None)


def test_large_objects_are_named_and_in_no_copy(postgres: RunningPostgres) -> None:
    notes: list[str] = []
    kept = DataSpec("shop", {TableName("public", "t"): TableSpec(TableName("public", "t"), {"a": KEPT})})
    with postgres.database("CREATE TABLE t (a int); SELECT lo_from_bytea(0, 'x'), lo_from_bytea(0, 'y')") as name:
        found = [finding.problem for finding in review_database(postgres.url(name), kept, None).findings]
        assert [problem.id for problem in found] == ["large-objects:pg_largeobject"]
        assert "there are 2 large objects" in found[0].text
        accepted = replace(kept, accepted=(AcceptedProblem(found[0].id, "avatars, which nobody looks at there"),))
        assert not [item for item in review_database(postgres.url(name), accepted, None).findings if not item.accepted]
        with postgres.database("") as target:
            anonymise(MaskRequest(postgres.url(name), postgres.url(target), accepted, KEY, workers=1), lambda *_: None, notes.append)
            with postgres.connect(target) as connection:
                assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)
    assert any("2 large objects" in note for note in notes)


def test_what_hangs_on_nothing_outside_has_the_digest_that_it_had(postgres: RunningPostgres) -> None:
    with postgres.database("CREATE TABLE t (a int)") as name, postgres.connect(name) as connection:
        catalog = read_catalog(connection)
    assert catalog.outside == ()
    assert replace(catalog, outside=()).digest == catalog.digest
