"""Every data command that has --json is run with it here (what needs an environment in tests/e2e), and prints what is published."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from liftlock.commands.app import Later
from liftlock.main import app
from tests.config_repository import FILES, REGISTRY, C, write
from tests.e2e.conftest import remove_labelled
from tests.json_results import validated
from tests.postgres import RunningPostgres, postgres_image

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
    ("snapshot", "create"): ("snapshot", "create", "shop", "--from", "env:SOURCE", "--anonymise", "--name", "nightly"),
    ("snapshot", "list"): ("snapshot", "list"),
    ("snapshot", "prune"): ("snapshot", "prune", "--keep", "0", "--yes"),
}
"""In the order in which they work."""
ELSEWHERE = {("snapshot", "restore")}
"""It needs an environment: tests/e2e/test_golden_copies.py, where every document is held against its schema."""


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
    assert with_document == {words for words in WAY if "--find" not in words} | ELSEWHERE
    golden = (Path(__file__).parents[2] / "e2e/test_golden_copies.py").read_text(encoding="utf-8")
    for words in ELSEWHERE:
        assert any(", ".join(f'"{word}"' for word in ("data", *words)) in line for line in golden.splitlines() if "--json" in line), words


@pytest.mark.docker
def test_every_document_is_as_published(postgres: RunningPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, image = f"t{uuid.uuid4().hex[:8]}", postgres_image() or ""
    files = {**FILES, "data/shop.yaml": _CLASSIFICATION}
    declared = files["liftlock.yaml"].replace(f"{REGISTRY}/liftlock/postgres@{C}", image).replace("project: shop", f"project: {project}")
    write(tmp_path, {**files, "liftlock.yaml": declared})
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["data", "key", "new", "--output", "data.key"]).exit_code == 0
    seen: dict[tuple[str, ...], Any] = {}
    try:
        with postgres.database(_TABLE + _ROWS) as source, postgres.database("") as copy, postgres.database(_TABLE) as empty:
            places = {"SOURCE": postgres.url(source), "COPY": postgres.url(copy), "EMPTY": postgres.url(empty)}
            for words, line in WAY.items():
                done = CliRunner().invoke(app, ["data", *line, "--json", "--repo", str(tmp_path)], env=places)
                assert done.stdout, (words, done.exception)
                seen[words] = validated(done.stdout)
    finally:
        remove_labelled(project)
    kinds = ["-".join(words).replace("---find", "-rows") for words in WAY]
    assert [document["schema"] for document in seen.values()] == [f"liftlock/data-{kind}/v1" for kind in kinds]
    kept = seen["snapshot", "create"]["snapshot"]
    assert (kept["origin"], kept["rows"]) == ("anonymised", seen["anonymise",]["total"])
    assert [item["name"] for item in seen["snapshot", "list"]["items"]] == ["nightly"]
    assert len(seen["snapshot", "prune"]["removed"]) == 1
