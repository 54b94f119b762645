"""`liftlock data profile` and `data generate` against a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from liftlock.core.errors import ConfigError, PolicyError, UnavailableError, UsageError
from liftlock.main import app
from liftlock_datagen.snapshots.markers import Anonymised, mark_anonymised
from tests.config_repository import FILES, write
from tests.json_results import validated
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

_SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, age int, state text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, total numeric(10,2) NOT NULL);
"""
_CLASSIFICATION = """
version: 1
tables:
  customers:
    columns:
      age: {kind: number, rule: keep}
      state: {kind: category, rule: keep}
"""
_ROWS = """
INSERT INTO customers
  SELECT i, 'canary' || i, 20 + i % 60, CASE WHEN i % 4 = 0 THEN 'gone' ELSE 'active' END FROM generate_series(1, 2000) i;
INSERT INTO orders SELECT i, CASE WHEN i % 3 = 0 THEN 5 ELSE 1 + i % 900 END, i FROM generate_series(1, 4000) i;
ANALYZE;
"""
Run = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An environments repository with a classification."""
    return write(tmp_path, {**FILES, "data/shop.yaml": _CLASSIFICATION})


@pytest.fixture
def run(root: Path) -> Run:
    """Runs a command; no output of it holds the password."""

    def run(*words: str, **variables: str) -> Result:
        result = CliRunner().invoke(app, ["data", *words, "--repo", str(root)], env=variables)
        assert PASSWORD not in result.output
        assert "a%2Fp%40ss" not in result.output
        return result

    return run


@pytest.fixture
def source(postgres: RunningPostgres) -> Iterator[str]:
    """A filled database; its URL."""
    with postgres.database(_SCHEMA + _ROWS) as name:
        yield postgres.url(name)


@pytest.fixture
def target(postgres: RunningPostgres) -> Iterator[str]:
    """An empty one."""
    with postgres.database(_SCHEMA) as name:
        yield postgres.url(name)


def _json(result: Result) -> dict[str, Any]:
    assert result.exception is None, result.output
    return validated(result.stdout)


@pytest.mark.every_version
def test_a_profile_is_written_and_rows_take_its_shape(run: Run, root: Path, source: str, target: str, postgres: RunningPostgres) -> None:
    file = root / "data" / "shop.profile.json"
    report = _json(run("profile", "env:SOURCE", "--spec", "shop", "--output", str(file), "--json", SOURCE=source))
    assert (report["rows"], report["histograms"], report["gaps"]) == (6000, 1, [])
    assert "canary" not in file.read_text()
    assert json.loads(file.read_text())["tables"]["public"]["customers"]["columns"]["state"]["values"] == {"active": 0.75, "gone": 0.25}
    words = ("generate", "env:TARGET", "--size", "production", "--profile", str(file))
    planned = _json(run(*words, "--plan-only", "--json", TARGET=target))
    assert planned["planned"]
    assert next(item["values"] for item in planned["columns"] if item["column"] == "age").endswith(", by the profile")
    done = _json(run(*words, "--json", TARGET=target))
    assert done["tables"] == {"public.customers": 2000, "public.orders": 4000}
    assert _json(run(*words, "--json", TARGET=target))["skipped"]
    with postgres.connect(target.rsplit("/", 1)[1]) as connection:
        gone = connection.execute("SELECT count(*) / 2000.0 FROM customers WHERE state = 'gone'").fetchone()
        top = connection.execute("SELECT count(*) / 4000.0 FROM orders GROUP BY customer_id ORDER BY 1 DESC LIMIT 1").fetchone()
    assert float(str(gone and gone[0])) == pytest.approx(1 / 4, abs=0.05)
    assert float(str(top and top[0])) == pytest.approx(1 / 3, abs=0.05)


def test_a_database_without_tables_takes_no_profiles_place(run: Run, root: Path, postgres: RunningPostgres) -> None:
    file = root / "data" / "shop.profile.json"
    file.write_text("as it was", encoding="utf-8")
    with postgres.database("") as name:
        done = run("profile", "env:EMPTY", "--output", str(file), EMPTY=postgres.url(name))
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == "env:EMPTY has no tables"
    assert file.read_text(encoding="utf-8") == "as it was"


def test_a_profile_without_a_file_goes_to_stdout(run: Run, source: str) -> None:
    result = run("profile", "env:SOURCE", SOURCE=source)
    assert json.loads(result.stdout)["format"] == "liftlock/data-profile/v1"
    assert "show counts only" in result.stderr


@pytest.mark.every_version
def test_people_see_the_plan_and_what_was_done(run: Run, target: str) -> None:
    planned = run("generate", "env:TARGET", "--size", "tiny", "--table", "orders=30", "--plan-only", TARGET=target)
    assert "nothing was written" in planned.stdout
    assert "public.orders     30" in planned.stdout
    done = run("generate", "env:TARGET", "--rows", "200", "--locale", "de_CH", TARGET=target)
    assert "of seed 1 in env:TARGET" in done.stdout
    assert "nothing was done" in run("generate", "env:TARGET", "--rows", "200", "--locale", "de_CH", TARGET=target).stdout


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("--size", "tiny", "--rows", "5"), UsageError, "--size and --rows both say how many rows"),
        (("--size", "huge"), UsageError, 'there is no size "huge"'),
        (("--size", "production"), UsageError, "there is no profile with rows"),
        (("--table", "orders"), UsageError, "says no table and rows"),
        (("--table", "order=4"), UsageError, 'there is no table "public.order" to fill; did you mean "public.orders"?'),
        (("--table", "order=4", "--plan-only"), UsageError, 'did you mean "public.orders"?'),
        (("--locale", "xx_YY"), UsageError, 'there are no word lists for locale "xx_YY"'),
        (("--profile", "nowhere.json"), UsageError, "nowhere.json: No such file"),
        (("--profile", "pyproject.toml"), ConfigError, "pyproject.toml: "),
    ],
)
def test_what_cannot_be_asked_is_said(run: Run, target: str, words: tuple[str, ...], error: type[Exception], message: str) -> None:
    result = run("generate", "env:TARGET", *words, TARGET=target)
    assert type(result.exception) is error
    assert message in str(result.exception)


def test_a_place_that_looks_like_production_is_not_written_to(run: Run, target: str) -> None:
    result = run("generate", "env:TARGET", TARGET=target.rsplit("/", 1)[0] + "/shop_production")
    assert isinstance(result.exception, PolicyError)


def test_a_server_that_does_not_answer_is_unavailable(run: Run) -> None:
    result = run("generate", "env:TARGET", TARGET="postgresql://u@127.0.0.1:1/shop")
    assert isinstance(result.exception, UnavailableError)


def test_a_table_that_is_not_there_is_named_before_rows_that_are(run: Run, source: str) -> None:
    result = run("generate", "env:SOURCE", "--table", "nope=4", SOURCE=source)
    assert 'there is no table "public.nope" to fill; there is public.customers, public.orders' in str(result.exception)


def test_rows_of_others_stay_unless_somebody_says_yes(run: Run, source: str) -> None:
    result = run("generate", "env:SOURCE", "--rows", "100", SOURCE=source)
    assert isinstance(result.exception, PolicyError)
    assert "there are rows in the database, and none of them are marked" in str(result.exception)


def test_an_anonymised_copy_is_named_as_one_and_stays_unless_somebody_says_yes(run: Run, source: str, postgres: RunningPostgres) -> None:
    with postgres.connect(source.rsplit("/", 1)[1]) as connection:
        mark_anonymised(connection, Anonymised("0123abcd", "blake2b:ff", "liftlock 1"))
    result = run("generate", "env:SOURCE", "--rows", "100", SOURCE=source)
    assert isinstance(result.exception, PolicyError)
    assert "env:SOURCE: the database holds an anonymised copy" in str(result.exception)
    assert "--yes" in str(result.exception.hint)
