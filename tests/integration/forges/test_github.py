"""GitHub's adapter where GitHub is busy, strict, slow or forgetful."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from liftlock.core.errors import ConflictError, LiftlockError, PolicyError, UnavailableError, UsageError
from liftlock.core.ports import Check, CheckState, PullRequest, PullState
from liftlock.core.project import MergeMethod
from tests.fakes.forge_state import GivenReview, Pull
from tests.fakes.http_server import Said
from tests.git_repositories import ADA, GRACE, git
from tests.integration.forges.github_world import World

SECONDARY = Said(403, {"message": "You have exceeded a secondary rate limit."}, {"retry-after": "3"})


def merge(world: World, pull: PullRequest, **options: Any) -> PullRequest:
    return world.forge(world.grace, **options).merge(pull.number, message="Promote\n\nKey: value", by=GRACE, commit=pull.commit)


def review(world: World, state: str, login: str = "grace", permission: str = "write") -> GivenReview:
    known = next((account for account in world.state.accounts.values() if account.login == login), None)
    account = known or world.state.account(login, permission=permission)
    return GivenReview(world.state.next_id(), account, state, world.state.pulls[1].commit, world.state.now())


# --- busy and forgetful ---------------------------------------------------------------------------------------------------------------


def test_a_rate_limit_is_waited_for_in_sight(world: World) -> None:
    world.push("topic")
    world.fail("POST .*/pulls$", said=SECONDARY)
    pull = world.forge().open_pull(title="Title", body="Body", head="topic", base="main", author=ADA)
    assert (pull.number, world.slept, world.notes) == (1, [3.0], ["GitHub: rate limit; waiting 3 s"])


def test_a_github_that_keeps_failing_is_given_up_and_nothing_is_opened(plain_world: World) -> None:
    plain_world.push("topic")
    plain_world.fail("POST .*/pulls$", said=Said(503), times=99)
    with pytest.raises(UnavailableError, match="503"):
        plain_world.forge().open_pull(title="Title", body="Body", head="topic", base="main", author=ADA)
    assert plain_world.forge().list_pulls() == []


def test_an_opening_whose_answer_was_lost_is_found_and_not_done_twice(plain_world: World) -> None:
    plain_world.push("topic")
    plain_world.fail("POST .*/pulls$", done=True)
    with pytest.raises(ConflictError, match="already exists"):
        plain_world.forge().open_pull(title="Title", body="Body", head="topic", base="main", author=ADA)
    assert [pull.head for pull in plain_world.forge().list_pulls(state=PullState.OPEN)] == ["topic"]


def test_ten_openings_at_once_make_one_pull_request(world: World) -> None:
    world.push("topic")

    def one(_: int) -> str:
        try:
            return str(world.forge().open_pull(title="Title", body="Body", head="topic", base="main", author=ADA).number)
        except ConflictError:
            return "conflict"

    with ThreadPoolExecutor(10) as pool:
        done = sorted(pool.map(one, range(10)))
    assert done == ["1"] + ["conflict"] * 9


def test_a_merge_whose_answer_was_lost_is_found_and_not_done_twice(plain_world: World) -> None:
    pull = plain_world.open()
    plain_world.fail("PUT .*/merge", done=True)
    merged = merge(plain_world, pull)
    assert (merged.state, plain_world.state.branch("topic")) == (PullState.MERGED, None)
    assert git(plain_world.state.bare, "rev-list", "--count", "--first-parent", "main") == "2"


def test_a_merge_while_github_looks_at_the_base_again_is_repeated(world: World) -> None:
    pull = world.open()
    world.state.rechecks = 2
    assert merge(world, pull).state is PullState.MERGED
    assert world.slept == [1, 2]


def test_a_close_that_was_cut_off_leaves_one_comment(world: World) -> None:
    world.open()
    world.fail("PATCH", said=Said(503), times=99)
    with pytest.raises(UnavailableError):
        world.forge().close(1, reason="superseded by #2", by=ADA)
    world.server.faults.clear()
    assert world.forge().close(1, reason="superseded by #2", by=ADA).state is PullState.CLOSED
    assert [text for _, text, _ in world.state.pulls[1].comments] == ["superseded by #2"]


def test_what_was_read_before_is_asked_for_its_change_alone(world: World) -> None:
    world.open()
    forge = world.forge()
    first = forge.pull(1)
    world.server.asked.clear()
    assert forge.pull(1) == first
    assert all("if-none-match" in asked.headers for asked in world.server.asked)
    world.state.pulls[1].title = "Changed"
    assert forge.pull(1).title == "Changed"


def test_a_thousand_pull_requests_come_in_pages(world: World) -> None:
    commit = world.push("topic")
    for number in range(1, 1051):
        world.state.pulls[number] = Pull(number, "T", "", f"t{number}", "main", world.ada, commit, world.state.now(), fork=True)
    pulls = world.forge().list_pulls(state=PullState.OPEN)
    assert [pull.number for pull in pulls] == list(range(1, 1051))
    assert len(world.server.asked) == 11


# --- strict ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", list(MergeMethod))
def test_the_declared_method_is_used(world: World, method: MergeMethod) -> None:
    pull = world.open()
    merged = merge(world, pull, method=method)
    parents = git(world.state.bare, "log", "-1", "--format=%P", merged.merge_commit or "").split()
    assert len(parents) == (2 if method is MergeMethod.MERGE else 1)


def test_a_method_that_the_repository_does_not_allow_is_policy(world: World) -> None:
    pull = world.open()
    world.state.methods.remove("squash")
    with pytest.raises(PolicyError) as raised:
        merge(world, pull, method=MergeMethod.SQUASH)
    assert "forge.merge in liftlock.yaml is squash" in (raised.value.hint or "")


def test_missing_reviews_and_checks_of_the_base_are_policy_in_githubs_words(world: World) -> None:
    pull = world.open()
    world.state.approvals, world.state.required = 1, ["liftlock"]
    with pytest.raises(PolicyError, match="At least 1 approving review"):
        merge(world, pull)
    world.forge(world.grace).review(1, reviewer=GRACE, approve=True, commit=pull.commit)
    with pytest.raises(PolicyError, match='Required status check "liftlock" is expected'):
        merge(world, pull)
    world.forge().set_status(pull.commit, Check("liftlock", CheckState.PASSED))
    assert merge(world, pull).state is PullState.MERGED


def test_nobody_approves_what_they_opened(world: World) -> None:
    pull = world.open()
    with pytest.raises(PolicyError, match="Can not approve your own"):
        world.forge().review(1, reviewer=ADA, approve=True, commit=pull.commit)


def test_a_comment_is_no_verdict_and_a_dismissed_one_counts_no_more(world: World) -> None:
    world.open()
    given = world.state.pulls[1].reviews
    given += [review(world, "APPROVED"), review(world, "COMMENTED")]
    assert [found.approved for found in world.forge().pull(1).reviews] == [True]
    given += [review(world, "CHANGES_REQUESTED")]
    assert [found.approved for found in world.forge().pull(1).reviews] == [False]
    given += [review(world, "DISMISSED")]
    assert world.forge().pull(1).reviews == ()


@pytest.mark.parametrize(("permission", "counts"), [("admin", True), ("write", True), ("read", False), ("none", False)])
def test_an_approval_counts_only_of_those_who_may_write(world: World, permission: str, counts: bool) -> None:
    world.open()
    world.state.pulls[1].reviews += [review(world, "APPROVED", "mallory", permission), review(world, "CHANGES_REQUESTED", "eve", "read")]
    found = {found.reviewer.login: found.approved for found in world.forge().pull(1).reviews}
    assert found == ({"mallory": True} if counts else {}) | {"eve": False}


def test_a_branch_of_a_fork_is_not_taken_for_ours(world: World) -> None:
    commit = world.push("topic")
    world.state.pulls[1] = Pull(1, "T", "", "topic", "main", world.grace, commit, world.state.now(), fork=True)
    assert world.forge().pull(1).head == "mallory:topic"
    world.forge().close(1, reason="no", by=ADA)
    assert world.state.branch("topic") == commit


def test_a_branch_that_somebody_pushed_to_meanwhile_is_not_deleted(world: World) -> None:
    world.open()
    world.before("GET .*/comments", lambda: git(world.state.bare, "update-ref", "refs/heads/topic", "refs/heads/main"))
    world.push("main", "elsewhere\n")
    world.forge().close(1, reason="no", by=ADA)
    assert world.state.branch("topic") is not None


def test_contributors_are_the_accounts_behind_the_commits(world: World) -> None:
    world.state.account("linus", email="ci@shop.example")
    found = world.open().contributors
    assert [(person.login, sorted(person.keys)) for person in found] == [
        ("ada", sorted({"@ada", f"{world.ada.id}+ada@users.noreply.github.com"}))
    ]


def test_labels_come_along(world: World) -> None:
    world.open()
    world.state.pulls[1].labels = ["hold", "app"]
    assert world.forge().pull(1).labels == ("app", "hold")


# --- checks ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "conclusion", "state"),
    [
        ("queued", None, CheckState.PENDING),
        ("in_progress", None, CheckState.PENDING),
        ("completed", "success", CheckState.PASSED),
        ("completed", "neutral", CheckState.PASSED),
        ("completed", "skipped", CheckState.PASSED),
        ("completed", "failure", CheckState.FAILED),
        ("completed", "cancelled", CheckState.FAILED),
        ("completed", "timed_out", CheckState.FAILED),
        ("completed", "action_required", CheckState.FAILED),
    ],
)
def test_check_runs_and_statuses_are_checks(world: World, status: str, conclusion: str | None, state: CheckState) -> None:
    pull = world.open()
    world.state.check_runs[pull.commit] = [("build", status, conclusion)]
    world.forge().set_status(pull.commit, Check("liftlock", CheckState.PASSED, "https://ci.example/1", "may be merged"))
    assert [(check.name, check.state) for check in world.forge().pull(1).checks] == [("build", state), ("liftlock", CheckState.PASSED)]


def test_of_two_checks_with_one_name_the_worse_counts(world: World) -> None:
    pull = world.open()
    world.state.check_runs[pull.commit] = [("build", "completed", "success"), ("build", "completed", "failure")]
    assert [check.state for check in world.forge().pull(1).checks] == [CheckState.FAILED]


def test_a_status_that_is_there_is_not_set_again(world: World) -> None:
    pull = world.open()
    world.server.asked.clear()
    for _ in range(2):
        world.forge().set_status(pull.commit, Check("liftlock", CheckState.PENDING, None, "x" * 200))
    assert [line for line in world.server.writes if "statuses" in line] == [f"POST /repos/shop/environments/statuses/{pull.commit}"]


def test_check_runs_that_the_token_may_not_read_are_no_absence_of_checks(world: World) -> None:
    world.open()
    world.fake.blind.add(world.ada.token)
    forge = world.forge()
    world.notes.clear()
    assert [(check.name, check.state) for check in forge.pull(1).checks] == [("check runs", CheckState.PENDING)]
    forge.pull(1)
    assert len(world.notes) == 1
    assert "may not read check runs" in world.notes[0]


# --- queue and auto-merge -------------------------------------------------------------------------------------------------------------


def test_a_base_with_a_merge_queue_gets_it_queued_once(world: World) -> None:
    pull = world.open()
    world.state.queues.add("main")
    queued = merge(world, pull, queue=True)
    assert (queued.state, queued.queued) == (PullState.OPEN, True)
    world.server.asked.clear()
    assert merge(world, pull, queue=True).queued
    assert not [asked for asked in world.server.asked if "mutation" in str(asked.body)]
    world.fake.run_queue()
    assert world.forge(queue=True).pull(1).state is PullState.MERGED


def test_without_queue_set_a_base_with_a_merge_queue_is_policy(world: World) -> None:
    pull = world.open()
    world.state.queues.add("main")
    with pytest.raises(PolicyError, match="merge queue"):
        merge(world, pull)


def test_auto_merge_waits_for_the_rules_and_keeps_our_message(world: World) -> None:
    pull = world.open()
    world.state.required = ["ci/build", "liftlock/promotion"]
    assert merge(world, pull, queue=True).queued
    assert world.forge().list_pulls(state=PullState.OPEN)[0].queued
    for name in world.state.required:
        world.forge().set_status(pull.commit, Check(name, CheckState.PASSED))
    world.fake.run_queue()
    merged = world.forge().pull(1)
    assert git(world.state.bare, "log", "-1", "--format=%B", merged.merge_commit or "") == "Promote\n\nKey: value"


@pytest.mark.parametrize("required", [[], ["ci/build"]])
def test_auto_merge_that_would_merge_what_is_pushed_later_is_not_asked_for(world: World, required: list[str]) -> None:
    pull = world.open()
    world.state.approvals, world.state.required = 1, required
    with pytest.raises(PolicyError, match="whatever is pushed later") as raised:
        merge(world, pull, queue=True)
    assert (world.state.pulls[1].auto_merge, "require it in the rules of main" in (raised.value.hint or "")) == (None, True)


def test_with_nothing_to_wait_for_it_is_merged_at_once(world: World) -> None:
    pull = world.open()
    merged = merge(world, pull, queue=True)
    assert (merged.state, world.state.branch("topic")) == (PullState.MERGED, None)


def test_auto_merge_that_the_repository_does_not_allow_is_policy(world: World) -> None:
    pull = world.open()
    world.state.required, world.state.auto_merge = ["ci/build", "liftlock/promotion"], False
    with pytest.raises(PolicyError, match="not allowed") as raised:
        merge(world, pull, queue=True)
    assert "forge.queue: false" in (raised.value.hint or "")


def test_what_was_awaited_and_came_in_between_is_merged_at_once(world: World) -> None:
    pull = world.open()
    world.state.required = ["ci/build", "liftlock/promotion"]
    world.before("PUT", world.state.required.clear)
    world.fail("POST /graphql", said=Said(200, {"data": _state(pull, "BLOCKED")}))
    world.fail("POST /graphql", said=Said(200, {"errors": [{"type": "UNPROCESSABLE", "message": "Pull request is in clean status"}]}))
    assert merge(world, pull, queue=True).state is PullState.MERGED


def test_a_merge_queue_that_does_not_take_it_yet_gets_it_by_auto_merge(world: World) -> None:
    pull = world.open()
    world.state.queues.add("main")
    world.state.required = ["ci/build", "liftlock/promotion"]
    world.fail("POST /graphql", said=Said(200, {"data": _state(pull, "CLEAN", queue={"id": "MQ_1"})}))
    world.fail("POST /graphql", said=Said(200, {"errors": [{"type": "UNPROCESSABLE", "message": "Required checks are missing"}]}))
    assert merge(world, pull, queue=True).queued
    assert world.state.pulls[1].auto_merge is not None


def _state(pull: PullRequest, status: str, queue: object = None) -> object:
    shown = {"id": "PR_1", "headRefOid": pull.commit, "isInMergeQueue": False, "mergeStateStatus": status, "autoMergeRequest": None}
    ref = {"refUpdateRule": {"requiredStatusCheckContexts": ["liftlock/promotion"]}, "rules": {"nodes": []}}
    return {"repository": {"mergeQueue": queue, "pullRequest": shown, "ref": ref}}


def test_a_conflict_is_not_queued(world: World) -> None:
    pull = world.open()
    world.push("main", "elsewhere\n")
    with pytest.raises(ConflictError, match="conflicts with main"):
        merge(world, pull, queue=True)


def test_a_head_that_moves_while_it_is_queued_is_a_conflict(world: World) -> None:
    pull = world.open()
    world.state.required = ["ci/build", "liftlock/promotion"]
    world.fail("POST /graphql", said=Said(200, {"errors": [{"message": "Expected head sha does not match"}]}))
    with pytest.raises(ConflictError, match="has changed on GitHub"):
        merge(world, pull, queue=True)


# --- tokens ---------------------------------------------------------------------------------------------------------------------------


def test_github_token_is_told_from_others_when_it_opens_and_merges(world: World) -> None:
    bot = world.state.account("github-actions[bot]", token="ghs_of_the_workflow")
    world.push("topic")
    forge = world.forge(bot)
    pull = forge.open_pull(title="Title", body="Body", head="topic", base="main", author=ADA)
    forge.merge(1, message="Promote", by=ADA, commit=pull.commit)
    assert [note.split(",")[0] for note in world.notes] == ["#1 was opened with GITHUB_TOKEN", "#1 was merged with GITHUB_TOKEN"]


def test_others_hear_nothing_of_it(world: World) -> None:
    merge(world, world.open())
    assert world.notes == []


@pytest.mark.parametrize("write", ["open", "update", "merge", "close", "status"])
def test_a_token_that_may_not_write_is_told_what_it_needs(world: World, write: str) -> None:
    pull = world.open()
    world.push("other")
    reader = world.forge(world.state.account("reader", permission="read"))
    acts: dict[str, Callable[[], object]] = {
        "open": lambda: reader.open_pull(title="T", body="", head="other", base="main", author=ADA),
        "update": lambda: reader.update_pull(1, title="T", body=""),
        "merge": lambda: reader.merge(1, message="M", by=ADA, commit=pull.commit),
        "close": lambda: reader.close(1, reason="R", by=ADA),
        "status": lambda: reader.set_status(pull.commit, Check("liftlock", CheckState.PASSED)),
    }
    with pytest.raises(UsageError, match="not accessible by personal access token") as raised:
        acts[write]()
    assert "pull_requests=write" in (raised.value.hint or "")


def test_a_token_that_github_does_not_know_is_told_what_it_needs(world: World) -> None:
    stranger = world.state.account("stranger")
    del world.state.accounts[stranger.token]
    with pytest.raises(UsageError, match="does not accept the token") as raised:
        world.forge(stranger).list_pulls()
    assert raised.value.hint == "give forge.token a valid one with Pull requests: read"


def test_a_repository_that_is_not_there_is_not_taken_for_a_missing_pull_request(world: World) -> None:
    with pytest.raises(UsageError, match="there is no pull request #7 in https://github"):
        world.forge().pull(7)
    world.fail("GET", said=Said(404, {"message": "Not Found"}), times=9)
    with pytest.raises(UsageError, match="not there, or not for this token"):
        world.forge().pull(7)


def test_no_error_tells_the_token(world: World) -> None:
    world.open()
    for status in (400, 401, 403, 404, 405, 409, 418, 422, 500):
        world.server.faults.clear()
        world.fail(".", said=Said(status, {"message": f"no {world.ada.token}"}), times=99)
        with pytest.raises(LiftlockError) as raised:
            world.forge().pull(1)
        assert world.ada.token not in f"{raised.value!r} {raised.value.hint}"


def test_an_enterprise_server_is_asked_below_its_own_address(plain_world: World) -> None:
    pull = plain_world.open(prefix="/api/v3")
    plain_world.state.required = ["liftlock/promotion"]
    assert merge(plain_world, pull, queue=True, prefix="/api/v3").queued
    assert {"/api/v3", "/api/graphql"} >= {"/".join(line.split()[1].split("/")[:3]) for line in plain_world.server.lines if "/api" in line}


def test_it_says_of_itself_whether_the_account_may_write_and_merge(world: World) -> None:
    assert world.forge().describe() == "GitHub, account may write"
    with pytest.raises(UsageError, match="may not write"):
        world.forge(world.state.account("reader", permission="read")).describe()
    world.state.methods.remove("squash")
    with pytest.raises(PolicyError, match="does not allow to squash"):
        world.forge(method=MergeMethod.SQUASH).describe()
    assert world.server.writes == []
