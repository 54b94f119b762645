"""`liftlock data check` against a real server: words, page, document, exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from liftlock.core.errors import ConfigError, UsageError
from liftlock.main import app
from tests.config_repository import FILES, write
from tests.json_results import validated
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

_CLASSIFICATION = """
version: 1
key: env:DATA_KEY
tables:
  people:
    quasi-identifiers: [city]
    columns:
      id: {kind: identifier, rule: keep}
      email: {kind: email, rule: pseudonym}
      city: {kind: city, rule: keep}
"""
_ROWS = """
CREATE TABLE people (id int PRIMARY KEY, email text, city text);
INSERT INTO people SELECT i, '{0}' || i || '.muster@{0}-mail.net', 'Bern' FROM generate_series(1, 50) i;
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    write(tmp_path, {**FILES, "data/shop.yaml": _CLASSIFICATION})

    def run(*words: str, **variables: str) -> Result:
        result = CliRunner().invoke(app, ["data", "check", *words, "--repo", str(tmp_path)], env=variables)
        assert PASSWORD not in result.output
        assert "muster" not in result.output
        return result

    return run


@pytest.fixture(scope="module")
def databases(postgres: RunningPostgres) -> Iterator[dict[str, str]]:
    leak = "UPDATE people SET email = 'prod7.muster@prod-mail.net' WHERE id = 8;"
    clean = _ROWS.format("copy")
    with postgres.database(_ROWS.format("prod")) as source, postgres.database(clean) as good, postgres.database(clean + leak) as bad:
        yield {"SOURCE": postgres.url(source), "GOOD": postgres.url(good), "BAD": postgres.url(bad)}


@pytest.mark.every_version
def test_a_clean_copy_exits_with_0_and_a_page(run: Run, databases: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "certificate.html"
    done = run("--from", "env:SOURCE", "--to", "env:GOOD", "--spec", "shop", "--report", str(page), **databases)
    assert done.exit_code == 0, done.output
    assert "clean: 0 leaks; " in done.stdout
    html = page.read_text()
    assert "No sensitive value of the source was found in the copy" in html
    assert "pseudonymised" in html
    assert "<script" not in html
    assert "src=" not in html


def test_a_column_of_which_no_row_was_compared_is_not_called_clean(
    run: Run, postgres: RunningPostgres, databases: dict[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "certificate.html"
    with postgres.database("CREATE TABLE people (id int PRIMARY KEY, email text, city text)") as name:
        words = ("--from", "env:SOURCE", "--to", "env:NONE", "--spec", "shop", "--report", str(page))
        done = run(*words, **databases, NONE=postgres.url(name))
    assert done.exit_code == 3, done.output
    line = next(line for line in done.stdout.splitlines() if line.startswith("public.people.email "))
    assert line.endswith("not compared")
    assert '<td class="soft">not compared</td>' in page.read_text()


@pytest.mark.every_version
def test_a_leak_exits_with_4_and_leads_to_its_row(run: Run, databases: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "certificate.html"
    words = ("--from", "env:SOURCE", "--to", "env:BAD", "--spec", "shop", "--json", "--report", str(page))
    done = run(*words, **databases)
    assert done.exit_code == 4, done.output
    found = validated(done.stdout)
    assert (found["verdict"], found["findings"][0]["place"]) == ("leak", "public.people.email")
    position = found["findings"][0]["examples"][0]
    assert position in page.read_text()
    assert "the copy must not be used" in page.read_text()
    salt = done.stderr.split("--salt ")[1].split()[0]
    assert salt not in page.read_text() + done.stdout
    find = ("--find", position, "--salt", salt)
    rows = validated(run("--to", "env:BAD", *find, "--json", **databases).stdout)["items"]
    assert [(row["position"], row["table"]) for row in rows] == [(position, "public.people")]
    assert "ctid = '(0," in run("--to", "env:BAD", *find, **databases).stdout
    assert "no such row" in run("--to", "env:GOOD", *find, **databases).stdout


def test_a_check_without_a_classification_or_a_source_is_refused(run: Run, databases: dict[str, str]) -> None:
    missing = run("--from", "env:SOURCE", "--to", "env:GOOD", **databases)
    assert isinstance(missing.exception, ConfigError)
    assert "nobody has said which columns are sensitive" in str(missing.exception)
    assert isinstance(run("--from", "env:SOURCE", "--to", "env:GOOD", "--spec", "none", **databases).exception, UsageError)
    assert "--from is missing" in str(run("--to", "env:GOOD", **databases).exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "env:SOURCE", "--find", "ab"), "--find says where rows are, and checks nothing"),
        (("--find", "ab", "--report", "page.html"), "--find says where rows are, and checks nothing"),
        (("--from", "env:SOURCE", "--salt", "00"), "--salt belongs to --find"),
    ],
)
def test_options_that_ask_two_things_at_once_are_refused(run: Run, words: tuple[str, ...], message: str) -> None:
    done = run("--to", "env:GOOD", *words)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)


def test_what_can_prove_nothing_is_refused(run: Run, databases: dict[str, str]) -> None:
    itself = run("--from", "env:GOOD", "--to", "env:GOOD", "--spec", "shop", **databases)
    assert isinstance(itself.exception, UsageError)
    assert str(itself.exception) == "env:GOOD would be held against itself"
    no_hash = run("--to", "env:GOOD", "--spec", "shop", "--find", "ab", **databases)
    assert isinstance(no_hash.exception, UsageError)
    assert "it has 16 hexadecimal digits" in str(no_hash.exception.hint)


def test_rows_have_names_that_only_the_key_or_the_salt_leads_back_from(run: Run, databases: dict[str, str]) -> None:
    words = ("--from", "env:SOURCE", "--to", "env:BAD", "--spec", "shop", "--json")

    def name(**variables: str) -> str:
        return str(validated(run(*words, **databases, **variables).stdout)["findings"][0]["examples"][0])

    key, other = {"DATA_KEY": bytes(range(32)).hex()}, {"DATA_KEY": bytes(range(1, 33)).hex()}
    names = [name(), name(), name(**key), name(**other)]
    assert len(set(names)) == 4
    assert name(**key) == names[2]
    find = ("--to", "env:BAD", "--spec", "shop", "--find", names[2])
    assert names[2] in run(*find, **databases, **key).stdout
    assert "no such row" in run(*find, **databases, **other).stdout
    assert "not at hand" in str(run(*find, **databases).exception)
    assert "not what a check prints" in str(run(*find, "--salt", "xy", **databases).exception)


def test_a_leak_does_not_hide_what_was_not_looked_at(
    run: Run, postgres: RunningPostgres, databases: dict[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "certificate.html"
    unread = "CREATE TABLE unread (said text); REVOKE ALL ON unread FROM liftlock;"
    leak = "UPDATE people SET email = 'prod7.muster@prod-mail.net' WHERE id = 8;"
    with postgres.database(_ROWS.format("copy") + unread + leak) as bad:
        words = ("--from", "env:SOURCE", "--to", "env:BAD", "--spec", "shop", "--report", str(page))
        both = databases | {"BAD": postgres.url(bad)}
        done, document = run(*words, **both), validated(run(*words, "--json", **both).stdout)
    assert done.exit_code == 4, done.output
    assert "not looked at: copy: public.unread: permission denied for table unread" in done.stdout
    assert "leak, and incomplete: " in done.stdout
    assert "the copy must not be used; and not everything was looked at" in page.read_text()
    assert (document["verdict"], document["complete"]) == ("leak", False)


@pytest.mark.every_version
def test_a_broken_promise_exits_with_3_and_is_named(run: Run, postgres: RunningPostgres, databases: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "certificate.html"
    words = ("--from", "env:SOURCE", "--to", "env:OTHER", "--spec", "shop")
    emptied = "UPDATE people SET email = NULL WHERE id = 3"
    with postgres.database(_ROWS.format("copy") + emptied) as other:
        places = {**databases, "OTHER": postgres.url(other)}
        done = run(*words, "--report", str(page), **places)
        document = validated(run(*words, "--json", **places).stdout)
    assert done.exit_code == 3
    assert "broken promise: public.people.email [nulls-changed]: 1 rows are NULL where the source has a value" in done.stdout
    assert "1 broken promise: nothing leaks" in page.read_text()
    assert [item["code"] for item in document["promises"]] == ["nulls-changed"]
    assert (document["verdict"], document["complete"]) == ("broken", True)


def test_rows_that_the_source_no_longer_has_are_a_gap_until_somebody_accepts_so_many(
    run: Run, postgres: RunningPostgres, databases: dict[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "certificate.html"
    deleted = "DELETE FROM people WHERE id = 3"
    with postgres.database(_ROWS.format("prod") + deleted) as later:
        places = {**databases, "LATER": postgres.url(later)}
        words = ("--from", "env:LATER", "--to", "env:GOOD", "--spec", "shop", "--report", str(page))
        done = run(*words, **places)
        consented = run(*words, "--accept-missing", "5", "--json", **places)
    assert done.exit_code == 3
    assert "have no row in the source: deleted there since" in done.stdout
    assert "rows: public.people: 49 of 50 compared with their own; 1 have no row in the source\n" in done.stdout
    document = validated(consented.stdout)
    assert (consented.exit_code, document["verdict"], document["missing"]) == (0, "accepted", 0.05)
    assert document["tables"][0]["alone"] == 1
    assert "1 without a row in the source" in page.read_text()
