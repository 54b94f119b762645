"""What every Forge promises: on the fake, on a bare Git repository, on a real Gitea, and by the adapters of GitHub and GitLab on
their fakes.

A forge with accounts acts as the account of its token, so each person comes with a forge of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from liftlock.adapters.forges.local import LocalForge
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ports import Check, CheckState, Forge, Identity, PullRequest, PullState, Repository
from tests.contract.forges import github_accounts, gitlab_accounts, who
from tests.fakes.promotion import FakeClock, FakeForge, FakeOrigin, FakeRepository
from tests.git_repositories import ADA, GRACE, LINUS, make_clone, make_forge
from tests.gitea_server import gitea_forge
from tests.waiting import eventually

FILE = PurePosixPath("releases/dev.yaml")
OTHER = PurePosixPath("releases/prod.yaml")


@dataclass
class World:
    """A forge as each person meets it, and Ada's clone that pushes to it."""

    forge_as: Callable[[Identity], Forge]
    repository: Repository

    @property
    def forge(self) -> Forge:
        return self.forge_as(ADA)

    def push(self, branch: str, text: str, *, path: PurePosixPath = FILE, force: bool = False) -> str:
        self.repository.fetch()
        base = self.repository.head("main")
        return self.repository.commit_files(base=base, branch=branch, files={path: text}, message="Change", author=ADA, force=force)

    def open(self, branch: str, text: str = "new\n", *, path: PurePosixPath = FILE) -> PullRequest:
        self.push(branch, text, path=path)
        return self.forge.open_pull(title="Title", body="Body\r\nline ü", head=branch, base="main", author=ADA)

    def merge(self, pull: PullRequest, message: str = "Merged") -> PullRequest:
        return self.forge_as(GRACE).merge(pull.number, message=message, by=GRACE, commit=pull.commit)

    def close(self, number: int, reason: str = "not now") -> PullRequest:
        return self.forge_as(GRACE).close(number, reason=reason, by=GRACE)

    def review(self, person: Identity, commit: str, *, approve: bool = True) -> PullRequest:
        return self.forge_as(person).review(1, reviewer=person, approve=approve, commit=commit)

    def text_on_main(self, path: PurePosixPath = FILE) -> str | None:
        self.repository.fetch()
        return self.repository.read(self.repository.head("main"), path)


@pytest.fixture(
    params=[
        "fake",
        "local",
        "github",
        "gitlab",
        pytest.param("prism", marks=pytest.mark.prism),
        pytest.param("gitea", marks=pytest.mark.gitea),
    ]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    begun = {str(FILE): "old\n"}
    if request.param == "fake":
        origin = FakeOrigin()
        origin.branches["main"] = origin.add((), {FILE: "old\n"}, "Begin", ADA)
        fake = FakeForge(origin, FakeClock())
        yield World(lambda _: fake, FakeRepository(origin))
        return
    if request.param == "gitea":
        made = request.getfixturevalue("gitea").new_repository(begun, tmp_path / "first")
        yield World(lambda person: gitea_forge(made, person), GitRepository(made.clone(tmp_path / "clone")))
        return
    bare = make_forge(tmp_path, begun)
    clone = GitRepository(make_clone(bare, tmp_path / "clone"))
    if request.param == "local":
        local = LocalForge(str(bare), FakeClock())
        yield World(lambda _: local, clone)
        return
    described = request.getfixturevalue("described") if request.param == "prism" else None
    with gitlab_accounts(bare) if request.param == "gitlab" else github_accounts(bare, described) as forge_as:
        yield World(forge_as, clone)


def test_an_opened_pull_request_is_as_it_was_described(world: World) -> None:
    pull = world.open("topic")
    assert (pull.number, pull.title, pull.body, pull.head, pull.base) == (1, "Title", "Body\r\nline ü", "topic", "main")
    assert (who(pull.author), pull.state, pull.commit) == (ADA.key, PullState.OPEN, world.repository.head("topic"))
    assert world.forge.pull(1) == pull


def test_numbers_go_on_and_lists_are_by_number_and_state(world: World) -> None:
    world.open("one")
    world.open("two")
    world.close(1)
    assert [pull.number for pull in world.forge.list_pulls()] == [1, 2]
    assert [pull.number for pull in world.forge.list_pulls(state=PullState.OPEN)] == [2]


def test_there_is_one_open_pull_request_for_a_branch(world: World) -> None:
    world.open("topic")
    with pytest.raises(ConflictError):
        world.forge_as(GRACE).open_pull(title="Again", body="", head="topic", base="main", author=GRACE)


def test_a_branch_can_be_proposed_again_after_it_was_closed(world: World) -> None:
    world.open("topic")
    world.close(1)
    world.repository.fetch()
    assert world.open("topic").number == 2


def test_a_branch_without_a_change_or_without_a_push_is_refused(world: World) -> None:
    with pytest.raises(UsageError):
        world.forge.open_pull(title="", body="", head="nowhere", base="main", author=ADA)
    with pytest.raises(UsageError):
        world.forge.open_pull(title="", body="", head="main", base="main", author=ADA)


def test_an_unknown_number_is_the_users_mistake(world: World) -> None:
    with pytest.raises(UsageError):
        world.forge.pull(7)


def test_title_and_body_are_updated(world: World) -> None:
    world.open("topic")
    pull = world.forge.update_pull(1, title="Better", body="Text")
    assert (pull.title, pull.body) == ("Better", "Text")


def test_reviews_are_kept_with_their_commit(world: World) -> None:
    pull = world.open("topic")
    world.review(GRACE, pull.commit, approve=False)
    reviews = world.review(LINUS, pull.commit).reviews
    assert [(who(review.reviewer), review.approved, review.commit) for review in reviews] == [
        (GRACE.key, False, pull.commit),
        (LINUS.key, True, pull.commit),
    ]


def test_a_review_of_what_is_no_longer_the_head_is_refused(world: World) -> None:
    pull = world.open("topic")
    moved = world.push("topic", "other\n", force=True)
    with pytest.raises(ConflictError):
        world.review(GRACE, pull.commit)
    assert world.forge.pull(1).commit == moved


def test_a_merge_is_a_merge_commit_and_removes_the_branch(world: World) -> None:
    pull = world.open("topic")
    base = world.repository.head("main")
    merged = world.merge(pull, "Merged\n\nKey: value")
    world.repository.fetch()
    facts = world.repository.commit(merged.merge_commit or "")
    assert merged.state is PullState.MERGED
    assert facts.parents == (base, pull.commit)
    assert facts.message == "Merged\n\nKey: value"
    assert GRACE in (facts.author, facts.committer)  # GitHub signs as committer with a name of its own
    assert world.text_on_main() == "new\n"
    with pytest.raises(UsageError):
        world.repository.head("topic")


def test_merging_a_merged_one_changes_nothing(world: World) -> None:
    pull = world.open("topic")
    first = world.merge(pull)
    assert world.forge.merge(1, message="Again", by=ADA, commit=pull.commit) == first


def test_a_merge_of_what_is_no_longer_the_head_is_refused(world: World) -> None:
    pull = world.open("topic")
    world.push("topic", "sneaked in\n", force=True)
    with pytest.raises(ConflictError):
        world.merge(pull)
    assert world.text_on_main() == "old\n"


def test_a_conflict_is_refused_and_changes_nothing(world: World) -> None:
    pull = world.open("topic")
    world.push("main", "elsewhere\n")
    with pytest.raises(ConflictError):
        world.merge(pull)
    assert world.text_on_main() == "elsewhere\n"
    assert world.forge.pull(1).state is PullState.OPEN


def test_changes_of_other_files_since_then_survive_a_merge(world: World) -> None:
    pull = world.open("topic")
    world.push("main", "kept\n", path=OTHER)
    world.merge(pull)
    assert (world.text_on_main(), world.text_on_main(OTHER)) == ("new\n", "kept\n")


def test_a_closed_one_cannot_be_merged_or_reviewed_and_its_branch_is_gone(world: World) -> None:
    pull = world.open("topic")
    assert world.close(1).state is PullState.CLOSED
    with pytest.raises(ConflictError):
        world.merge(pull)
    with pytest.raises(ConflictError):
        world.review(GRACE, pull.commit)
    assert world.close(1, "again").state is PullState.CLOSED
    world.repository.fetch()
    with pytest.raises(UsageError):
        world.repository.head("topic")


def test_a_head_that_was_pushed_to_the_base_counts_as_merged(world: World) -> None:
    pull = world.open("topic")
    world.repository.fetch()
    base = world.repository.head("main")
    made = world.repository.commit_files(base=pull.commit, branch="aside", files={OTHER: "x\n"}, message="More", author=GRACE)
    aside = world.forge.open_pull(title="Aside", body="", head="aside", base="main", author=ADA)
    assert aside.commit == made
    world.merge(aside, "Brings both")
    eventually(lambda: world.forge.pull(1).state is PullState.MERGED)
    assert base != world.forge.pull(1).merge_commit


def test_the_last_word_of_a_check_on_the_head_counts(world: World) -> None:
    pull = world.open("topic")
    world.forge.set_status(pull.commit, Check("liftlock", CheckState.PENDING, None, "waits"))
    world.forge.set_status(pull.commit, Check("liftlock", CheckState.PASSED, None, "may be merged"))
    assert [(check.name, check.state) for check in world.forge.pull(1).checks] == [("liftlock", CheckState.PASSED)]
    world.push("topic", "other\n", force=True)
    assert world.forge.pull(1).checks == ()
    with pytest.raises(UsageError):
        world.forge.set_status("0" * 40, Check("liftlock", CheckState.PASSED))
