"""`liftlock data init` on a real server: what it proposes, what it never shows, and what a second run keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from liftlock.adapters.config_files.data_file import read_data
from liftlock.core.errors import UsageError
from liftlock.main import app
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.spec.model import DataSpec, Kind, Rule
from tests.config_repository import write
from tests.json_results import validated
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

_MIGRATIONS = Path(__file__).parents[3] / "samples/shop/shop/migrations"
_MORE = """
CREATE SCHEMA "odd.schema";
CREATE TABLE "odd.schema"."Größe: x" (id int PRIMARY KEY, "a b" text, place point, span int4range, parts int[], doc jsonb, "E-Mail" text);
CREATE TABLE logs (at date NOT NULL, ip inet, message text, up text GENERATED ALWAYS AS (upper(message)) STORED) PARTITION BY RANGE (at);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE legacy (c1 text, c2 text, c3 jsonb);
INSERT INTO legacy SELECT 'canary' || i || '@firm.example', 'canary ' || i || ' called about the lamp again',
  jsonb_build_object('mail', 'canary' || i || '@firm.example', 'canary' || i || '@x.example', 1) FROM generate_series(1, 300) i;
CREATE TABLE hidden (name text); REVOKE ALL ON hidden FROM liftlock;
ANALYZE;
"""
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def source(postgres: RunningPostgres) -> Iterator[str]:
    """The sample's schema and some odd tables with canaries; its URL."""
    schema = "".join(path.read_text(encoding="utf-8") for path in sorted(_MIGRATIONS.glob("*.sql")))
    with postgres.database(schema + _MORE) as name:
        yield postgres.url(name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An environments repository without classification."""
    return write(tmp_path)


@pytest.fixture
def run(root: Path, source: str) -> Run:
    """Runs a command on the source; nothing that it prints or writes holds a password or a canary."""

    def run(command: str, *words: str) -> Result:
        result = CliRunner().invoke(
            app, ["data", command, "shop", "--from", "env:SOURCE", *words, "--repo", str(root)], env={"SOURCE": source}
        )
        written = "".join(path.read_text(encoding="utf-8") for path in root.glob("data/*"))
        assert PASSWORD not in result.output + written
        assert "canary" not in result.output + written
        return result

    return run


def _spec(root: Path) -> DataSpec:
    spec, problems = read_data((root / "data/shop.yaml").read_bytes(), "shop", "data/shop.yaml")
    assert spec is not None, problems
    return spec


def test_a_first_run_classifies_the_sample_and_a_second_finds_nothing_new(run: Run, root: Path) -> None:
    first = run("init")
    assert first.exit_code == 0, first.output
    assert "data/shop.yaml written from env:SOURCE" in first.output
    customers = _spec(root).tables[TableName("public", "customers")]
    said = {name: (column.value.kind, column.value.rule) for name, column in customers.columns.items()}
    assert said["email"] == (Kind.EMAIL, Rule.PSEUDONYM)
    assert said["full_name"] == (Kind.PERSON_NAME, Rule.PSEUDONYM)
    assert said["birth_date"] == (Kind.BIRTH_DATE, Rule.GENERALISE)
    assert said["loyalty_points"] == (Kind.NUMBER, Rule.KEEP)
    assert "preferences" in customers.undecided
    assert _spec(root).tables[TableName("public", "payments")].columns["method"].value.kind is Kind.CATEGORY
    second = run("init", "--check")
    assert (second.exit_code, "is up to date" in second.output) == (0, True)


def test_a_sample_tells_what_names_do_not_and_keys_that_are_data_stay_out(run: Run, root: Path) -> None:
    run("init")
    legacy = _spec(root).tables[TableName("public", "legacy")].columns
    assert (legacy["c1"].value.kind, legacy["c2"].value.kind) == (Kind.EMAIL, Kind.FREE_TEXT)
    assert legacy["c3"].value.kind is Kind.DOCUMENT
    assert {"$.*", "$.mail"} & {*legacy["c3"].paths, *legacy["c3"].undecided}


def test_without_a_sample_no_row_is_read(run: Run, root: Path) -> None:
    assert run("init", "--no-sample").exit_code == 0
    legacy = _spec(root).tables[TableName("public", "legacy")]
    assert set(legacy.undecided) == {"c1", "c2", "c3"}


def test_odd_names_partitions_and_computed_columns(run: Run, root: Path) -> None:
    run("init")
    tables = _spec(root).tables
    odd = tables[TableName("odd.schema", "Größe: x")]
    assert odd.columns["E-Mail"].value.kind is Kind.EMAIL
    assert {*odd.columns, *odd.undecided} == {"id", "a b", "place", "span", "parts", "doc", "E-Mail"}
    logs = tables[TableName("public", "logs")]
    assert {*logs.columns, *logs.undecided} == {"at", "ip", "message"}
    assert TableName("public", "logs_2024") not in tables
    assert TableName("public", "hidden") in tables


def test_drift_is_found_by_check_and_added_by_a_second_run_that_keeps_the_rest(run: Run, root: Path, source: str) -> None:
    run("init")
    path = root / "data/shop.yaml"
    mine = path.read_text(encoding="utf-8").replace("phone: {kind: phone, rule: pseudonym}", "phone: {kind: phone, rule: empty} # Ada:")
    path.write_text(mine, encoding="utf-8")
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("ALTER TABLE customers ADD COLUMN fax text; ALTER TABLE reviews DROP COLUMN body; CREATE TABLE later (x int)")
        try:
            gate = run("init", "--check", "--json")
            assert gate.exit_code == 2
            report = validated(gate.stdout)
            assert (report["changed"], report["written"], report["gone"]) == (True, False, ["public.reviews.body"])
            assert path.read_text(encoding="utf-8") == mine
            assert run("init").exit_code == 0
        finally:
            connection.execute("ALTER TABLE customers DROP COLUMN fax; ALTER TABLE reviews ADD COLUMN body text; DROP TABLE later")
    after = path.read_text(encoding="utf-8")
    assert [line for line in mine.splitlines() if line not in after and "body" not in line] == []
    customers = _spec(root).tables[TableName("public", "customers")].columns
    assert (customers["phone"].value.rule, customers["fax"].value.kind) == (Rule.EMPTY, Kind.PHONE)


def test_a_plan_stops_at_what_nobody_decided_and_shows_the_rest(run: Run, root: Path) -> None:
    missing = run("plan")
    assert "liftlock data init shop" in str(getattr(missing.exception, "hint", ""))
    run("init")
    found = run("plan", "--json")
    assert found.exit_code == 78, found.output
    report = validated(found.stdout)
    codes = {item["code"] for item in report["errors"]}
    assert "unclassified-column" in codes
    assert all(item["place"].startswith("data/shop.yaml:") for item in report["errors"])
    assert {item["place"] for item in report["errors"] if item["where"] == "public.customers.preferences"} == {
        f"data/shop.yaml:{_spec(root).tables[TableName('public', 'customers')].undecided['preferences']}"
    }


def test_a_decided_classification_passes_strictly_and_a_new_path_stops_it(run: Run, root: Path) -> None:
    run("init")
    text = (root / "data/shop.yaml").read_text(encoding="utf-8")
    decided = "\n".join(_decided(line) for line in text.splitlines()) + _ACCEPTED
    (root / "data/shop.yaml").write_text(decided, encoding="utf-8")
    plan = run("plan", "--sample", "100")
    assert plan.exit_code == 0, plan.output
    assert "public.customers\nCOLUMN" in plan.output
    assert "to accept one" not in plan.output
    assert "pseudonymised" in run("plan", "--markdown").output
    kept = decided.replace("email: {kind: email, rule: pseudonym}", "email: {kind: email, rule: keep}")
    (root / "data/shop.yaml").write_text(kept, encoding="utf-8")
    warned = run("plan")
    assert (warned.exit_code, run("plan", "--strict").exit_code) == (0, 4)
    assert (
        'to accept one, write into data/shop.yaml: accepted: [{problem: "kept-sensitive:public.customers.email", reason:' in warned.output
    )
    less = "\n".join(line for line in decided.splitlines() if "$.mail" not in line and "$.*" not in line) + "\n"
    other = re.sub(r"^( +)paths:$", r'\1paths:\n\1  "$.zz": {kind: flag, rule: keep}', less, flags=re.MULTILINE)
    (root / "data/shop.yaml").write_text(other, encoding="utf-8")
    assert run("plan").exit_code == 0
    stopped = run("plan", "--sample", "100")
    assert stopped.exit_code == 78
    assert "[unclassified-path]" in stopped.output


def test_the_samples_own_classification_covers_its_schema_and_passes_strictly(postgres: RunningPostgres, root: Path) -> None:
    (root / "data").mkdir()
    (root / "data/shop.yaml").write_text((_MIGRATIONS.parents[1] / "data/shop.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    schema = "".join(path.read_text(encoding="utf-8") for path in sorted(_MIGRATIONS.glob("*.sql")))
    with postgres.database(schema) as name:
        for words in (["init", "--check", "--no-sample"], ["plan", "--strict"]):
            command = ["data", words[0], "shop", "--from", "env:SOURCE", *words[1:], "--repo", str(root)]
            result = CliRunner().invoke(app, command, env={"SOURCE": postgres.url(name)})
            assert result.exit_code == 0, result.output


_ACCEPTED = """
accepted:
  - {problem: "unproved-check:public.customers.email", reason: "every address that is made holds an @ between other signs"}
"""


def _decided(line: str) -> str:
    """What a person would write for what is unclassified."""
    return line.replace(": unclassified", ": {kind: technical, rule: keep}")


def test_a_database_without_tables_does_not_call_all_that_was_decided_gone(postgres: RunningPostgres, run: Run, root: Path) -> None:
    run("init")
    before = (root / "data/shop.yaml").read_text(encoding="utf-8")
    with postgres.database("") as name:
        words = ["data", "init", "shop", "--from", "env:EMPTY", "--repo", str(root)]
        done = CliRunner().invoke(app, words, env={"EMPTY": postgres.url(name)})
    assert isinstance(done.exception, UsageError)
    assert "env:EMPTY has no tables, and data/shop.yaml has" in str(done.exception)
    assert (root / "data/shop.yaml").read_text(encoding="utf-8") == before


def test_a_database_without_tables_is_said_to_be_one(postgres: RunningPostgres, root: Path) -> None:
    with postgres.database("") as name:
        for command in ("init", "plan"):
            words = ["data", command, "shop", "--from", "env:EMPTY", "--repo", str(root)]
            done = CliRunner().invoke(app, words, env={"EMPTY": postgres.url(name)})
            assert done.exit_code == 0, done.output
            assert "the database has no tables: is it the right one" in done.stdout
            assert "next:" not in done.stdout
            assert "nothing speaks against" not in done.stdout


def test_the_next_command_leads_to_the_same_place(run: Run) -> None:
    assert "then: liftlock data plan shop --from env:SOURCE" in run("init").stdout


def test_a_sample_and_none_at_once_is_refused(run: Run) -> None:
    done = run("init", "--sample", "5", "--no-sample")
    assert isinstance(done.exception, UsageError)


def test_a_database_that_nothing_declares_is_refused_with_the_nearest_name(root: Path) -> None:
    result = CliRunner().invoke(app, ["data", "init", "shpo", "--repo", str(root)])
    assert 'unknown database "shpo"; did you mean "shop"?' in str(result.exception)
