"""`liftlock data subset` against a real server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from liftlock.core.errors import LiftlockError, UsageError
from liftlock.main import app
from tests.config_repository import FILES, write
from tests.json_results import validated
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

SCHEMA = """
CREATE TABLE country (code char(2) PRIMARY KEY);
CREATE TABLE customer (id int PRIMARY KEY, country char(2) REFERENCES country, referrer int REFERENCES customer);
CREATE TABLE invoice (year int, number int, customer int NOT NULL REFERENCES customer, PRIMARY KEY (year, number));
CREATE TABLE unrelated (id int);
INSERT INTO country VALUES ('CH'), ('DE'), ('FR');
INSERT INTO customer SELECT g, CASE WHEN g % 2 = 0 THEN 'CH' ELSE 'DE' END, NULLIF(g - 1, 0) FROM generate_series(1, 100) g;
INSERT INTO invoice SELECT 2020 + g % 4, g, 1 + g % 100 FROM generate_series(1, 300) g;
ANALYZE;
"""
CLASSIFICATION = """
version: 1
key: env:PSEUDONYMS
subset:
  roots:
    - {table: invoice, where: number = 41}
    - {table: customer, percent: 5}
  children: {invoice: 0, customer: 0}
"""
KEY = base64.b64encode(bytes(range(32))).decode()
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    write(tmp_path, {**FILES, "data/shop.yaml": CLASSIFICATION})

    def run(*words: str, source: str, key: str = KEY) -> Result:
        variables = {"SOURCE": source, "PSEUDONYMS": key}
        result = CliRunner().invoke(app, ["data", "subset", "env:SOURCE", *words, "--repo", str(tmp_path)], env=variables)
        assert PASSWORD not in result.output
        assert KEY not in result.output
        return result

    return run


@pytest.fixture(scope="module")
def source(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database(SCHEMA) as name:
        yield postgres.url(name)


@pytest.mark.every_version
def test_the_rows_of_each_table_are_counted_by_what_brought_them(run: Run, source: str) -> None:
    found = validated(run("--spec", "shop", "--json", source=source).stdout)
    tables = {table["table"]: table for table in found["tables"]}
    assert tables["public.invoice"]["rows"] == 1
    assert tables["public.invoice"]["of"] == 300
    assert tables["public.invoice"]["by"] == [{"by": "root: number = 41", "rows": 1}]
    assert {share["by"] for share in tables["public.customer"]["by"]} >= {"root: 5 %", "needed by public.customer (customer_referrer_fkey)"}
    assert tables["public.country"]["rows"] == 2
    assert found["empty"] == ["public.unrelated"]
    assert found["rows"] == sum(table["rows"] for table in found["tables"])
    shown = run("--spec", "shop", source=source)
    assert "nothing leads to public.unrelated" in shown.output


@pytest.mark.every_version
def test_a_row_is_explained_from_its_root(run: Run, source: str) -> None:
    found = validated(run("--spec", "shop", "--why", "invoice", "(2021,41)", "--json", source=source).stdout)
    assert found["why"] == [{"table": "public.invoice", "key": "(2021,41)", "by": "root: number = 41"}]
    steps = validated(run("--spec", "shop", "--why", "customer", "40", "--json", source=source).stdout)["why"]
    assert steps[0]["by"].startswith("root: ")
    assert steps[-1] == {"table": "public.customer", "key": "40", "by": "needed by public.customer (customer_referrer_fkey)"}
    assert [int(step["key"].strip("()").split(",")[-1]) for step in steps] == sorted(
        (int(step["key"].strip("()").split(",")[-1]) for step in steps), reverse=True
    )


def test_another_key_draws_other_rows(run: Run, source: str) -> None:
    other = base64.b64encode(bytes(32)).decode()
    first, again, third = (run("--spec", "shop", "--json", source=source, key=key).stdout for key in (KEY, KEY, other))
    assert first == again != third


def test_what_is_not_there_is_said(run: Run, source: str) -> None:
    result = run("--spec", "shop", "--why", "country", "FR", source=source)
    assert isinstance(result.exception, LiftlockError)
    assert "public.country FR is not in the subset" in result.exception.message
    result = run("--spec", "shop", "--why", "country", "XX", source=source)
    assert "no row with the key XX" in str(result.exception)
    result = run("--spec", "nothing", source=source)
    assert isinstance(result.exception, UsageError)
