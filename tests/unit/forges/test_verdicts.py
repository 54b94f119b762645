"""Whose approval counts, over random histories of what people said, as GitHub and GitLab tell of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.forges import github_shapes, gitlab_shapes
from liftlock.adapters.forges.answers import Fields
from liftlock.adapters.forges.gitlab_shapes import Judged
from liftlock.core.ports import Review

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PEOPLE = st.sampled_from(["ada", "grace", "linus"])
STATES = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED", "COMMENTED", "PENDING")


def moment(index: int) -> str:
    return (BEGIN + timedelta(minutes=index)).isoformat()


def user(login: str) -> dict[str, Any]:
    return {"id": len(login) + ord(login[0]), "login": login, "username": login, "name": login.title()}


def fields(items: list[dict[str, Any]]) -> list[Fields]:
    return [Fields(item, "test") for item in items]


@given(st.lists(st.tuples(PEOPLE, st.sampled_from(STATES), st.sampled_from(["a" * 40, "b" * 40])), max_size=12))
def test_on_github_a_persons_last_verdict_is_the_only_one(said: list[tuple[str, str, str]]) -> None:
    reviews = [
        {"user": user(login), "state": state, "commit_id": commit, "submitted_at": None if state == "PENDING" else moment(index)}
        for index, (login, state, commit) in enumerate(said)
    ]
    found = github_shapes.verdicts(fields(reviews), "github.com")
    by_person = {review.reviewer.login: review for review in found}
    assert len(by_person) == len(found)
    for login in {login for login, _, _ in said}:
        own = [(state, commit) for name, state, commit in said if name == login and state in STATES[:3]]
        review = by_person.get(login)
        if not own or own[-1][0] == "DISMISSED":
            assert review is None
        else:
            assert review is not None
            assert (review.approved, review.commit) == (own[-1][0] == "APPROVED", own[-1][1])
    assert [review.at for review in found] == sorted(review.at for review in found)


ACTS = st.one_of(
    st.tuples(st.just("push"), st.just("")),
    st.tuples(st.sampled_from(["approve", "unapprove", "reject"]), PEOPLE),
)


def on_gitlab(acts: list[tuple[str, str]], *, tells_moments: bool) -> tuple[dict[str, tuple[bool, str]], tuple[Review, ...]]:
    """What each person said last, and of which head; and what the adapter makes of what GitLab then tells."""
    heads, notes, approved = ["0" * 40], list[dict[str, Any]](), dict[str, str]()
    versions = [{"id": 100, "head_commit_sha": heads[0], "created_at": moment(0)}]
    last: dict[str, tuple[bool, str]] = {}
    for index, (act, login) in enumerate(acts, start=1):
        note = {"author": user(login or "ada"), "created_at": moment(index), "system": True}
        match act:
            case "push":
                heads.append(f"{index:040x}")
                versions.insert(0, {"id": 100 + index, "head_commit_sha": heads[-1], "created_at": moment(index)})
            case "approve" if login not in approved:
                approved[login] = moment(index)
                notes.insert(0, {**note, "body": "approved this merge request"})
                last[login] = (True, heads[-1])
            case "unapprove" if login in approved:
                del approved[login]
                notes.insert(0, {**note, "body": "unapproved this merge request"})
                last.pop(login)
            case "reject":
                approved.pop(login, None)
                notes.insert(0, {**note, "system": False, "body": gitlab_shapes.rejection(heads[-1])})
                last[login] = (False, heads[-1])
    by = [{"user": user(login), **({"approved_at": at} if tells_moments else {})} for login, at in approved.items()]
    judged = Judged(fields(by), (), fields(notes), fields(versions))
    return last, gitlab_shapes.verdicts(judged, "gitlab.com")


@given(st.lists(ACTS, max_size=15), st.booleans())
def test_on_gitlab_an_approval_is_of_the_head_at_its_moment_and_a_request_for_changes_ends_it(
    acts: list[tuple[str, str]], tells_moments: bool
) -> None:
    last, found = on_gitlab(acts, tells_moments=tells_moments)
    assert len({review.reviewer.login for review in found}) == len(found)
    told = {str(review.reviewer.login): (review.approved, review.commit) for review in found}
    assert {login: verdict for login, verdict in told.items() if verdict[0]} == {
        login: verdict for login, verdict in last.items() if verdict[0]
    }
    assert all(login in told for login, verdict in last.items() if not verdict[0])
