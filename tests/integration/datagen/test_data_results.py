"""Every data command that has --json is run with it here (golden copies in tests/e2e), and prints what is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from liftlock.commands.app import Later
from liftlock.main import app
from tests.config_repository import FILES
from tests.json_results import validated
from tests.postgres import RunningPostgres

_CLASSIFICATION = """
version: 1
key: file:data.key
subset:
  roots: [{table: people, percent: 50}]
tables:
  people:
    columns:
      id: {kind: identifier, rule: keep}
      email: {kind: email, rule: pseudonym}
"""
_TABLE = "CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL);"
_ROWS = "INSERT INTO people SELECT i, 'prod' || i || '@prod-mail.net' FROM generate_series(1, 60) i; ANALYZE"
WAY = {
    ("init",): ("init", "shop", "--from", "env:SOURCE"),
    ("plan",): ("plan", "shop", "--from", "env:SOURCE"),
    ("subset",): ("subset", "env:SOURCE", "--spec", "shop"),
    ("anonymise",): ("anonymise", "--from", "env:SOURCE", "--to", "env:COPY", "--spec", "shop", "--workers", "1"),
    ("check",): ("check", "--from", "env:SOURCE", "--to", "env:COPY", "--spec", "shop"),
    ("check", "--find"): ("check", "--to", "env:COPY", "--spec", "shop", "--find", "0123456789abcdef"),
    ("profile",): ("profile", "env:SOURCE", "--spec", "shop", "--output", "shop.profile.json"),
    ("generate",): ("generate", "env:EMPTY", "--rows", "30"),
    ("report",): ("report", "env:EMPTY", "--profile", "shop.profile.json", "--output", "page.html"),
}
"""In the order in which they work."""
ELSEWHERE = {("snapshot", name) for name in ("create", "list", "restore", "prune")}
"""They need environments: tests/e2e/test_golden_copies.py."""


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    found = command.load() if isinstance(command, Later) else command
    if not isinstance(found, TyperGroup):
        yield words, found
        return
    for name, inner in found.commands.items():
        yield from _commands(inner, (*words, name))


def test_every_data_command_with_a_document_is_run_for_it() -> None:
    root: Any = get_command(app)
    with_document = {words for words, found in _commands(root.commands["data"]) if any("--json" in param.opts for param in found.params)}
    assert with_document == {words[:1] for words in WAY} | ELSEWHERE
    golden = (Path(__file__).parents[2] / "e2e/test_golden_copies.py").read_text(encoding="utf-8")
    for words in ELSEWHERE:
        assert any(", ".join(f'"{word}"' for word in ("data", *words)) in line for line in golden.splitlines() if "--json" in line), words


@pytest.mark.docker
def test_every_document_is_as_published(postgres: RunningPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {**FILES, "data/shop.yaml": _CLASSIFICATION}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["data", "key", "new", "--output", "data.key"]).exit_code == 0
    seen: dict[tuple[str, ...], Any] = {}
    with postgres.database(_TABLE + _ROWS) as source, postgres.database("") as copy, postgres.database(_TABLE) as empty:
        places = {"SOURCE": postgres.url(source), "COPY": postgres.url(copy), "EMPTY": postgres.url(empty)}
        for words, line in WAY.items():
            done = CliRunner().invoke(app, ["data", *line, "--json", "--repo", str(tmp_path)], env=places)
            assert done.stdout, (words, done.exception)
            seen[words] = validated(done.stdout)["schema"]
    kinds = [*(words[0] for words in WAY if len(words) == 1), "check-rows"]
    assert sorted(seen.values()) == sorted(f"liftlock/data-{kind}/v1" for kind in kinds)
