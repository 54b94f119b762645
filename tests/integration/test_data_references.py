"""Where the references and the files of `liftlock data` begin."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liftlock.core.errors import UsageError
from liftlock.main import app
from liftlock.wiring.data import anonymisation, certification, data_workspace, profiles
from liftlock.wiring.data_keys import reference_of, write_key
from tests.config_repository import FILES, write
from tests.git_repositories import git


def test_every_use_of_a_pseudonym_key_finds_it_from_the_repository_wherever_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = tmp_path / "environments"
    write(repo, FILES)
    made = write_key(repo / "pseudonym.key")
    monkeypatch.chdir(tmp_path)
    work = data_workspace(repo)

    assert certification(work).key("file:pseudonym.key").id == made
    assert anonymisation(work).key("file:pseudonym.key").id == made
    assert work.parts.secrets.resolve("file:pseudonym.key") == (repo / "pseudonym.key").read_text().strip()


def test_a_file_on_the_command_line_begins_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    write_key(Path("new.key"))

    assert [path.name for path in tmp_path.iterdir()] == ["new.key"]


def test_a_new_key_is_named_as_the_classification_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = tmp_path / "environments"
    write(repo, FILES)
    (repo / "data").mkdir(exist_ok=True)
    monkeypatch.chdir(repo / "data")
    made = write_key(Path("../../pseudonym.key"))

    assert reference_of(Path("../../pseudonym.key")) == "file:../pseudonym.key"
    assert anonymisation(data_workspace(repo)).key("file:../pseudonym.key").id == made
    monkeypatch.chdir(tmp_path)
    assert reference_of(Path("pseudonym.key")) == f"file:{tmp_path / 'pseudonym.key'}", "outside of any repository"


def test_a_key_is_not_written_where_the_next_commit_would_publish_it(tmp_path: Path) -> None:
    repo = tmp_path / "environments"
    repo.mkdir()
    git(repo, "init", "--quiet")
    path = repo / "secret" / "data.key"

    with pytest.raises(UsageError, match="does not ignore it"):
        write_key(path)
    assert not path.parent.exists()

    (repo / ".gitignore").write_text("secret/\n")
    write_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert git(repo, "status", "--porcelain", "--untracked-files=all").split() == ["??", ".gitignore"]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--from", "env:A", "--to", "env:B", "--report"),
        ("generate", "env:A", "--report"),
        ("profile", "env:A", "--output"),
        ("report", "env:A", "--output"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_before_any_work(tmp_path: Path, words: tuple[str, ...]) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "page.html"):
        done = CliRunner().invoke(app, ["data", *words, str(path)])
        assert isinstance(done.exception, UsageError)
        assert f"{path} cannot be written: " in str(done.exception)


def test_a_page_is_whole_or_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, FILES)
    page = tmp_path / "page.html"
    page.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        profiles(data_workspace(tmp_path)).write(page, "new")
    assert [path.read_text() for path in tmp_path.glob("*.html")] == ["old"]
    assert [path.name for path in tmp_path.glob(".*.tmp")] == []
