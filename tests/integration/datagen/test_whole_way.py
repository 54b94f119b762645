"""Real schemas all the way as a person in a hurry goes it: classify, take what is proposed, accept what is asked, copy, prove."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from liftlock.main import app
from tests.config_repository import write
from tests.json_results import validated
from tests.postgres import RunningPostgres
from tests.schemas import NAMES, schema

pytestmark = [pytest.mark.docker, pytest.mark.every_version]

_UNDECIDED = re.compile(r"unclassified(?P<gap> +)# [^{\n]*(?P<first>\{kind[^#\n]*?\}) \(.*|unclassified +#.*")
_LEFT = "{kind: technical, rule: keep, reason: 'looked at'}"
_BY_HAND = {"erp": ("leaves: {kind: birth-date, rule: generalise, options: {to: year}}", "leaves: {kind: moment, rule: keep}")}
"""What a person changes of the proposals: `leaves` is no birthday, and a CHECK that the plan names holds it against `hired`."""
_NEVER = {
    "unclassified-table",
    "unclassified-column",
    "unclassified-path",
    "reference-without-target",
    "derived-column",
    "unsupported-transform",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An environments repository, with a key."""
    write(tmp_path)
    assert CliRunner().invoke(app, ["data", "key", "new", "--output", str(tmp_path / "data.key")]).exit_code == 0
    return tmp_path


@pytest.fixture
def places(postgres: RunningPostgres, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """A database with the schema, and an empty one."""
    ddl = schema(request.param)
    with postgres.database(ddl) as source, postgres.database("") as target, postgres.may_make_extensions(ddl):
        yield {"SOURCE": postgres.url(source), "TARGET": postgres.url(target)}


def _decided(text: str) -> str:
    """What a hurried person makes of it: the first thing that is proposed, and where nothing is, it stays."""
    return _UNDECIDED.sub(lambda found: found["first"] or _LEFT, text)


def _accepted(errors: list[dict[str, Any]]) -> str:
    lines = "".join(f"  - {{problem: {item['id']!r}, reason: the database decides}}\n" for item in errors)
    return f"\naccepted:\n{lines}" if lines else ""


@pytest.mark.parametrize(("places", "name"), [(name, name) for name in NAMES], indirect=["places"])
def test_a_schema_goes_from_its_classification_to_a_proved_copy(root: Path, places: dict[str, str], name: str) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["data", *words, "--repo", str(root)], env=places)

    file = root / "data/shop.yaml"
    filled = run("generate", "env:SOURCE", "--rows", "400", "--locale", "de_CH")
    assert filled.exit_code == 0, filled.exception

    assert run("init", "shop", "--from", "env:SOURCE").exit_code == 0
    text = _decided(file.read_text(encoding="utf-8")).replace("key: env:LIFTLOCK_DATA_KEY", "key: file:data.key")
    assert "unclassified  " not in text
    if name in _BY_HAND:
        before, after = _BY_HAND[name]
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    planned = validated(run("plan", "shop", "--from", "env:SOURCE", "--json").stdout)
    assert not {item["code"] for item in planned["errors"]} & _NEVER, [item["where"] for item in planned["errors"]]
    file.write_text(text + _accepted([*planned["errors"], *planned["warnings"]]), encoding="utf-8")
    strict = run("plan", "shop", "--from", "env:SOURCE", "--strict")
    assert strict.exit_code == 0, strict.output

    target = places["TARGET"].rsplit("/", 1)[1]
    (root / f"data/{target}.yaml").write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    copied = run("anonymise", "--from", "env:SOURCE", "--to", "env:TARGET", "--workers", "1", "--json")
    assert copied.exit_code == 0, copied.exception
    assert sum(validated(copied.stdout)["tables"].values()) >= 400
    checked = run("check", "--from", "env:SOURCE", "--to", "env:TARGET", "--spec", "shop", "--json")
    certificate = validated(checked.stdout)
    leaks = {item["source"] for item in certificate["findings"] if item["verdict"] == "leak"}
    assert (leaks, certificate["canaries"]["missed"], certificate["unread"], certificate["promises"]) == (set(), [], [], [])
    assert (checked.exit_code, certificate["verdict"]) in ((0, "clean"), (0, "chance")), certificate["columns"]
