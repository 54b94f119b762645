"""Where the references and the files of `liftlock data` begin."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from liftlock.core.errors import UsageError
from liftlock.wiring.data import anonymisation, certification, data_workspace
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
