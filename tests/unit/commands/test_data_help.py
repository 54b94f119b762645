"""What `liftlock data … --help` and the pages say of each command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from liftlock.commands.app import Later
from liftlock.commands.data import app
from liftlock.core.errors import UsageError
from liftlock.main import app as root
from tests.config_repository import write

_DOCS = Path(__file__).parents[3] / "docs"
_SHARED = {"--repo", "--env", "--json", "--help", "--yes"}  # of all commands alike


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    found = command.load() if isinstance(command, Later) else command
    if hasattr(found, "commands"):
        for name, below in found.commands.items():
            yield from _commands(below, (*words, name))
    else:
        yield " ".join(words), found


COMMANDS = dict(_commands(get_command(app), ("liftlock", "data")))


def test_all_of_them_are_looked_at() -> None:
    assert len(COMMANDS) >= 13


@pytest.mark.parametrize("words", COMMANDS)
def test_help_ends_with_an_example_that_names_options_that_there_are(words: str) -> None:
    command = COMMANDS[words]
    example = command.help.rstrip().rpartition("\n")[2].strip()
    assert example.startswith(f"Example: {words}")
    assert len(example) <= 78, "it would be wrapped"
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    assert {word for word in example.split() if word.startswith("-")} <= known


@pytest.mark.parametrize("words", COMMANDS)
def test_the_pages_have_every_option(words: str) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (_DOCS / "data.md", *sorted((_DOCS / "data").glob("*.md"))))
    options = {max(param.opts, key=len) for param in COMMANDS[words].params if param.opts[0].startswith("-")}
    assert [option for option in sorted(options - _SHARED) if option not in pages] == []


@pytest.mark.parametrize("name", ["bad name", "../up", "Nightly", "n" * 41, "", "n\n"])
def test_a_golden_copy_is_only_named_as_an_environment_can_declare_it(name: str) -> None:
    done = CliRunner().invoke(root, ["data", "snapshot", "create", "dev/shop", "--name", name])
    assert isinstance(done.exception, UsageError)
    assert "is no name of a golden copy" in str(done.exception)


@pytest.mark.parametrize(("command", "typed", "said"), [("init", "env:URL", "env:URL"), ("plan", "postgresql://u:hunter2@h/shop", "PLACE")])
def test_an_address_in_the_place_of_the_database_is_told_where_it_belongs(tmp_path: Path, command: str, typed: str, said: str) -> None:
    done = CliRunner().invoke(root, ["data", command, typed, "--repo", str(write(tmp_path))])
    assert isinstance(done.exception, UsageError)
    assert done.exception.hint == f"say DB or ENV/DB, and --from {said}"
