"""What every Repository promises, on the fake and on real Git."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ports import Repository
from tests.fakes.promotion import FakeOrigin, FakeRepository
from tests.git_repositories import ADA, GRACE, make_clone, make_forge

FILE = PurePosixPath("releases/dev.yaml")
CRLF = "services:\r\n  api: {}\r\n"


@dataclass
class World:
    """One forge, and a way to get further clones of it."""

    clone: Callable[[], Repository]


@pytest.fixture(params=["fake", "git"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "fake":
        origin = FakeOrigin()
        origin.branches["main"] = origin.add((), {FILE: CRLF}, "Begin", ADA)
        return World(lambda: FakeRepository(origin))
    forge = make_forge(tmp_path, {str(FILE): CRLF})
    count = iter(range(100))
    return World(lambda: GitRepository(make_clone(forge, tmp_path / f"clone{next(count)}")))


def fetched(world: World) -> Repository:
    repository = world.clone()
    repository.fetch()
    return repository


def write(repository: Repository, branch: str, text: str, *, base: str | None = None, force: bool = False) -> str:
    at = base or repository.head("main")
    return repository.commit_files(base=at, branch=branch, files={FILE: text}, message="Change\n\nKey: value", author=GRACE, force=force)


def test_a_file_is_read_with_its_own_line_endings(world: World) -> None:
    repository = fetched(world)
    assert repository.read(repository.head("main"), FILE) == CRLF


def test_a_file_that_is_not_there_is_none(world: World) -> None:
    repository = fetched(world)
    assert repository.read(repository.head("main"), PurePosixPath("nothing")) is None


def test_an_unknown_branch_is_the_users_mistake(world: World) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        fetched(world).head("nowhere")


def test_a_commit_is_exactly_one_on_its_base_and_changes_only_its_files(world: World) -> None:
    repository = fetched(world)
    base = repository.head("main")
    made = repository.commit(write(repository, "topic", "new\r\n"))
    assert made.parents == (base,)
    assert made.paths == (FILE,)
    assert (made.author, made.committer) == (GRACE, GRACE)
    assert made.message == "Change\n\nKey: value"
    assert repository.read(made.commit, FILE) == "new\r\n"


def test_a_new_branch_is_seen_by_other_clones_after_a_fetch(world: World) -> None:
    made = write(fetched(world), "topic", "new")
    assert fetched(world).head("topic") == made


def test_a_branch_that_moved_is_not_overwritten(world: World) -> None:
    first, second = fetched(world), fetched(world)
    kept = write(first, "main", "first")
    with pytest.raises(ConflictError):
        write(second, "main", "second")
    assert fetched(world).head("main") == kept


def test_only_one_of_two_creates_a_branch(world: World) -> None:
    first, second = fetched(world), fetched(world)
    kept = write(first, "topic", "first")
    with pytest.raises(ConflictError):
        write(second, "topic", "second")
    assert fetched(world).head("topic") == kept


def test_an_existing_branch_is_replaced_only_with_force(world: World) -> None:
    repository = fetched(world)
    write(repository, "topic", "first")
    with pytest.raises(ConflictError):
        write(repository, "topic", "second")
    made = write(repository, "topic", "second", force=True)
    assert fetched(world).head("topic") == made


def test_force_does_not_overwrite_what_was_never_seen(world: World) -> None:
    first, second = fetched(world), fetched(world)
    write(first, "topic", "first")
    second.fetch()
    unseen = write(first, "topic", "again", force=True)
    with pytest.raises(ConflictError):
        write(second, "topic", "second", force=True)
    assert fetched(world).head("topic") == unseen


def test_ancestry_includes_the_commit_itself(world: World) -> None:
    repository = fetched(world)
    base = repository.head("main")
    made = write(repository, "topic", "new")
    assert repository.is_ancestor(base, made)
    assert repository.is_ancestor(made, made)
    assert not repository.is_ancestor(made, base)


def test_introducers_are_those_of_the_oldest_commit_with_the_text(world: World) -> None:
    repository = fetched(world)
    first = write(repository, "main", "x: sha256:aaa\n")
    repository.fetch()
    second = repository.commit_files(base=first, branch="main", files={FILE: "y: sha256:aaa\nz: sha256:bbb\n"}, message="More", author=ADA)
    found = repository.introducers(second, PurePosixPath("releases"), ["sha256:aaa", "sha256:bbb", "sha256:ccc"])
    assert found == {"sha256:aaa": (GRACE,), "sha256:bbb": (ADA,)}


def test_an_unknown_commit_is_the_users_mistake(world: World) -> None:
    with pytest.raises(UsageError):
        fetched(world).commit("0" * 40)


def test_many_commits_are_as_one_at_a_time(world: World) -> None:
    repository = fetched(world)
    base = repository.head("main")
    made = [write(repository, f"topic-{number}", f"{number}\n") for number in range(3)]
    found = repository.commits([*made, base, made[0]])
    assert dict(found) == {commit: repository.commit(commit) for commit in (*made, base)}
    assert dict(repository.commits([])) == {}
    with pytest.raises(UsageError, match="0000 is not in this repository"):
        repository.commits([base, "0" * 40])


def test_of_many_commits_those_that_one_contains_are_known(world: World) -> None:
    repository = fetched(world)
    base = repository.head("main")
    made = write(repository, "topic", "new\n")
    other = write(repository, "other", "other\n")
    assert repository.contained([base, made, other], made) == {base, made}
    assert repository.contained([made, other], base) == frozenset()
    assert repository.contained([], base) == frozenset()


def test_many_files_are_read_as_one_at_a_time(world: World) -> None:
    repository = fetched(world)
    base, nothing = repository.head("main"), PurePosixPath("nothing")
    made = write(repository, "topic", "ä\n\n")
    assert dict(repository.texts([(base, FILE), (made, FILE), (made, nothing)])) == {(base, FILE): CRLF, (made, FILE): "ä\n\n"}
    assert dict(repository.texts([])) == {}
    assert dict(repository.texts([(made, nothing)])) == {}


def test_a_file_that_is_named_like_a_commit_hides_no_other(world: World) -> None:
    repository = fetched(world)
    base = repository.head("main")
    first = write(repository, "first", "first\n")
    files = {PurePosixPath(name): "x\n" for name in (first, f"a/{first}", "zzz")}
    second = repository.commit_files(base=base, branch="second", files=files, message="Hide", author=GRACE)
    found = repository.commits([first, second])
    assert found[first].paths == (FILE,)
    assert set(found[second].paths) == set(files)
