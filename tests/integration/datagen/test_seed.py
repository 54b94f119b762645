"""Rows in a real database: valid, reproducible, all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from liftlock_datagen.errors import DatagenError, PlanError, ProblemCode
from liftlock_datagen.synthesis.load import SeedReport, seed
from tests.integration.datagen.shape import SHAPE
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

Connection = psycopg.Connection[tuple[object, ...]]
SHOP = Path(__file__).parents[3] / "samples" / "shop" / "shop" / "migrations" / "0001_shop.sql"


def fill(server: RunningPostgres, database: str, *, rows: int = 3000, number: int = 1) -> SeedReport:
    return seed(server.url(database), rows=rows, seed=number, on_progress=lambda *_: None)


def dump(server: RunningPostgres, database: str, report: SeedReport) -> dict[str, bytes]:
    with server.connect(database) as connection, connection.cursor() as cursor:
        found = {}
        for table in report.rows:
            schema, _, name = table.partition(".")
            with cursor.copy(psycopg.sql.SQL("COPY {} TO STDOUT").format(psycopg.sql.Identifier(schema, name))) as copy:
                found[table] = b"".join(bytes(block) for block in copy)
        return found


def ask(server: RunningPostgres, database: str, query: LiteralString) -> list[tuple[object, ...]]:
    with server.connect(database) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def odd(postgres: RunningPostgres, odd_schema: str) -> Iterator[str]:
    with postgres.database(odd_schema) as name:
        yield name


@pytest.fixture(scope="module")
def shop(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database(SHOP.read_text(encoding="utf-8")) as name:
        fill(postgres, name, rows=20000)
        yield name


@pytest.mark.every_version(since=13)
def test_a_schema_of_everything_hard_is_filled_and_left_as_it_was(postgres: RunningPostgres, odd: str) -> None:
    before = ask(postgres, odd, SHAPE)
    report = fill(postgres, odd)
    assert report.total >= 3000
    assert not report.skipped
    assert ask(postgres, odd, SHAPE) == before
    assert len(before) > 50
    for table, rows in report.rows.items():
        schema, _, name = table.partition(".")
        with postgres.connect(odd) as connection:
            found = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(schema, name))).fetchone()
        assert found == (rows,), table


def test_the_same_seed_gives_the_same_rows_in_another_database_and_another_seed_gives_others(
    postgres: RunningPostgres, odd: str, odd_schema: str
) -> None:
    first = dump(postgres, odd, fill(postgres, odd))
    with postgres.database(odd_schema) as again, postgres.database(odd_schema) as other:
        assert dump(postgres, again, fill(postgres, again)) == first
        different = dump(postgres, other, fill(postgres, other, number=2))
    assert [table for table in first if different[table] == first[table]] == []


def test_the_same_request_again_does_nothing_and_another_one_is_refused(postgres: RunningPostgres, odd: str) -> None:
    done = fill(postgres, odd, rows=500)
    again = fill(postgres, odd, rows=500)
    assert again.skipped
    assert again.rows == done.rows
    with pytest.raises(DatagenError, match=r"seed 1 and 500 rows; seed 2 and 500 rows are asked.*create the database anew"):
        fill(postgres, odd, rows=500, number=2)
    with pytest.raises(DatagenError, match="seed 1 and 600 rows are asked"):
        fill(postgres, odd, rows=600)


def test_rows_that_somebody_else_made_are_never_mixed_with_synthetic_ones(postgres: RunningPostgres, odd: str) -> None:
    ask(postgres, odd, "INSERT INTO region VALUES ('DE', 'B', 'Berlin') RETURNING 1")
    with pytest.raises(DatagenError, match=r"public\.region: there are rows already.*empty, migrated database"):
        fill(postgres, odd)
    assert ask(postgres, odd, "SELECT to_regclass('liftlock_data.seeded')") == [(None,)]


def test_a_run_that_is_killed_leaves_nothing_and_the_next_one_succeeds(postgres: RunningPostgres, odd: str) -> None:
    before = ask(postgres, odd, SHAPE)

    def kill(table: str, done: int, total: int) -> None:
        del done, total
        if table == "public.likes":
            postgres.end_connections(odd)

    with pytest.raises(DatagenError) as caught:
        seed(postgres.url(odd), rows=3000, seed=1, on_progress=kill)
    assert "nothing was written" in str(caught.value)
    assert ask(postgres, odd, SHAPE) == before
    assert ask(postgres, odd, "SELECT count(*) FROM member") == [(0,)]
    assert fill(postgres, odd).total >= 3000


def test_two_runs_at_once_load_once(postgres: RunningPostgres, odd: str) -> None:
    reports: list[SeedReport] = []
    runs = [threading.Thread(target=lambda: reports.append(fill(postgres, odd))) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(report.skipped for report in reports) == [False, True]
    assert reports[0].rows == reports[1].rows


def test_what_cannot_be_planned_is_named_with_table_and_column_before_any_write(postgres: RunningPostgres) -> None:
    schema = """
    CREATE TABLE hard (id int PRIMARY KEY, couple pg_node_tree NOT NULL, total int NOT NULL, part int NOT NULL, area box,
      CHECK (total = hashtext(part::text)), EXCLUDE USING gist (area WITH &&));
    CREATE TABLE split (id int) PARTITION BY RANGE (id);
    CREATE UNIQUE INDEX hard_sum ON hard ((total + part));
    """
    with postgres.database(schema) as name:
        with pytest.raises(PlanError) as caught:
            fill(postgres, name)
        found = {(problem.table, problem.column, problem.code) for problem in caught.value.problems}
        assert found == {
            ("public.hard", "couple", ProblemCode.UNSUPPORTED_TYPE),
            ("public.hard", "total", ProblemCode.UNPLANNABLE_CHECK),
            ("public.hard", None, ProblemCode.EXCLUSION_CONSTRAINT),
            ("public.hard", None, ProblemCode.UNPLANNABLE_UNIQUE),
            ("public.split", None, ProblemCode.UNPLANNABLE_PARTITION),
        }
        assert ask(postgres, name, "SELECT to_regclass('liftlock_data.seeded')") == [(None,)]


def test_sequences_go_on_after_the_last_row(postgres: RunningPostgres, odd: str) -> None:
    fill(postgres, odd, rows=500)
    assert ask(postgres, odd, "INSERT INTO category (slug) VALUES ('mine') RETURNING id = (SELECT max(id) + 1 FROM category)") == [(True,)]
    assert ask(postgres, odd, "INSERT INTO depot (name, opened) VALUES ('mine', '2024-01-01') RETURNING id > 1") == [(True,)]


@pytest.mark.every_version
def test_triggers_of_the_application_fire(postgres: RunningPostgres) -> None:
    schema = """
    CREATE TABLE note (id int PRIMARY KEY, body text NOT NULL, size int);
    CREATE FUNCTION measure() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.size := length(NEW.body); RETURN NEW; END $$;
    CREATE TRIGGER measure BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION measure();
    """
    with postgres.database(schema) as name:
        fill(postgres, name, rows=100)
        assert ask(postgres, name, "SELECT count(*) FROM note WHERE size IS DISTINCT FROM length(body)") == [(0,)]


def test_a_trigger_that_may_not_see_the_rows_of_its_own_statement_sees_none(postgres: RunningPostgres) -> None:
    schema = """
    CREATE TABLE note (id int PRIMARY KEY, body text NOT NULL, before int);
    CREATE FUNCTION look() RETURNS trigger STABLE LANGUAGE plpgsql
      AS $$ BEGIN NEW.before := (SELECT count(*) FROM note); RETURN NEW; END $$;
    CREATE TRIGGER look BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION look();
    """
    with postgres.database(schema) as name:
        fill(postgres, name, rows=100)
        assert ask(postgres, name, "SELECT count(DISTINCT before) FROM note") == [(1,)]


def test_no_vacuum_has_to_write_synthetic_rows_again(postgres: RunningPostgres, shop: str) -> None:
    unfrozen = (
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relallvisible < relpages"
    )
    assert ask(postgres, shop, unfrozen) == []


def test_an_impossible_number_of_rows_is_refused_and_names_the_narrow_column(postgres: RunningPostgres) -> None:
    with postgres.database("CREATE TABLE small (code char(1) PRIMARY KEY CHECK (code IN ('a', 'b')))") as name:
        with pytest.raises(PlanError, match=r"public\.small\.code \[unique-domain-too-small\]: its keys allow 2 rows"):
            fill(postgres, name, rows=3)
        assert fill(postgres, name, rows=2).total == 2


@pytest.mark.parametrize(
    "change", [("/test", "/nosuch"), ("@127", "@no.invalid@127"), ("5432", "99999999"), ("postgresql://", "postgresql://x y")]
)
def test_no_error_shows_the_password(postgres: RunningPostgres, change: tuple[str, str]) -> None:
    url = postgres.url("test").replace(f":{postgres.port}", ":5432" if change[0] != "/test" else f":{postgres.port}").replace(*change)
    with pytest.raises(DatagenError) as caught:
        seed(url, rows=1, seed=1, on_progress=lambda *_: None)
    shown = f"{caught.value} {caught.value.__cause__}"
    assert PASSWORD not in shown
    assert "a%2Fp%40ss%3Aword" not in shown
    assert "ss%3Aword" not in shown


@pytest.mark.every_version
def test_the_shop_looks_like_a_shop(postgres: RunningPostgres, shop: str) -> None:
    assert ask(postgres, shop, "SELECT (SELECT count(*) FROM order_lines) > (SELECT count(*) FROM orders)") == [(True,)]
    busiest = ask(postgres, shop, "SELECT max(n), avg(n)::float FROM (SELECT count(*) n FROM orders GROUP BY customer_id) x")
    assert busiest[0][0] > 5 * busiest[0][1]  # type: ignore[operator]  # numbers, as the query says
    coherent = "SELECT count(DISTINCT country) FROM addresses GROUP BY postcode, city HAVING count(DISTINCT country) > 1"
    assert ask(postgres, shop, coherent) == []
    assert ask(postgres, shop, "SELECT count(*) FROM customers WHERE email !~ '@example\\.(com|org)$'") == [(0,)]
    nobodys = "SELECT count(*) FROM customers WHERE phone !~ '-555-01|^.(44|49|33) |^.(31 12|34 3|39 9|48 30)'"
    assert ask(postgres, shop, nobodys) == [(0,)]
    assert ask(postgres, shop, "SELECT count(*) FROM orders WHERE shipped_at < placed_at") == [(0,)]
