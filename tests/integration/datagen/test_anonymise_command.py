"""`liftlock data anonymise` and `data key new` against a real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from liftlock.adapters.config_files.data_files import DataFiles
from liftlock.core.errors import BlockedError, ConfigError, PolicyError, UsageError
from liftlock.main import app
from liftlock_datagen.masking.keys import read_key
from liftlock_datagen.masking.run import MaskRequest, anonymise
from tests.config_repository import FILES, write
from tests.json_results import validated
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

_SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, age int, state text NOT NULL);
INSERT INTO customers SELECT i, 'canary' || i || '@mail.ch', 20 + i % 60, 'active' FROM generate_series(1, 600) i;
ANALYZE;
"""
_CLASSIFICATION = """
version: 1
key: file:secret/data.key
k: 5
tables:
  customers:
    quasi-identifiers: [age, state]
    columns:
      id: {kind: identifier, rule: keep}
      email: {kind: email, rule: pseudonym}
      age: {kind: number, rule: keep}
      state: {kind: category, rule: keep}
"""
Run = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An environments repository with a classification."""
    return write(tmp_path, {**FILES, "data/shop.yaml": _CLASSIFICATION})


@pytest.fixture
def run(root: Path) -> Run:
    """Runs a command; no output of it holds the password or a row."""

    def run(*words: str, **variables: str) -> Result:
        result = CliRunner().invoke(app, ["data", *words], env=variables)
        shown = result.output + str(result.exception)
        assert PASSWORD not in shown
        assert "canary" not in shown
        return result

    return run


def test_a_copy_that_was_cut_off_is_gone_on_with_unless_it_is_to_be_fresh(server: RunningPostgres, root: Path, run: Run) -> None:
    (root / "secret").mkdir()
    assert run("key", "new", "--output", str(root / "secret/data.key")).exit_code == 0
    with server.database(_SCHEMA) as source, server.database("") as target:
        (root / f"data/{target}.yaml").write_text(_CLASSIFICATION, encoding="utf-8")
        words = ("anonymise", "--from", "env:A", "--to", "env:B", "--workers", "1", "--repo", str(root))
        places = {"A": server.url(source), "B": server.url(target)}

        def cut_off() -> None:
            def stop(_name: str, done: int, total: int) -> None:
                if done >= total:
                    raise KeyboardInterrupt

            spec, key = DataFiles(root).read(target), read_key("file:secret/data.key", {}, root)
            assert spec is not None
            with pytest.raises(KeyboardInterrupt):
                anonymise(MaskRequest(places["A"], places["B"], spec, key, workers=1), stop, lambda _: None)

        cut_off()
        gone_on = run(*words, **places)
        assert gone_on.exit_code == 0, gone_on.output
        assert "1 of 1 tables, 600 rows, taken over from a run that was cut off" in gone_on.stdout
        assert gone_on.stdout.split()[:4] == ["TABLE", "ROWS", "TAKEN", "OVER"]
        again = run(*words, **places)
        assert "env:B already is this copy of env:A: nothing was written (600 rows compared in " in again.stdout, again.output
        report = validated(run(*words, "--json", **places).stdout)
        assert (report["unchanged"], report["tables"], report["taken_over"]) == (True, {"public.customers": 600}, {})

        with server.connect(source) as connection:
            connection.execute("UPDATE customers SET email = 'canary.new@mail.ch' WHERE id = 1")
        cut_off()
        report = validated(run(*words, "--json", **places).stdout)
        assert not report["unchanged"]
        assert (report["taken_over"], report["tables"]) == ({"public.customers": 600}, {"public.customers": 600})
        cut_off()
        assert validated(run(*words, "--fresh", "--json", **places).stdout)["taken_over"] == {}


def test_a_copy_of_empty_tables_says_so(server: RunningPostgres, root: Path, run: Run) -> None:
    (root / "secret").mkdir()
    made = run("key", "new", "--output", str(root / "secret/data.key"))
    assert made.exit_code == 0
    assert f'export NAME="$(cat {root / "secret/data.key"})"' in made.output
    with server.database(_SCHEMA.partition("INSERT")[0]) as source, server.database("") as target:
        words = ("anonymise", "--from", "env:A", "--to", "env:B", "--spec", "shop", "--workers", "1", "--repo", str(root))
        places = {"A": server.url(source), "B": server.url(target)}
        done = run(*words, **places)
        assert "note: 0 rows: the source's tables are empty\n" in done.stdout, done.output
        assert done.stdout.splitlines()[0].split() == ["TABLE", "ROWS"]
        assert validated(run(*words, "--json", **places).stdout)["remarks"] == ["0 rows: the source's tables are empty"]


@pytest.mark.every_version
def test_a_copy_from_the_plan_to_the_summary(server: RunningPostgres, root: Path, run: Run) -> None:
    (root / "secret").mkdir()
    assert run("key", "new", "--output", str(root / "secret/data.key")).exit_code == 0
    with server.database(_SCHEMA) as source, server.database("") as target:
        places = {"A": server.url(source), "B": server.url(target)}
        words = ("anonymise", "--from", "env:A", "--to", "env:B", "--repo", str(root))
        (root / f"data/{target}.yaml").write_text(_CLASSIFICATION, encoding="utf-8")

        planned = run(*words, "--plan-only", **places)
        assert planned.exit_code == 0, planned.output
        assert "1 pseudonymised" in planned.output

        done = run(*words, "--json", **places)
        assert done.exit_code == 0, done.output
        report = validated(done.stdout)
        assert (report["tables"], report["privacy"]["pseudonymised"]) == ({"public.customers": 600}, 1)
        with server.connect(target) as connection:
            found = connection.execute("SELECT count(DISTINCT email) FILTER (WHERE email LIKE '%@example.com') FROM customers").fetchone()
        assert found == (600,)

        (root / f"data/{target}.yaml").write_text(_CLASSIFICATION.replace("k: 5", "k: 50"), encoding="utf-8")
        assert isinstance(run(*words, **places).exception, BlockedError)
        (root / f"data/{source}.yaml").write_text(_CLASSIFICATION, encoding="utf-8")
        assert isinstance(run(*words[:3], "--to", "env:A", "--replace", "--repo", str(root), **places).exception, PolicyError)

        (root / f"data/{target}.yaml").write_text(_CLASSIFICATION.replace("      id: {kind", "      old: {kind"), encoding="utf-8")
        refused = run(*words, "--plan-only", **places)
        assert refused.exit_code == 78
        assert "unclassified-column" in refused.output
        assert isinstance(run(*words, **places).exception, ConfigError)
        assert run(*words, "--plan-only", "--spec", "shop", **places).exit_code == 0
        unknown = run(*words, "--plan-only", "--spec", "none", **places).exception
        assert isinstance(unknown, UsageError)
        assert "data/none.yaml" in str(unknown)


@pytest.mark.parametrize("reference", ["file:secret/none.key", "env:NO_SUCH_KEY", "file:pyproject.toml", "somewhere"])
def test_a_key_that_is_not_there_is_a_mistake_of_configuration(server: RunningPostgres, root: Path, run: Run, reference: str) -> None:
    with server.database(_SCHEMA) as source, server.database("") as target:
        places = {"A": server.url(source), "B": server.url(target)}
        refused = run(
            "anonymise", "--from", "env:A", "--to", "env:B", "--spec", "shop", "--key", reference, "--repo", str(root), **places
        ).exception
    assert isinstance(refused, ConfigError)
    assert refused.hint
