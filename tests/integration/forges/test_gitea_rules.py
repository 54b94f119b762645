"""The rules that a forge keeps by itself, on a real Gitea: protection, reviews, owners, statuses, ways to merge."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.core.errors import ConflictError, PolicyError
from liftlock.core.ports import Check, CheckState, PullState
from liftlock.core.project import MergeMethod
from tests.git_repositories import ADA, GRACE, LINUS
from tests.gitea_server import Gitea
from tests.integration.forges.desk import FILE, Desk
from tests.waiting import eventually

pytestmark = pytest.mark.gitea
MESSAGE = "Promote api\n\nLiftlock-Release: rel-1\nLiftlock-Plan: plan-1\nApproved-by: Grace <grace@shop.example>"


def test_a_direct_push_to_a_protected_branch_is_refused_by_the_forges_rule(desk: Desk) -> None:
    desk.repository.protect()
    with pytest.raises(PolicyError, match="refused the push"):
        desk.push("main", "by hand\n")
    assert desk.text() == "old\n"


def test_a_merge_waits_for_the_required_approvals_and_says_so(desk: Desk) -> None:
    desk.repository.protect(required_approvals=1)
    pull = desk.open()
    with pytest.raises(PolicyError, match=r"does not let pull request #1 into main.*approv"):
        desk.merge(pull)
    desk.approve(pull, GRACE)
    assert desk.merge(pull).state is PullState.MERGED


def test_a_refusal_keeps_the_pull_request_out_until_it_is_taken_back(desk: Desk) -> None:
    desk.repository.protect(block_on_rejected_reviews=True)
    pull = desk.open()
    desk.forge(GRACE).review(1, reviewer=GRACE, approve=False, commit=pull.commit)
    with pytest.raises(PolicyError):
        desk.merge(pull)
    desk.approve(pull, GRACE)
    assert desk.merge(pull).state is PullState.MERGED


def test_ones_own_pull_request_cannot_be_approved(desk: Desk) -> None:
    pull = desk.open()
    with pytest.raises(PolicyError, match="no review of one's own"):
        desk.approve(pull, ADA)
    assert desk.forge().pull(1).reviews == ()


@pytest.mark.parametrize("protected", [False, True])
def test_the_approval_of_somebody_who_may_not_write_counts_nothing(desk: Desk, protected: bool) -> None:
    if protected:
        desk.repository.protect(required_approvals=1)
    pull = desk.open()
    desk.repository.api("POST", "/pulls/1/reviews", {"event": "APPROVED", "commit_id": pull.commit}, as_="eve")
    assert desk.forge().pull(1).reviews == ()
    assert [review.reviewer.login for review in desk.approve(pull, GRACE).reviews] == ["grace"]


def test_an_approval_ends_with_a_push(desk: Desk) -> None:
    desk.repository.protect(required_approvals=1, dismiss_stale_approvals=True)
    pull = desk.open()
    assert [review.commit for review in desk.approve(pull, GRACE).reviews] == [pull.commit]
    moved = desk.push("topic", "other\n", force=True)
    eventually(lambda: desk.forge().pull(1).reviews == ())
    found = desk.forge().pull(1)
    assert found.commit == moved
    with pytest.raises(ConflictError, match="by now"):
        desk.merge(pull)
    with pytest.raises(PolicyError):
        desk.merge(found)


def test_without_that_rule_an_approval_stays_with_the_commit_that_it_was_given_for(desk: Desk) -> None:
    pull = desk.open()
    desk.approve(pull, GRACE)
    moved = desk.push("topic", "other\n", force=True)
    found = desk.forge().pull(1)
    assert [review.commit for review in found.reviews] == [pull.commit]
    assert found.commit == moved


def test_a_dismissed_approval_is_none(desk: Desk) -> None:
    pull = desk.open()
    desk.approve(pull, GRACE)
    review = desk.repository.api("GET", "/pulls/1/reviews")[0]["id"]
    desk.repository.api("POST", f"/pulls/1/reviews/{review}/dismissals", {"message": "not like this"})
    assert desk.forge().pull(1).reviews == ()


def test_a_required_status_is_set_on_the_head_and_lets_the_merge_through(desk: Desk) -> None:
    desk.repository.protect(enable_status_check=True, status_check_contexts=["liftlock/promotion"])
    pull = desk.open()
    with pytest.raises(PolicyError, match="status"):
        desk.merge(pull)
    for state in (CheckState.FAILED, CheckState.PENDING):
        desk.forge().set_status(pull.commit, Check("liftlock/promotion", state, None, "waits"))
        assert [check.state for check in desk.forge().pull(1).checks] == [state]
        with pytest.raises(PolicyError):
            desk.merge(pull)
    desk.forge().set_status(pull.commit, Check("liftlock/promotion", CheckState.PASSED, "https://ci.example/1", "may be merged"))
    assert desk.forge().pull(1).checks == (Check("liftlock/promotion", CheckState.PASSED, "https://ci.example/1", "may be merged"),)
    assert desk.merge(pull).state is PullState.MERGED


def test_the_same_word_about_a_commit_is_said_once(desk: Desk) -> None:
    pull, check = desk.open(), Check("liftlock/promotion", CheckState.PENDING, None, "waits")
    for _ in range(2):
        desk.forge().set_status(pull.commit, check)
    assert len(desk.repository.api("GET", f"/statuses/{pull.commit}")) == 1


def test_code_owners_must_approve_where_official_requests_block(gitea: Gitea, tmp_path: Path) -> None:
    desk = Desk(gitea, tmp_path, {FILE: "old\n", "CODEOWNERS": "releases/.* @linus\n"})
    desk.repository.protect(required_approvals=1, block_on_official_review_requests=True)
    pull = desk.open()
    desk.approve(pull, GRACE)
    with pytest.raises(PolicyError):
        desk.merge(pull)
    desk.approve(pull, LINUS)
    assert desk.merge(pull).state is PullState.MERGED


def test_who_may_not_merge_is_told_so(desk: Desk) -> None:
    desk.repository.protect(enable_merge_whitelist=True, merge_whitelist_usernames=["grace"])
    pull = desk.open()
    with pytest.raises(PolicyError, match="not allowed to merge"):
        desk.merge(pull, ADA)
    merged_by = desk.merge(pull, GRACE).merged_by
    assert merged_by is not None
    assert "@grace" in merged_by.keys


def test_a_squash_is_one_commit_with_the_message_on_the_base(desk: Desk) -> None:
    pull, base = desk.open(), desk.head()
    merged = desk.merge(pull, GRACE, MESSAGE, method=MergeMethod.SQUASH)
    desk.git.fetch()
    made = desk.git.commit(merged.merge_commit or "")
    assert made.parents == (base,)
    assert made.message.startswith(MESSAGE)
    assert desk.text() == "new\n"


def test_a_rebase_is_the_branchs_own_commit_on_the_base(desk: Desk) -> None:
    pull = desk.open()
    desk.push("main", "else\n", path="other.yaml")
    desk.git.fetch()
    base = desk.head()
    merged = desk.merge(pull, GRACE, MESSAGE, method=MergeMethod.REBASE)
    desk.git.fetch()
    made = desk.git.commit(merged.merge_commit or "")
    assert (made.parents, made.message, made.author) == ((base,), "Change", ADA)
    assert (desk.text(), desk.text("other.yaml")) == ("new\n", "else\n")


def test_a_way_to_merge_that_the_repository_does_not_allow_is_a_rule_of_its_own(gitea: Gitea, tmp_path: Path) -> None:
    desk = Desk(gitea, tmp_path, has_pull_requests=True, allow_merge_commits=False, allow_squash_merge=True, default_merge_style="squash")
    pull = desk.open()
    with pytest.raises(PolicyError) as refused:
        desk.merge(pull, method=MergeMethod.MERGE)
    assert "forge.merge: merge" in (refused.value.hint or "")
    assert desk.merge(pull, method=MergeMethod.SQUASH).state is PullState.MERGED


def test_a_protected_branch_is_not_merged_by_force_even_for_an_administrator(desk: Desk) -> None:
    desk.repository.protect(required_approvals=1)
    pull = desk.open()
    with pytest.raises(PolicyError):
        desk.merge(pull, desk.repository.server.accounts["root"].identity)


def test_a_queue_without_a_required_check_is_refused_for_it_would_merge_what_nobody_saw(desk: Desk) -> None:
    desk.repository.protect(required_approvals=1)
    pull = desk.open()
    with pytest.raises(PolicyError, match=r"forge\.queue"):
        desk.merge(pull, queue=True)
    assert desk.forge().pull(1).state is PullState.OPEN


def test_the_queue_merges_when_the_required_check_has_passed(desk: Desk) -> None:
    desk.repository.protect(enable_status_check=True, status_check_contexts=["ci"])
    pull = desk.open()
    queued = desk.merge(pull, GRACE, MESSAGE, queue=True)
    assert (queued.state, queued.queued) == (PullState.OPEN, True)
    assert desk.merge(pull, GRACE, MESSAGE, queue=True).queued
    desk.forge().set_status(pull.commit, Check("ci", CheckState.PASSED))
    eventually(lambda: desk.forge().pull(1).state is PullState.MERGED)
    desk.git.fetch()
    assert desk.git.commit(desk.head()).message == MESSAGE
