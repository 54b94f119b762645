"""GitLab's adapter where GitLab is busy, strict, or tells less than one would like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from liftlock.adapters.forges.addresses import gitlab_api, parse_address
from liftlock.adapters.forges.credentials import Token
from liftlock.adapters.forges.gitlab import GitLabForge
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import ConflictError, PolicyError, UnavailableError, UsageError
from liftlock.core.ports import Check, CheckState, PullRequest, PullState
from liftlock.core.project import MergeMethod
from tests.fakes.forge_state import Account, ForgeState, GivenStatus, Pull
from tests.fakes.gitlab_server import PATH, FakeGitLab, gitlab
from tests.fakes.http_server import Fault, LoopbackServer, Said
from tests.git_repositories import ADA, GRACE, git, make_clone, make_forge

FILE = PurePosixPath("releases/dev.yaml")


@dataclass
class World:
    """A GitLab, a clone that pushes to it, and two people."""

    fake: FakeGitLab
    server: LoopbackServer
    clone: GitRepository
    ada: Account
    grace: Account
    slept: list[float] = field(default_factory=list)

    @property
    def state(self) -> ForgeState:
        return self.fake.state

    def forge(self, who: Account | None = None, **options: Any) -> GitLabForge:
        address = parse_address(f"{self.server.url}/{PATH}")
        http = ForgeHttp("GitLab", gitlab_api(address), Token("PRIVATE-TOKEN", "", (who or self.ada).token), sleep=self.slept.append)
        return GitLabForge(http, address, sleep=self.slept.append, **options)

    def push(self, branch: str, text: str = "new\n", *, force: bool = False) -> str:
        self.clone.fetch()
        return self.clone.commit_files(
            base=self.clone.head("main"), branch=branch, files={FILE: text}, message="Change", author=ADA, force=force
        )

    def open(self, *, body: str = "Body") -> PullRequest:
        self.push("topic")
        return self.forge().open_pull(title="Title", body=body, head="topic", base="main", author=ADA)

    def merge(self, pull: PullRequest, **options: Any) -> PullRequest:
        return self.forge(self.grace, **options).merge(pull.number, message="Promote\n\nKey: value", by=GRACE, commit=pull.commit)

    def approve(self, pull: PullRequest, who: Account | None = None) -> PullRequest:
        return self.forge(who or self.grace).review(pull.number, reviewer=GRACE, approve=True, commit=pull.commit)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    bare = make_forge(tmp_path, {str(FILE): "old\n"})
    fake = FakeGitLab(ForgeState(bare))
    with gitlab(fake) as server:
        clone = GitRepository(make_clone(bare, tmp_path / "clone"))
        yield World(fake, server, clone, fake.state.account("ada", email=ADA.email), fake.state.account("grace", email=GRACE.email))


# --- verdicts -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tells_moments", [True, False])
def test_an_approval_is_of_the_commit_that_was_there_when_it_was_given(world: World, tells_moments: bool) -> None:
    world.fake.tells_moments = tells_moments
    pull = world.open()
    world.approve(pull)
    moved = world.push("topic", "other\n", force=True)
    found = world.forge().pull(1)
    assert (found.commit, [(review.approved, review.commit) for review in found.reviews]) == (moved, [(True, pull.commit)])


def test_an_approval_of_which_no_moment_is_known_is_of_no_commit(world: World) -> None:
    world.fake.tells_moments = False
    world.approve(world.open())
    world.server.faults.append(Fault("GET .*/notes", said=Said(200, [])))
    assert [(review.approved, review.commit) for review in world.forge().pull(1).reviews] == [(True, "")]


def test_who_requests_changes_approves_no_more(world: World) -> None:
    pull = world.open()
    world.approve(pull)
    forge = world.forge(world.grace)
    assert [review.approved for review in forge.review(1, reviewer=GRACE, approve=False, commit=pull.commit).reviews] == [False]
    assert [review.approved for review in world.approve(pull).reviews] == [True]


def test_changes_that_are_requested_by_gitlabs_button_count_for_whatever_is_the_head(world: World) -> None:
    world.open()
    world.fake.requested[1] = {world.grace.id: world.state.now()}
    moved = world.push("topic", "other\n", force=True)
    assert [(review.approved, review.commit) for review in world.forge().pull(1).reviews] == [(False, moved)]


def test_repeating_an_approval_changes_nothing(world: World) -> None:
    pull = world.open()
    assert world.approve(pull).reviews == world.approve(pull).reviews


def test_an_account_that_may_not_approve_hears_it(world: World) -> None:
    guest = world.state.account("guest", permission="guest")
    with pytest.raises(PolicyError, match="does not take this account's approval"):
        world.approve(world.open(), guest)


def test_a_head_that_moves_while_it_is_approved_is_a_conflict(world: World) -> None:
    pull = world.open()
    world.server.faults.append(Fault("POST .*/approve", said=Said(409, {"message": "SHA does not match HEAD of source branch"})))
    with pytest.raises(ConflictError, match="has moved on"):
        world.approve(pull)


# --- merging --------------------------------------------------------------------------------------------------------------------------


def test_gitlab_is_waited_for_while_it_looks_at_the_branches(world: World) -> None:
    pull = world.open()
    world.fake.checking = 2
    assert world.merge(pull).state is PullState.MERGED
    assert world.slept == [0.5, 1.0]


def test_a_merge_whose_answer_was_lost_is_found_and_not_done_twice(world: World) -> None:
    pull = world.open()
    world.server.faults.append(Fault("PUT .*/merge$", done=True))
    assert world.merge(pull).state is PullState.MERGED
    assert (world.state.branch("topic"), git(world.state.bare, "rev-list", "--count", "--first-parent", "main")) == (None, "2")


def test_squashing_is_asked_for_with_our_message(world: World) -> None:
    merged = world.merge(world.open(), method=MergeMethod.SQUASH)
    assert git(world.state.bare, "log", "-1", "--format=%B%P", merged.merge_commit or "").splitlines()[:3] == ["Promote", "", "Key: value"]


def test_missing_approvals_are_policy(world: World) -> None:
    pull = world.open()
    world.state.approvals = 1
    with pytest.raises(PolicyError, match="its required approvals are missing"):
        world.merge(pull)
    world.approve(pull)
    assert world.merge(pull).state is PullState.MERGED


def test_a_pipeline_that_still_runs_is_policy_or_with_queue_waited_for_by_gitlab(world: World) -> None:
    pull = world.open()
    world.fake.pipelines[1] = "running"
    with pytest.raises(PolicyError, match="its pipeline still runs"):
        world.merge(pull)
    queued = world.merge(pull, queue=True)
    assert (queued.state, queued.queued, queued.checks) == (
        PullState.OPEN,
        True,
        (Check("pipeline", CheckState.PENDING, "https://ci.example/7"),),
    )
    world.server.asked.clear()
    assert world.merge(pull, queue=True).queued
    assert world.server.writes == []
    world.fake.pipelines[1] = "success"
    world.fake.run_queue()
    merged = world.forge().pull(1)
    assert git(world.state.bare, "log", "-1", "--format=%B", merged.merge_commit or "") == "Promote\n\nKey: value"


def test_with_queue_and_nothing_to_wait_for_it_is_merged_at_once(world: World) -> None:
    merged = world.merge(world.open(), queue=True)
    assert (merged.state, world.state.branch("topic")) == (PullState.MERGED, None)


def test_an_account_that_may_not_merge_into_the_branch_hears_it(world: World) -> None:
    pull = world.open()
    developer = world.state.account("developer", permission="developer")
    with pytest.raises(PolicyError, match="does not let this account merge into main"):
        world.forge(developer).merge(1, message="M", by=GRACE, commit=pull.commit)


# --- texts, checks, tokens ------------------------------------------------------------------------------------------------------------


def test_nothing_that_is_written_is_taken_for_a_quick_action(world: World) -> None:
    pull = world.open(body="Text\n/merge\n  /approve\n/srv is a folder\nhttps://a/b")
    assert world.state.pulls[1].body == "Text\n\\/merge\n  \\/approve\n\\/srv is a folder\nhttps://a/b"
    world.forge().update_pull(1, title="Title", body="/close")
    world.forge().close(pull.number, reason="/reopen it", by=ADA)
    assert (world.state.pulls[1].body, [text for _, text, _ in world.state.pulls[1].comments]) == ("\\/close", ["\\/reopen it"])


def test_a_close_that_was_cut_off_leaves_one_note(world: World) -> None:
    world.open()
    world.server.faults.append(Fault(r"PUT .*/merge_requests/1$", said=Said(500)))
    with pytest.raises(UnavailableError, match="500"):
        world.forge().close(1, reason="superseded", by=ADA)
    assert world.forge().close(1, reason="superseded", by=ADA).state is PullState.CLOSED
    assert [text for _, text, _ in world.state.pulls[1].comments] == ["superseded"]


def test_a_branch_of_a_fork_is_not_taken_for_ours(world: World) -> None:
    commit = world.push("topic")
    world.state.pulls[1] = Pull(1, "T", "", "topic", "main", world.grace, commit, world.state.now(), fork=True)
    assert world.forge().pull(1).head == "project-2:topic"
    world.forge().close(1, reason="no", by=ADA)
    assert world.state.branch("topic") == commit


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("success", CheckState.PASSED),
        ("failed", CheckState.FAILED),
        ("canceled", CheckState.FAILED),
        ("running", CheckState.PENDING),
        ("created", CheckState.PENDING),
        ("skipped", CheckState.PENDING),
        ("manual", CheckState.PENDING),
        ("a word that GitLab finds next year", CheckState.PENDING),
    ],
)
def test_jobs_are_checks(world: World, said: str, state: CheckState) -> None:
    pull = world.open()
    world.state.statuses[pull.commit] = [GivenStatus(1, "build", said, None, None, world.state.now(), world.ada)]
    assert world.forge().pull(1).checks == (Check("build", state),)


def test_a_second_word_of_the_same_state_that_gitlab_does_not_take_is_no_error(world: World) -> None:
    pull = world.open()
    for words in ("waits", "waits for two"):
        world.forge().set_status(pull.commit, Check("liftlock", CheckState.PENDING, None, words))
    assert [check.name for check in world.forge().pull(1).checks] == ["liftlock"]


def test_contributors_are_known_by_the_addresses_in_the_commits(world: World) -> None:
    assert [(person.email, person.login) for person in world.open().contributors] == [(ADA.email, None)]


def test_a_token_that_is_too_narrow_hears_what_it_needs(world: World) -> None:
    world.push("topic")
    reader = world.state.account("reader", permission="read")
    with pytest.raises(UsageError, match="insufficient_scope") as raised:
        world.forge(reader).open_pull(title="T", body="", head="topic", base="main", author=ADA)
    assert "the scope api" in (raised.value.hint or "")
    assert reader.token not in f"{raised.value!r} {raised.value.hint}"


def test_two_hundred_come_in_pages(world: World) -> None:
    commit = world.push("topic")
    for number in range(1, 206):
        world.state.pulls[number] = Pull(number, "T", "", f"t{number}", "main", world.ada, commit, world.state.now(), fork=True)
    assert [pull.number for pull in world.forge().list_pulls(state=PullState.OPEN)] == list(range(1, 206))
    assert len(world.server.asked) == 3


def test_it_says_of_itself_whether_the_account_may_write(world: World) -> None:
    assert world.forge().describe() == "GitLab, account may write"
    with pytest.raises(UsageError, match="less than a Developer"):
        world.forge(world.state.account("guest", permission="guest")).describe()
    assert world.server.writes == []
