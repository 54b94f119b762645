"""What configuration comes to is kept by the ids of its blobs, and is never anything but what a full reading gives."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.adapters.committed_config import committed_afresh, committed_known, known_here
from liftlock.adapters.config_cache import FOLDER, Blobs, ConfigCache, Known
from liftlock.core.errors import ConfigError
from liftlock.core.fingerprint import Fingerprint
from tests.config_repository import FILES, A, B
from tests.git_repositories import commit_here, git, make_clone, make_forge


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return make_clone(make_forge(tmp_path, dict(FILES)), tmp_path / "clone")


def read(clone: Path, commit: str) -> Known:
    """As another process would: nothing is left in memory."""
    committed_known.cache_clear()
    return committed_known(clone, commit)


def kept(clone: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (clone / FOLDER).iterdir()}


def test_the_work_tree_and_the_commit_with_the_same_files_share_what_is_known(clone: Path) -> None:
    here = known_here(clone)
    before = kept(clone)
    assert before
    commit = commit_here(clone, {"README": "more"}, "More")
    assert read(clone, commit) == here == known_here(clone)
    assert kept(clone) == before


def test_a_release_that_changes_is_checked_and_the_configuration_is_known_already(clone: Path) -> None:
    known = known_here(clone)
    good = commit_here(clone, {"releases/staging.yaml": FILES["releases/dev.yaml"].replace(A, B)}, "Release")
    assert read(clone, good) == known
    bad = commit_here(clone, {"releases/staging.yaml": FILES["releases/dev.yaml"].replace("shop/api@", "shop/other@")}, "Sneak")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"releases/staging\.yaml:2:16 .*shop/other"):
            read(clone, bad)


@pytest.mark.parametrize("name", ["policy/freezes.yaml", "environments/staging.yaml", "liftlock.yaml"])
def test_what_is_wrong_is_said_however_often_it_was_right(clone: Path, name: str) -> None:
    known_here(clone)
    commit = commit_here(clone, {name: "nonsense: 1\n"}, "Break")
    for _ in range(2):
        with pytest.raises(ConfigError, match=name):
            read(clone, commit)


def test_another_configuration_is_another_entry(clone: Path) -> None:
    before = known_here(clone)
    text = FILES["environments/base.yaml"].replace("128", "129")
    after = read(clone, commit_here(clone, {"environments/base.yaml": text}, "More memory"))
    assert after.fingerprints["dev"].config != before.fingerprints["dev"].config
    assert after.project == before.project


class Evil:
    """What a file in the cache could try to do when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("made-by-the-cache",)


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps({}), pickle.dumps(Evil()), pickle.dumps([1])], ids=range(5))
def test_a_spoilt_cache_is_as_none_at_all(clone: Path, content: bytes) -> None:
    before = known_here(clone)
    for path in (clone / FOLDER).iterdir():
        if "." not in path.name:
            path.write_bytes(content)
    assert known_here(clone) == before
    assert not Path("made-by-the-cache").exists()


def test_what_is_decided_for_good_is_read_from_git_whatever_is_kept(clone: Path) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    true = known_here(clone)
    for path in (clone / FOLDER).iterdir():
        if "." not in path.name:
            path.write_bytes(pickle.dumps(Known(replace(true.project, pipeline=()), {})))
    assert read(clone, commit).project.pipeline == ()
    assert committed_afresh(clone, commit) == true


def test_the_work_tree_does_not_look_changed(clone: Path) -> None:
    known_here(clone)
    assert kept(clone)
    assert git(clone, "status", "--porcelain") == ""


def test_where_nothing_can_be_kept_everything_is_read(clone: Path) -> None:
    folder = clone / FOLDER
    folder.parent.mkdir(parents=True)
    folder.write_text("a file in the way")
    assert known_here(clone) == known_here(clone)


def test_only_the_configurations_that_were_used_last_are_kept(clone: Path) -> None:
    cache, known = ConfigCache(clone), Known(known_here(clone).project, {"dev": Fingerprint("cfg-1")})
    blobs = [Blobs({"liftlock.yaml": str(number)}, {"releases/dev.yaml": str(number)}) for number in range(40)]
    for item in blobs:
        cache.put(item, known)
    assert cache.get(blobs[-1]) == known
    assert cache.get(blobs[0]) is None
    assert len(kept(clone)) <= 2 * 32 + 2  # what was read first, and .gitignore
