"""What Gitea's answers to a merge mean, as it words them."""

from __future__ import annotations

import pytest

from liftlock.adapters.forges.answers import Answer
from liftlock.adapters.forges.gitea_merging import MergeStyle, Verdict, judge_merge, merge_request
from liftlock.core.errors import ConflictError, PolicyError
from liftlock.core.ports import PullRequest, PullState
from liftlock.core.project import MergeMethod
from tests.git_repositories import ADA

PULL = PullRequest(7, "Title", "", "topic", "main", "c" * 40, ADA, PullState.OPEN, "https://forge.example/shop/e/pulls/7")


def judge(status: int, said: str = "") -> Verdict:
    return judge_merge(PULL, Answer(status, "Gitea, POST", {"message": said} if said else None), MergeMethod.SQUASH)


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (200, "", Verdict.DONE),
        (201, "", Verdict.QUEUED),
        (404, "", Verdict.LOOK),
        (405, "The PR is already merged", Verdict.LOOK),
        (405, "Please try again later", Verdict.LATER),
        (409, "head out of date", Verdict.LOOK),
        (409, "merge push out of date", Verdict.LATER),
        (409, "PushRejected with remote message: cannot lock ref 'refs/heads/main': is at 1 but expected 2", Verdict.LATER),
        (409, "pull request is already scheduled to auto merge when checks succeed [pull_id: 7]", Verdict.QUEUED),
    ],
)
def test_an_answer_says_what_became_of_the_merge(status: int, said: str, verdict: Verdict) -> None:
    assert judge(status, said) is verdict


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (405, "User not allowed to merge PR"),
        (405, "Work in progress PRs cannot be merged"),
        (405, "not ready to merge: Does not have enough approvals"),
        (409, "PushRejected with remote message: a hook of the company"),
        (423, "This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests."),
    ],
)
def test_a_rule_of_the_forge_is_policy_and_is_quoted(status: int, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        judge(status, said)
    assert said in refused.value.message


def test_a_way_to_merge_that_is_not_allowed_names_the_setting() -> None:
    with pytest.raises(PolicyError) as refused:
        judge(405, "squash is not allowed an allowed merge style for this repository")
    assert "forge.merge: squash" in (refused.value.hint or "")


def test_a_conflict_is_a_conflict() -> None:
    with pytest.raises(ConflictError, match="#7 conflicts with main"):
        judge(409)


def test_a_merge_is_asked_for_with_the_head_that_was_judged_and_never_by_force() -> None:
    asked = merge_request(PULL, "Promote api\n\nLiftlock-Plan: p", MergeStyle(MergeMethod.SQUASH))
    assert (asked["Do"], asked["head_commit_id"], asked["delete_branch_after_merge"]) == ("squash", PULL.commit, True)
    assert (asked["MergeTitleField"], asked["MergeMessageField"]) == ("Promote api", "Liftlock-Plan: p")
    assert "force_merge" not in asked
    assert "merge_when_checks_succeed" not in asked
    assert merge_request(PULL, "m", MergeStyle(queue=True))["merge_when_checks_succeed"] is True
