"""What the Git adapter does for people and against faults, beyond the contract."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from liftlock.adapters.forges.local import LocalForge
from liftlock.adapters.git import Git, GitError
from liftlock.adapters.git_remote import without_credentials
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import IncompleteError, PolicyError, UnavailableError, UsageError
from liftlock.core.ports import Identity
from liftlock.core.release import ReleasedImage
from liftlock.core.release_edit import edit_release
from liftlock.core.release_file import parse_release
from tests.fakes.promotion import FakeClock
from tests.git_repositories import ADA, GRACE, commit_here, git, make_clone, make_forge
from tests.promotion_world import ready_world

FILE = PurePosixPath("releases/dev.yaml")


@pytest.fixture
def forge(tmp_path: Path) -> Path:
    return make_forge(tmp_path, {str(FILE): "services: {}\n"})


@pytest.fixture
def clone(forge: Path, tmp_path: Path) -> Path:
    return make_clone(forge, tmp_path / "clone")


def write(repository: GitRepository, branch: str = "main") -> str:
    repository.fetch()
    files = {FILE: "services: {}\n# more\n"}
    return repository.commit_files(base=repository.head("main"), branch=branch, files=files, message="Change", author=GRACE)


def test_work_tree_and_index_are_not_touched_by_a_commit(clone: Path) -> None:
    (clone / "staged").write_text("x")
    git(clone, "add", "staged")
    (clone / str(FILE)).write_text("edited")
    before = git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD")
    write(GitRepository(clone))
    assert (git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD")) == before
    assert (clone / str(FILE)).read_text() == "edited"


def test_a_clean_checkout_of_the_base_is_brought_along(clone: Path) -> None:
    made = write(GitRepository(clone))
    assert GitRepository(clone).fast_forward("main") is None
    assert git(clone, "rev-parse", "HEAD") == made
    assert "# more" in (clone / str(FILE)).read_text()


def test_any_other_checkout_stays_as_it_is_with_the_reason(clone: Path) -> None:
    repository = GitRepository(clone)
    write(repository)
    (clone / "new").write_text("x")
    assert "uncommitted" in (repository.fast_forward("main") or "")
    commit_here(clone, {"own": "y"}, "Mine")
    assert "does not have" in (repository.fast_forward("main") or "")
    git(clone, "checkout", "--quiet", "-b", "topic")
    assert "on topic" in (repository.fast_forward("main") or "")
    git(clone, "checkout", "--quiet", "--detach")
    assert "no branch" in (repository.fast_forward("main") or "")


def test_the_work_trees_state_is_told(clone: Path) -> None:
    repository = GitRepository(clone)
    state = repository.work_tree_state()
    assert (state.branch, state.commit, state.dirty) == ("main", git(clone, "rev-parse", "HEAD"), False)
    (clone / "new").write_text("x")
    assert repository.work_tree_state().dirty


def test_git_that_does_not_know_the_person_says_how_to_tell_it(clone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert GitRepository(clone).identity() == ADA
    git(clone, "config", "--unset", "user.email")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="does not know who you are") as caught:
        GitRepository(clone).identity()
    assert caught.value.hint is not None
    assert "git config --global user.email" in caught.value.hint


@pytest.mark.parametrize("text", ["", "Ada", "<a@b>", "Ada <>", "Ada <a b>", "Ada\nEvil: x <a@b>", "Ada <a@b> x", "A <b> <c@d>"])
def test_a_name_that_could_forge_a_trailer_or_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Identity.parse(text)


def test_a_name_in_any_script_is_a_person() -> None:
    assert Identity.parse(" Åsa Öberg (ops) <asa@shop.example> ") == Identity("Åsa Öberg (ops)", "asa@shop.example")


def test_credentials_are_in_no_message(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "http://user:s3cret@127.0.0.1:1/x.git")
    with pytest.raises(UnavailableError) as caught:
        GitRepository(clone).fetch()
    assert "127.0.0.1:1/x.git" in caught.value.message
    assert "s3cret" not in caught.value.message + (caught.value.hint or "")
    assert without_credentials("a https://x:y@h/p ssh://u@h") == "a https://h/p ssh://h"


def test_a_clone_without_a_forge_says_how_to_name_one(clone: Path) -> None:
    git(clone, "remote", "remove", "origin")
    with pytest.raises(UsageError, match="no remote `origin`"):
        GitRepository(clone).fetch()


def test_a_forge_that_is_gone_is_unavailable_to_git_and_to_pull_requests(forge: Path, clone: Path) -> None:
    forge.rename(forge.with_name("moved.git"))
    with pytest.raises(UnavailableError, match=r"forge\.git"):
        GitRepository(clone).fetch()
    with pytest.raises(UnavailableError, match="is not there"):
        LocalForge(str(forge), FakeClock()).list_pulls()
    with pytest.raises(UnavailableError, match="is not there"):
        LocalForge(str(forge), FakeClock()).pull(1)


def test_a_forge_that_refuses_a_push_is_quoted(forge: Path, clone: Path) -> None:
    hook = forge / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho main is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PolicyError, match=r"refused the push.*main is protected"):
        write(GitRepository(clone))


def test_a_forge_that_cannot_be_written_is_not_taken_for_a_race(forge: Path, clone: Path) -> None:
    repository = GitRepository(clone)
    repository.fetch()
    (forge / "objects").rename(forge / "gone")
    (forge / "objects").write_text("in the way")
    with pytest.raises(UnavailableError):
        repository.commit_files(base=repository.head("main"), branch="x", files={FILE: "y"}, message="m", author=ADA)


def test_a_pull_request_that_cannot_be_read_is_incomplete_not_absent(forge: Path) -> None:
    tree = git(forge, "rev-parse", "main^{tree}")
    git(forge, "update-ref", "refs/liftlock/pulls/1", git(forge, "commit-tree", tree, "-m", "junk"))
    with pytest.raises(IncompleteError, match="cannot be read"):
        LocalForge(str(forge), FakeClock()).list_pulls()


def test_a_local_forge_takes_paths_and_file_urls_only(forge: Path, tmp_path: Path) -> None:
    assert LocalForge("forge.git", FakeClock(), relative_to=tmp_path).list_pulls() == []
    assert LocalForge(forge.as_uri(), FakeClock()).list_pulls() == []
    with pytest.raises(UsageError, match="a local forge is a folder") as caught:
        LocalForge("https://user:s3cret@example.com/x.git", FakeClock())
    assert "s3cret" not in caught.value.message


def test_the_commits_of_a_closed_pull_request_survive_gc(forge: Path, clone: Path) -> None:
    made = write(GitRepository(clone), "topic")
    local = LocalForge(str(forge), FakeClock())
    local.open_pull(title="t", body="b", head="topic", base="main", author=ADA)
    local.close(1, reason="no", by=ADA)
    git(forge, "gc", "--quiet", "--prune=now")
    assert git(forge, "cat-file", "-t", made) == "commit"


def test_options_and_paths_cannot_be_smuggled_in(clone: Path) -> None:
    repository = GitRepository(clone)
    with pytest.raises(UsageError):
        repository.commit("--output=/tmp/x")
    with pytest.raises(UsageError, match="not a path inside"):
        repository.commit_files(
            base=git(clone, "rev-parse", "HEAD"), branch="x", files={PurePosixPath("../x"): ""}, message="m", author=ADA
        )
    with pytest.raises(GitError):
        Git(clone).run("no-such-command")


@pytest.mark.parametrize("service", ["on", "1e3", "a: b", "- x", "{y}", "&a", "*b", "it's", 'say "hi"', "#no", "名前", "null"])
def test_odd_service_names_and_foreign_line_endings_survive_a_round_through_git(clone: Path, service: str) -> None:
    image = ready_world().release("dev").services["api"]
    text = edit_release('# mine\r\nservices:\r\n  "other one": {image: "' + str(image.image) + '"}  # keep\r\n', {service: image})
    repository = GitRepository(clone)
    repository.fetch()
    made = repository.commit_files(base=repository.head("main"), branch="main", files={FILE: text}, message="m", author=ADA)
    back = repository.read(made, FILE)
    assert back == text
    assert parse_release(back, "f").services[service] == ReleasedImage(image.image, image.tag, image.commit)
    assert back.count("\r\n") == back.count("\n")
