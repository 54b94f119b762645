"""What every Past promises, on the fake, in a clone and in a bare repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from liftlock.adapters.past import Declarations, GitPast
from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.ports import Identity
from liftlock.core.ports.past import Declared, Past
from liftlock.core.project import Project
from tests.fakes.past import FakePast
from tests.fakes.promotion import FakeOrigin
from tests.git_repositories import ADA, GRACE, LINUS, commit_here, git, make_clone, make_forge

DEV, PROD, FREEZES = (PurePosixPath(name) for name in ("releases/dev.yaml", "releases/prod.yaml", "policy/freezes.yaml"))
Made = tuple[Past, list[str]]
"""The port, and the base branch's commits: begun, a plain change, a merge of Grace's two commits, and one of other files."""


def _no_project(_: str) -> Project:
    raise ConfigError("there is no liftlock.yaml")


def _nothing(_: str, __: str) -> Declared | None:
    return None


NONE = Declarations(base=lambda: "main", project=_no_project, declared=_nothing)


def on_the_fake(_: Path) -> Made:
    origin = FakeOrigin()
    begun = origin.add((), {DEV: "a\n"}, "Begin", ADA)
    plain = origin.add((begun,), {DEV: "b\n"}, "Change dev", LINUS)
    first = origin.add((begun,), {DEV: "a\n", PROD: "x\n"}, "One", GRACE)
    second = origin.add((first,), {DEV: "a\n", PROD: "y\n", FREEZES: "f\n"}, "Two", GRACE)
    merge = origin.add((plain, second), {DEV: "b\n", PROD: "y\n", FREEZES: "f\n"}, "Merge\n\nLiftlock-Plan: p", ADA)
    other = origin.add((merge,), {DEV: "b\n", PROD: "y\n", FREEZES: "f\n", PurePosixPath("README"): "r\n"}, "Else", ADA)
    origin.branches["main"] = other
    return FakePast(origin), [begun, plain, merge, other]


def _in_git(folder: Path) -> tuple[Path, list[str]]:
    forge = make_forge(folder, {str(DEV): "a\n"})
    clone = make_clone(forge, folder / "clone")
    begun = git(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "--quiet", "-b", "topic")
    commit_here(clone, {str(PROD): "x\n"}, "One", GRACE)
    commit_here(clone, {str(PROD): "y\n", str(FREEZES): "f\n"}, "Two", GRACE)
    git(clone, "checkout", "--quiet", "main")
    plain = commit_here(clone, {str(DEV): "b\n"}, "Change dev", LINUS)
    git(clone, "merge", "--quiet", "--no-ff", "-m", "Merge\n\nLiftlock-Plan: p", "topic")
    merge = git(clone, "rev-parse", "HEAD")
    other = commit_here(clone, {"README": "r\n"}, "Else")
    git(clone, "push", "--quiet", "origin", "main")
    return forge, [begun, plain, merge, other]


def in_a_clone(folder: Path) -> Made:
    _, commits = _in_git(folder)
    return GitPast(folder / "clone", NONE), commits


def in_a_bare_repository(folder: Path) -> Made:
    forge, commits = _in_git(folder)
    git(forge, "remote", "add", "origin", "/nowhere")
    return GitPast(forge, NONE), commits


@pytest.fixture(params=[on_the_fake, in_a_clone, in_a_bare_repository])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    make: Callable[[Path], Made] = request.param
    past, commits = make(tmp_path)
    past.fetch()
    return past, commits


def test_changes_of_releases_and_policy_come_in_order_each_with_its_files(made: Made) -> None:
    past, commits = made
    found = past.changes()
    assert [change.commit for change in found] == commits[:3]
    assert [{file.path: (file.before, file.after) for file in change.files} for change in found] == [
        {DEV: (None, "a\n")},
        {DEV: ("a\n", "b\n")},
        {PROD: (None, "y\n"), FREEZES: (None, "f\n")},
    ]
    assert [change.message.partition("\n")[0] for change in found][1:] == ["Change dev", "Merge"]


def test_a_merge_names_who_wrote_what_it_brought_and_who_merged_it(made: Made) -> None:
    past, _ = made
    people: list[tuple[tuple[Identity, ...], Identity]] = [(change.writers, change.committer) for change in past.changes()]
    assert people[1:] == [((LINUS,), LINUS), ((GRACE,), ADA)]


def test_the_tip_and_texts_at_commits(made: Made) -> None:
    past, commits = made
    assert past.tip() == commits[3]
    asked = [(commits[0], DEV), (commits[1], DEV), (commits[1], PROD), ("0" * 40, DEV), ("no commit", DEV), ("--all", DEV)]
    assert dict(past.texts(asked)) == {(commits[0], DEV): "a\n", (commits[1], DEV): "b\n"}


def test_what_no_commit_declares_is_an_error_or_nothing(made: Made) -> None:
    past, commits = made
    assert past.declared(commits[0], "dev") is None
    with pytest.raises(ConfigError):
        past.project()


def test_a_branch_that_is_not_there(tmp_path: Path) -> None:
    for past in (FakePast(FakeOrigin()), GitPast(_in_git(tmp_path)[0], NONE, base="gone")):
        with pytest.raises(UsageError, match="there is no branch"):
            past.tip()


@pytest.mark.parametrize("text", ["x\0y\n", "\n:100644 100644 a b M\n", "\x01\n\ufeff"])
def test_no_content_of_a_file_and_no_message_leads_git_s_reader_astray(tmp_path: Path, text: str) -> None:
    clone = make_clone(make_forge(tmp_path, {str(DEV): "a\n"}), tmp_path / "clone")
    commit_here(clone, {str(DEV): text, ".gitattributes": "releases/* -diff\n"}, "\x01 odd\n\n:100644 000000 M\n\nLiftlock-Plan: p")
    git(clone, "push", "--quiet", "origin", "main")
    past = GitPast(clone, NONE)
    past.fetch()
    found = past.changes()
    assert [(change.files[0].before, change.files[0].after) for change in found[1:]] == [("a\n", text)]
