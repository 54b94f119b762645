"""Rows that take the place of others: built beside, swapped in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import DatagenError, PlanError, RequestError, TargetError
from liftlock_datagen.profile.read import read_profile
from liftlock_datagen.synthesis.load import plan_database, seed
from liftlock_datagen.synthesis.renewal import generate
from liftlock_datagen.synthesis.request import RowsRequest
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, age int);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, total numeric(10,2) NOT NULL);
CREATE TABLE schema_migrations (version text PRIMARY KEY);
INSERT INTO schema_migrations VALUES ('0001'), ('0002');
"""


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[str]:
    """An empty, migrated database of a role that may create others."""
    with postgres.database(_SCHEMA) as name:
        yield name


def _ask(postgres: RunningPostgres, database: str, query: str) -> object:
    with postgres.connect(database) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def _databases(postgres: RunningPostgres, database: str) -> object:
    return _ask(postgres, "liftlock", f"SELECT count(*) FROM pg_database WHERE datname LIKE '{database}%'")  # noqa: S608 - our own name


def _quiet(*_: object) -> None:
    pass


@pytest.mark.every_version
def test_an_empty_database_is_filled_then_left_alone_then_replaced(postgres: RunningPostgres, database: str) -> None:
    url = postgres.url(database)
    assert not generate(url, RowsRequest(300), on_progress=_quiet).skipped
    assert generate(url, RowsRequest(300), on_progress=_quiet).skipped
    before = _ask(postgres, database, "SELECT sum(hashtext(customers::text)) FROM customers")
    other = generate(url, RowsRequest(300, seed=2), on_progress=_quiet)
    assert not other.skipped
    assert _ask(postgres, database, "SELECT sum(hashtext(customers::text)) FROM customers") != before
    assert _ask(postgres, database, "SELECT count(*) FROM schema_migrations") == 2
    assert generate(url, RowsRequest(300, seed=2), on_progress=_quiet).skipped
    assert _databases(postgres, database) == 1


def test_what_is_declared_leaves_rows_that_were_chosen_by_hand(postgres: RunningPostgres, database: str) -> None:
    url = postgres.url(database)
    chosen = generate(url, RowsRequest(300), on_progress=_quiet)
    declared = seed(url, rows=500, seed=9, on_progress=_quiet)
    assert (declared.skipped, declared.rows) == (True, chosen.rows)


@pytest.mark.every_version
def test_rows_that_nobody_of_ours_made_are_replaced_only_on_demand(postgres: RunningPostgres, database: str) -> None:
    url = postgres.url(database)
    with postgres.connect(database) as connection:
        connection.execute("INSERT INTO customers VALUES (1, 'somebody', 3)")
    with pytest.raises(DatagenError, match="there are rows in the database"):
        generate(url, RowsRequest(300), on_progress=_quiet)
    assert _ask(postgres, database, "SELECT email FROM customers") == "somebody"
    generate(url, RowsRequest(300), replace_rows=True, on_progress=_quiet)
    assert _ask(postgres, database, "SELECT count(*) FROM customers WHERE email = 'somebody'") == 0


def test_synthetic_rows_that_somebody_wrote_into_are_replaced_only_on_demand(postgres: RunningPostgres, database: str) -> None:
    url, written = postgres.url(database), "1 rows were written behind its marker, in public.customers"
    generate(url, RowsRequest(300), on_progress=_quiet)
    with postgres.connect(database) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES ('0003')")  # no person's: it is kept whatever is made
        assert generate(url, RowsRequest(300), on_progress=_quiet).since == ""
        connection.execute("UPDATE customers SET email = 'somebody' WHERE id = (SELECT min(id) FROM customers)")
    same = generate(url, RowsRequest(300), on_progress=_quiet)
    assert (same.skipped, same.since) == (True, written)
    with pytest.raises(TargetError, match=written) as raised:
        generate(url, RowsRequest(300, seed=2), on_progress=_quiet)
    assert raised.value.may_be_lost
    assert _ask(postgres, database, "SELECT count(*) FROM customers WHERE email = 'somebody'") == 1
    again = generate(url, RowsRequest(300), replace_rows=True, on_progress=_quiet)
    assert (again.skipped, again.since) == (False, "")
    assert _ask(postgres, database, "SELECT count(*) FROM customers WHERE email = 'somebody'") == 0
    assert generate(url, RowsRequest(300), replace_rows=True, on_progress=_quiet).skipped


_TENANTS = """
CREATE TABLE note (id bigint PRIMARY KEY, tenant text NOT NULL);
ALTER TABLE note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON note USING (tenant = current_setting('app.tenant', true));
"""


@pytest.fixture
def tenants(postgres: RunningPostgres) -> Iterator[str]:
    """An empty database whose policy shows the owner no row but a tenant's own."""
    with postgres.database(_TENANTS) as name:
        yield name


def _write_as_tenant(postgres: RunningPostgres, database: str) -> None:
    with postgres.connect(database) as connection:
        connection.execute("SET app.tenant = 'one'")
        connection.execute("INSERT INTO note SELECT i, 'one' FROM generate_series(1000001, 1000050) i")


def _of_tenant(postgres: RunningPostgres, database: str) -> object:
    with postgres.connect(database) as connection:
        connection.execute("SET app.tenant = 'one'")
        row = connection.execute("SELECT count(*) FROM note WHERE id > 1000000").fetchone()
        return row[0] if row else None


def test_rows_that_row_security_hides_are_asked_for_too(postgres: RunningPostgres, tenants: str) -> None:
    url = postgres.url(tenants)
    _write_as_tenant(postgres, tenants)
    with pytest.raises(TargetError, match="there are rows in the database, and none of them are marked") as raised:
        generate(url, RowsRequest(20), on_progress=_quiet)
    assert raised.value.may_be_lost
    with pytest.raises(DatagenError, match=r"public\.note: there are rows already"):
        seed(url, rows=20, seed=1, on_progress=_quiet)
    assert _of_tenant(postgres, tenants) == 50
    assert _ask(postgres, tenants, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'note'") is True
    assert generate(url, RowsRequest(20), replace_rows=True, on_progress=_quiet).total == 20
    assert _of_tenant(postgres, tenants) == 0


def test_rows_of_ours_that_row_security_hides_are_replaced_unasked(postgres: RunningPostgres, tenants: str) -> None:
    url = postgres.url(tenants)
    assert generate(url, RowsRequest(20), on_progress=_quiet).total == 20
    same = generate(url, RowsRequest(20), on_progress=_quiet)
    assert (same.skipped, same.since) == (True, "")
    assert generate(url, RowsRequest(30), on_progress=_quiet).total == 30
    assert _ask(postgres, tenants, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'note'") is True


def test_rows_that_row_security_hides_and_others_wrote_since_are_asked_for(postgres: RunningPostgres, tenants: str) -> None:
    url, written = postgres.url(tenants), "50 rows were written behind its marker, in public.note"
    assert generate(url, RowsRequest(20), on_progress=_quiet).total == 20
    _write_as_tenant(postgres, tenants)
    same = generate(url, RowsRequest(20), on_progress=_quiet)
    assert (same.skipped, same.since) == (True, written)
    with pytest.raises(TargetError, match=f"synthetic rows, and {written}"):
        generate(url, RowsRequest(30), on_progress=_quiet)
    assert _of_tenant(postgres, tenants) == 50


def test_rows_that_nobody_can_look_at_now_are_asked_for(postgres: RunningPostgres, tenants: str) -> None:
    url, hidden = postgres.url(tenants), "rows of public.note may be hidden by row security"
    assert generate(url, RowsRequest(20), on_progress=_quiet).total == 20
    with postgres.connect(tenants) as connection, connection.transaction():
        connection.execute("SELECT FROM note")
        with pytest.raises(TargetError, match=f"synthetic rows, and {hidden}"):
            generate(url, RowsRequest(30), on_progress=_quiet)
    assert generate(url, RowsRequest(30), on_progress=_quiet).total == 30


@pytest.mark.every_version
def test_a_run_that_is_interrupted_leaves_the_old_rows(postgres: RunningPostgres, database: str) -> None:
    url = postgres.url(database)
    generate(url, RowsRequest(300), on_progress=_quiet)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(url, RowsRequest(300, seed=2), on_progress=interrupt)
    assert _ask(postgres, database, "SELECT seed FROM liftlock_data.seeded") == 1
    assert _databases(postgres, database) == 1


def test_a_schema_that_cannot_be_planned_is_refused_before_anything_is_built(postgres: RunningPostgres, database: str) -> None:
    with postgres.connect(database) as connection:
        connection.execute("INSERT INTO customers VALUES (1, 'somebody', 3)")
        connection.execute("ALTER TABLE customers ADD CHECK (age > 200 AND age < 100) NOT VALID")
    with pytest.raises(PlanError, match="empty-range"):
        generate(postgres.url(database), RowsRequest(300), replace_rows=True, on_progress=_quiet)
    assert _ask(postgres, database, "SELECT count(*) FROM customers") == 1


def test_what_else_is_asked_makes_another_request(postgres: RunningPostgres, database: str) -> None:
    url = postgres.url(database)
    plain, counted = RowsRequest(300), RowsRequest(300, counts={TableName("public", "orders"): 7})
    generate(url, plain, on_progress=_quiet)
    assert not generate(url, counted, on_progress=_quiet).skipped
    assert _ask(postgres, database, "SELECT count(*) FROM orders") == 7
    german = RowsRequest(300, locale="de_CH", profile=read_profile(url).profile)
    assert not generate(url, german, on_progress=_quiet).skipped
    assert generate(url, german, on_progress=_quiet).skipped
    assert plan_database(url, german).total_rows >= 300


def test_a_database_without_tables_is_not_taken_for_filled_when_its_migrations_have_run(postgres: RunningPostgres) -> None:
    with postgres.database("") as name:
        with pytest.raises(RequestError, match="there are no tables to fill"):
            generate(postgres.url(name), RowsRequest(50, 1), on_progress=_quiet)
        assert seed(postgres.url(name), rows=50, seed=1, on_progress=_quiet).total == 0, "an environment without a migration comes up"
        with postgres.connect(name) as connection:
            connection.execute(b"CREATE TABLE people (id int PRIMARY KEY)")
        assert seed(postgres.url(name), rows=50, seed=1, on_progress=_quiet).rows == {"public.people": 50}
        assert generate(postgres.url(name), RowsRequest(50, 1), on_progress=_quiet).skipped


def test_the_same_request_for_another_schema_makes_rows_anew(postgres: RunningPostgres, database: str) -> None:
    url, request = postgres.url(database), RowsRequest(60, 1)
    generate(url, request, on_progress=_quiet)
    assert generate(url, request, on_progress=_quiet).skipped
    with postgres.connect(database) as connection:
        connection.execute(b"CREATE TABLE notes (id int PRIMARY KEY, body text)")
    done = generate(url, request, on_progress=_quiet)
    assert not done.skipped
    assert done.rows["public.notes"] > 0
