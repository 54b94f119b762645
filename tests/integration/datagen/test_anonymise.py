"""Anonymised copies on a real server: whole, of one moment, unique where it matters, and nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import DatagenError, PlanError, SpecError, TargetError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.report import CrowdError, MaskReport
from liftlock_datagen.masking.run import MaskRequest, SchemaFrom, anonymise
from liftlock_datagen.spec.model import (
    AcceptedProblem,
    ColumnSpec,
    DataSpec,
    Kind,
    Rows,
    Rule,
    SubsetRoot,
    SubsetSpec,
    TableSpec,
    ValueSpec,
)
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

SCHEMA = r"""
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE people (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, full_name varchar(40) NOT NULL, phone text, born date,
  seen timestamptz, login uuid UNIQUE, address inet, tags text[], profile jsonb, mood mood, note text, balance numeric(10, 2),
  domain text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED, photo bytea, CHECK (length(full_name) > 0));
CREATE UNIQUE INDEX ON people (lower(email));
CREATE TABLE visits (
  person int NOT NULL REFERENCES people, at timestamptz NOT NULL, "where" text, PRIMARY KEY (person, at)) PARTITION BY RANGE (at);
CREATE TABLE visits_2024 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "Ünits" ("the key" int, what text);
CREATE TABLE audit (what text);
CREATE TABLE schema_migrations (version text PRIMARY KEY);
INSERT INTO schema_migrations VALUES ('20260101');
CREATE TABLE customer_migration (email text);
INSERT INTO customer_migration VALUES ('canary@mail.ch');
CREATE MATERIALIZED VIEW per_domain AS SELECT domain, count(*) FROM people GROUP BY 1;
INSERT INTO people (email, full_name, phone, born, seen, login, address, tags, profile, mood, note, balance, photo)
  SELECT 'canary' || i || '@mail.ch', E'Canary\tNo\\' || i, '+41 79 ' || i, date '1950-01-01' + i * 11, timestamptz '2024-05-01 10:00+00',
    md5(i::text)::uuid, '10.0.0.1', ARRAY['canary' || i, NULL], jsonb_build_object('mail', 'canary' || i || '@mail.ch', 'score', 1.50),
    CASE WHEN i % 2 = 0 THEN 'glad' ELSE 'sad' END::mood, CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN '' ELSE 'canary lives here' END,
    i, decode('cafe', 'hex') FROM generate_series(1, 2000) i;
INSERT INTO visits SELECT 1 + i % 2000, timestamptz '2024-06-01' + i * interval '1 hour', 'kept ' || i FROM generate_series(1, 8000) i;
INSERT INTO "Ünits" SELECT i, 'raw\t' || i FROM generate_series(1, 300) i;
INSERT INTO audit VALUES ('canary');
ANALYZE;
"""
KEPT = ValueSpec(Kind.TECHNICAL, Rule.KEEP)
KEY = PseudonymKey(bytes(range(32)))


def said(kind: Kind, rule: Rule = Rule.PSEUDONYM, domain: str = "", **options: str) -> ValueSpec:
    return ValueSpec(kind, rule, domain, options)


def spec() -> DataSpec:
    """A classification of the schema."""
    people = {
        "id": said(Kind.IDENTIFIER, domain="person"), "email": said(Kind.EMAIL), "full_name": said(Kind.PERSON_NAME),
        "phone": said(Kind.PHONE), "born": said(Kind.BIRTH_DATE, Rule.GENERALISE, to="decade"),
        "seen": said(Kind.MOMENT, Rule.SHIFT, days="30"), "login": said(Kind.IDENTIFIER, domain="login"), "address": said(Kind.IP_ADDRESS),
        "tags": said(Kind.USERNAME), "mood": KEPT, "note": said(Kind.FREE_TEXT), "balance": said(Kind.AMOUNT, Rule.GENERALISE, to="100"),
        "photo": said(Kind.FILE, Rule.SYNTHETIC),
    }  # fmt: skip
    document = ColumnSpec(ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.mail": said(Kind.EMAIL), "$.score": KEPT})
    tables = {
        "people": TableSpec(
            named("people"), {**{name: ColumnSpec(value) for name, value in people.items()}, "profile": document}, subject="id",
            quasi_identifiers=("born", "mood"),
        ),
        "visits": table("visits", {"person": ValueSpec(Kind.REFERENCE, Rule.KEEP), "at": KEPT, "where": KEPT}),
        "Ünits": table("Ünits", {"the key": KEPT, "what": KEPT}),
        "customer_migration": table("customer_migration", {"email": said(Kind.EMAIL)}),
        "audit": replace(table("audit", {"what": KEPT}), rows=Rows.NONE),
    }  # fmt: skip
    return DataSpec("shop", {found.name: found for found in tables.values()}, k=4, digest="blake2b:spec")


def named(name: str) -> TableName:
    return TableName("public", name)


def table(name: str, columns: Mapping[str, ValueSpec]) -> TableSpec:
    return TableSpec(named(name), {column: ColumnSpec(value) for column, value in columns.items()})


@pytest.fixture(scope="module")
def source(server: RunningPostgres) -> Iterator[str]:
    with server.database(SCHEMA) as name:
        yield name


@pytest.fixture
def target(server: RunningPostgres) -> Iterator[str]:
    with server.database("CREATE TABLE old (what text)") as name:
        yield name


Copy = Callable[..., MaskReport]


@pytest.fixture
def told() -> list[tuple[str, int, int]]:
    """What the copies of a test told of their progress."""
    return []


@pytest.fixture
def copy(server: RunningPostgres, source: str, target: str, told: list[tuple[str, int, int]]) -> Copy:
    """Runs a copy from source to target."""

    def run(*, on_note: Callable[[str], None] = lambda _: None, **changes: object) -> MaskReport:
        request = MaskRequest(server.url(source), server.url(target), spec(), KEY, workers=2)
        return anonymise(replace(request, **changes), lambda *now: told.append(now), on_note)  # type: ignore[arg-type]

    return run


def rows(server: RunningPostgres, database: str, query: str) -> list[tuple[object, ...]]:
    with server.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def contents(server: RunningPostgres, database: str) -> list[list[tuple[object, ...]]]:
    queries = [
        "SELECT p::text FROM people p ORDER BY 1",
        "SELECT v::text FROM visits v ORDER BY 1",
        'SELECT u::text FROM "Ünits" u ORDER BY 1',
    ]
    return [rows(server, database, query) for query in queries]


@pytest.mark.every_version
def test_a_copy_is_whole_and_holds_nothing_of_what_was_to_go(server: RunningPostgres, source: str, target: str, copy: Copy) -> None:
    before = contents(server, source)
    report = copy()
    assert contents(server, source) == before
    small = {"public.customer_migration": 1, "public.schema_migrations": 1}
    assert report.rows == {"public.people": 2000, "public.visits": 8000, "public.Ünits": 300} | small
    assert "canary" not in str(rows(server, target, "SELECT email FROM customer_migration"))
    after = contents(server, target)
    assert [len(part) for part in after] == [2000, 8000, 300]
    assert "canary" not in str(after).lower()
    assert after[2] == before[2]
    assert rows(server, target, "SELECT count(*) FROM audit") == [(0,)]
    joined = "SELECT count(*) FROM visits JOIN people ON person = id"
    assert rows(server, target, joined) == [(8000,)]
    assert rows(server, target, "SELECT count(*), sum(count)::int FROM per_domain") == [(1, 2000)]
    assert rows(server, target, "SELECT DISTINCT domain FROM people") == [("example.com",)]
    assert rows(server, target, "SELECT count(*) FROM people WHERE profile->>'mail' <> email OR profile->>'score' <> '1.50'") == [(0,)]
    nulls = "SELECT count(*) FILTER (WHERE note IS NULL), count(*) FILTER (WHERE note = '') FROM people"
    assert rows(server, target, nulls) == rows(server, source, nulls)
    assert rows(server, target, "SELECT key_id, spec_digest FROM liftlock_data.anonymised") == [(KEY.id, "blake2b:spec")]
    assert rows(server, target, "SELECT count(*) FROM pg_constraint WHERE contype IN ('f', 'u', 'p', 'c') AND NOT convalidated") == [(0,)]
    with server.connect(target) as connection:  # the sequence goes on behind the largest id
        connection.execute("INSERT INTO people (email, full_name) VALUES ('x', 'x')")


def test_progress_begins_with_each_table_and_ends_with_all_its_rows(copy: Copy, told: list[tuple[str, int, int]]) -> None:
    report = copy()
    for name, rows_of in report.rows.items():
        counted = [(done, total) for about, done, total in told if about == name]
        assert counted[0][0] == 0 < counted[0][1]
        assert counted[-1] == (rows_of, rows_of)


def test_the_rows_depend_on_the_key_and_on_nothing_else(server: RunningPostgres, target: str, copy: Copy) -> None:
    copy(workers=1)
    first = contents(server, target)
    copy(workers=3)
    assert contents(server, target) == first
    copy(key=PseudonymKey(bytes(range(1, 33))))
    other = contents(server, target)
    assert len(set(first[0]) & set(other[0])) == 0
    assert other[2] == first[2]


def test_a_subset_is_whole_in_itself(server: RunningPostgres, target: str, copy: Copy) -> None:
    subset = SubsetSpec((SubsetRoot(named("people"), percent=10),))
    report = copy(spec=replace(spec(), subset=subset, k=1))
    assert 100 < report.rows["public.people"] < 320
    assert report.rows["public.visits"] == 4 * report.rows["public.people"]
    assert rows(server, target, "SELECT count(*) FROM visits WHERE person NOT IN (SELECT id FROM people)") == [(0,)]


def test_what_is_not_classified_and_paths_that_nobody_knows_stop_the_run(server: RunningPostgres, target: str, copy: Copy) -> None:
    known = spec().tables
    without = {name: found for name, found in known.items() if name.name != "audit"}
    with pytest.raises(PlanError, match=r"public\.audit \[unclassified-table\]"):
        copy(spec=replace(spec(), tables=without))
    people = known[named("people")]
    document = ColumnSpec(ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.mail": said(Kind.EMAIL)})
    narrower = {**known, people.name: replace(people, columns={**people.columns, "profile": document})}
    with pytest.raises(SpecError, match=r"people\.profile: a document holds a key at \$ that is not") as caught:
        copy(spec=replace(spec(), tables=narrower))
    assert "canary" not in str(caught.value)
    assert rows(server, target, "SELECT count(*) FROM old") == [(0,)]


@pytest.mark.every_version
def test_a_copy_takes_the_targets_schema_where_that_is_ahead(server: RunningPostgres, source: str, copy: Copy) -> None:
    ahead = "ALTER TABLE people ADD COLUMN later text DEFAULT 'new'; CREATE TABLE latest (what text);"
    with server.database(SCHEMA + ahead) as migrated:
        copy(target_url=server.url(migrated), schema=SchemaFrom.TARGET, replace=True)
        assert rows(server, migrated, "SELECT later, count(*)::int FROM people GROUP BY 1") == [("new", 2000)]
        assert rows(server, migrated, "SELECT count(*) FROM latest") == [(0,)]
        assert "canary" not in str(contents(server, migrated))
    with server.database("CREATE TABLE people (id int)") as behind, pytest.raises(DatagenError, match=r"lacks .*public\.people\.email"):
        copy(target_url=server.url(behind), schema=SchemaFrom.TARGET, replace=True)


def test_a_copy_in_which_people_stand_out_is_not_swapped_in(server: RunningPostgres, target: str, copy: Copy) -> None:
    with pytest.raises(CrowdError, match=r"not 300-anonymous(.|\n)*public\.people \(born, mood\): [\d,]+ rows"):
        copy(spec=replace(spec(), k=300))
    assert rows(server, target, "SELECT count(*) FROM old") == [(0,)]


def test_a_target_that_is_the_source_or_that_others_use_or_filled_is_refused(
    server: RunningPostgres, source: str, target: str, copy: Copy
) -> None:
    with pytest.raises(TargetError, match="the same database"):
        copy(target_url=server.url(source), replace=True)
    with server.connect(target) as connection:
        connection.execute("SET application_name = 'shop'")
        with pytest.raises(TargetError, match="in use: 1 sessions of shop"):
            copy()
        connection.execute("INSERT INTO old VALUES ('mine')")
    with pytest.raises(TargetError, match=r"neither synthesis nor anonymisation made \(public\.old\)"):
        copy()
    copy(replace=True)
    copy()  # a copy of the same source may be replaced


def test_a_copy_of_another_source_and_synthetic_rows_are_not_replaced_unasked(
    server: RunningPostgres, source: str, target: str, copy: Copy
) -> None:
    copy(target_url=server.url(target))
    with server.database(SCHEMA) as other:
        with pytest.raises(TargetError, match="holds an anonymised copy of another source") as caught:
            copy(source_url=server.url(other))
        assert caught.value.may_be_lost
        assert "right way round" in str(caught.value.hint)
        with server.connect(other) as connection:
            connection.execute("CREATE SCHEMA liftlock_data")
            connection.execute("CREATE TABLE liftlock_data.seeded AS SELECT 7 seed, 5 rows, '' catalog_hash, '' vocabulary_hash")
        with pytest.raises(TargetError, match=r"holds synthetic rows \(seed 7\)"):
            copy(target_url=server.url(other))
    copy(target_url=server.url(target))


def test_a_copy_that_somebody_wrote_into_is_not_replaced_unasked(server: RunningPostgres, target: str, copy: Copy) -> None:
    copy(replace=True)
    with server.connect(target) as connection:
        connection.execute("UPDATE people SET full_name = full_name WHERE id = (SELECT min(id) FROM people)")
    with pytest.raises(TargetError, match=r"holds a copy of this source, and 1 rows were written .* in public\.people") as caught:
        copy()
    assert caught.value.may_be_lost
    copy(replace=True)
    copy()


_HIDE = """
ALTER TABLE {0} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON {0} USING (current_setting('app.tenant', true) = 'one')"""


def test_a_target_whose_rows_a_policy_hides_is_replaced_unasked_only_where_they_are_ours(
    server: RunningPostgres, target: str, copy: Copy
) -> None:
    with server.connect(target) as connection:
        connection.execute(_HIDE.format("old").encode())
    copy()  # it has no row to hide
    with server.connect(target) as connection:
        connection.execute(_HIDE.format("people").encode())
    copy()  # they are its own
    with server.connect(target) as connection:
        connection.execute(_HIDE.format("people").encode())
        connection.execute("SET app.tenant = 'one'")
        connection.execute("UPDATE people SET full_name = full_name WHERE id = (SELECT min(id) FROM people)")
    with pytest.raises(TargetError, match=r"a copy of this source, and 1 rows were written behind its marker, in public\.people"):
        copy()
    with server.connect(target) as connection:
        connection.execute("DROP SCHEMA liftlock_data CASCADE")
        connection.execute('DROP TABLE visits, audit, "Ünits", customer_migration, schema_migrations')
    with pytest.raises(TargetError, match=r"neither synthesis nor anonymisation made \(public\.people\)"):
        copy()
    copy(replace=True)


def test_a_target_whose_rows_nobody_can_look_at_is_not_replaced_unasked(server: RunningPostgres, target: str, copy: Copy) -> None:
    copy()
    with server.connect(target) as connection:
        connection.execute(_HIDE.format("people").encode())
    server.administer(f"ALTER DATABASE {target} SET default_transaction_read_only = on")
    with pytest.raises(TargetError, match=r"a copy of this source, and rows of public\.people may be hidden by row security"):
        copy()
    copy(replace=True)


def test_servers_of_one_golden_copy_are_told_apart(server: RunningPostgres, target: str, copy: Copy) -> None:
    """They share identifier and database; what tells them apart is where they are, or what they are called by who knows."""
    copy(replace=True, source_name="shop/one/shop")
    with pytest.raises(TargetError, match="holds an anonymised copy of another source"):
        copy(source_name="shop/two/shop")
    copy(source_name="shop/one/shop")
    with pytest.raises(TargetError, match="holds an anonymised copy of another source"):
        copy()


def test_no_refusal_of_the_database_quotes_a_row(server: RunningPostgres, target: str, copy: Copy) -> None:
    with server.database(SCHEMA + "CREATE UNIQUE INDEX ON people ((left(full_name, 2)), id)") as odd, server.connect(odd) as connection:
        connection.execute("ALTER TABLE people ADD CHECK (full_name LIKE 'Canary%')")
        accepted = spec()
        with pytest.raises(PlanError, match="unproved-check"):
            copy(source_url=server.url(odd))
        accepted = replace(accepted, accepted=(AcceptedProblem("unproved-check:public.people.full_name", "for the test"),))
        with pytest.raises(DatagenError, match=r"public\.people.*check violation.*people_full_name_check1") as caught:
            copy(source_url=server.url(odd), spec=accepted)
    assert "@" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


_KILLED = """
import sys
from tests.integration.datagen.test_anonymise import KEY, spec
from liftlock_datagen.masking.run import MaskRequest, SchemaFrom, anonymise
if __name__ == "__main__":
    seen = []
    def progress(*step):
        seen.append(step)
        if len(seen) == int(sys.argv[3]):
            print("there", flush=True)
            sys.stdin.read()
    anonymise(MaskRequest(sys.argv[1], sys.argv[2], spec(), KEY), progress, lambda _: None)
"""


@pytest.mark.every_version
@pytest.mark.parametrize(("step", "how"), [(1, signal.SIGKILL), (4, signal.SIGKILL), (2, signal.SIGINT)])
def test_killed_at_any_moment_the_old_rows_serve_and_the_next_run_cleans_up(
    server: RunningPostgres, source: str, target: str, copy: Copy, step: int, how: signal.Signals
) -> None:
    words = [sys.executable, "-c", _KILLED, server.url(source), server.url(target), str(step)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        assert len(beside(server, target)) == 1
        process.send_signal(how)
        process.wait(30)
    until_gone(server)
    assert rows(server, target, "SELECT count(*) FROM old") == [(0,)]
    assert len(beside(server, target)) == (1 if how is signal.SIGKILL else 0)
    copy()
    assert beside(server, target) == []
    assert rows(server, target, "SELECT count(*) FROM people") == [(2000,)]


def until_gone(server: RunningPostgres) -> None:
    """Waits until the server has noticed that the run's sessions have ended: till then, the run counts as alive."""
    for _ in range(300):
        if rows(server, "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]:
            return
        time.sleep(0.1)


def beside(server: RunningPostgres, target: str) -> list[tuple[object, ...]]:
    return rows(server, "postgres", f"SELECT datname FROM pg_database WHERE datname LIKE '{target}_liftlock%'")  # noqa: S608


def test_the_source_is_let_go_as_soon_as_its_rows_are_read(server: RunningPostgres, source: str, copy: Copy) -> None:
    held: dict[str, int] = {}

    def note(text: str) -> None:
        if text in {"rows", "indexes and keys"}:
            query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{source}' AND backend_xmin IS NOT NULL"  # noqa: S608
            held[text] = int(str(rows(server, "postgres", query)[0][0]))

    copy(on_note=note)
    assert held["rows"] > 0
    assert held["indexes and keys"] == 0


def test_a_schema_that_changes_in_the_middle_is_noticed(server: RunningPostgres, target: str) -> None:
    with server.database(SCHEMA) as odd, server.connect(odd) as connection:
        changed: list[object] = []

        def progress(*_: object) -> None:
            if not changed:
                changed.append(connection.execute("CREATE TABLE later (what text)"))

        request = MaskRequest(server.url(odd), server.url(target), spec(), KEY)
        with pytest.raises(DatagenError, match="schema changed during the run"):
            anonymise(request, progress, lambda _: None)
    assert rows(server, target, "SELECT count(*) FROM old") == [(0,)]


def test_a_lost_connection_is_an_error_and_no_half_copy(server: RunningPostgres, target: str) -> None:
    with server.database(SCHEMA) as odd:
        seen: list[float] = []

        def progress(*_: object) -> None:
            if not seen:
                seen.append(time.monotonic())
                server.end_connections(odd)

        with pytest.raises(DatagenError):
            anonymise(MaskRequest(server.url(odd), server.url(target), spec(), KEY), progress, lambda _: None)
    assert rows(server, target, "SELECT count(*) FROM old") == [(0,)]
