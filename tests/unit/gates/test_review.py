"""Whose approval counts, and what checks must say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liftlock.core.gates.result import GatePhase
from liftlock.core.gates.review import ApprovalRule, Exclusion, approvals_gate, checks_gate, counting_approvers
from liftlock.core.people import People, spelled_identity
from liftlock.core.policy import Person
from liftlock.core.ports import Check, CheckState, Identity, Review
from tests.git_repositories import ADA, GRACE, LINUS
from tests.ledger_records import START

MADE_IT = [Exclusion(ADA, "opened the pull request")]
PEOPLE = People((Person("Grace Hopper", frozenset({"Grace@shop.example", "@amazing"})),))


def review(person: Identity, commit: str = "head", *, approved: bool = True, later: int = 0) -> Review:
    return Review(person, approved, commit, START + timedelta(seconds=later))


def rule(required: int, *approvers: str) -> ApprovalRule:
    return ApprovalRule(required, (lambda who: PEOPLE.is_one_of(who, approvers)) if approvers else None, PEOPLE)


@pytest.mark.parametrize(
    ("required", "reviews", "phase"),
    [
        (1, [], GatePhase.PENDING),
        (1, [review(GRACE)], GatePhase.PASSED),
        (1, [review(ADA)], GatePhase.PENDING),
        (1, [review(Identity("Bot", "bot@ci.example", "ada"))], GatePhase.PASSED),
        (2, [review(GRACE), review(ADA)], GatePhase.PENDING),
        (2, [review(GRACE), review(GRACE, later=1)], GatePhase.PENDING),
        (2, [review(GRACE), review(Identity("Other Account", "g@home.example", "Amazing"))], GatePhase.PENDING),
        (2, [review(GRACE), review(LINUS)], GatePhase.PASSED),
        (1, [review(GRACE, "older")], GatePhase.PENDING),
        (1, [review(Identity("A. Da", "ADA@shop.example"))], GatePhase.PENDING),
        (1, [review(GRACE), review(LINUS, approved=False)], GatePhase.FAILED),
        (1, [review(LINUS, approved=False), review(LINUS, later=1)], GatePhase.PASSED),
        (1, [review(GRACE), review(GRACE, approved=False, later=1)], GatePhase.FAILED),
    ],
)
def test_approvals_count_other_people_once_at_this_commit(required: int, reviews: list[Review], phase: GatePhase) -> None:
    assert approvals_gate(rule(required), "head", reviews, MADE_IT).phase is phase


def test_the_gate_says_whose_approval_does_not_count_and_why() -> None:
    assert "Ada <ada@shop.example> opened the pull request" in approvals_gate(rule(1), "head", [review(ADA)], MADE_IT).reason


def test_a_part_in_the_change_excludes_every_account_of_a_person() -> None:
    requested = [Exclusion(spelled_identity("@amazing"), "asked CI for it")]
    gate = approvals_gate(rule(1), "head", [review(GRACE)], requested)
    assert (gate.phase, "asked CI for it" in gate.reason) == (GatePhase.PENDING, True)


@pytest.mark.parametrize(
    ("approvers", "phase"),
    [
        (["grace hopper"], GatePhase.PASSED),
        (["@Amazing"], GatePhase.PASSED),
        (["grace@shop.example"], GatePhase.PASSED),
        (["Grace"], GatePhase.PENDING),
        (["linus@shop.example"], GatePhase.PENDING),
    ],
)
def test_where_approvers_are_listed_only_theirs_count(approvers: list[str], phase: GatePhase) -> None:
    gate = approvals_gate(rule(1, *approvers), "head", [review(GRACE)], [])
    assert (gate.phase, "not one of those" in gate.reason) == (phase, phase is GatePhase.PENDING)


def test_the_approvers_on_record_are_those_who_counted() -> None:
    reviews = [review(GRACE), review(ADA), review(LINUS, "older")]
    assert counting_approvers(rule(1), "head", reviews, MADE_IT) == (GRACE,)


def check(name: str, state: CheckState) -> Check:
    return Check(name, state, f"https://ci.example/{name}")


@pytest.mark.parametrize(
    ("checks", "phase"),
    [
        (None, GatePhase.PENDING),
        ([], GatePhase.PENDING),
        ([check("a", CheckState.PASSED)], GatePhase.PENDING),
        ([check("a", CheckState.PASSED), check("b", CheckState.PENDING)], GatePhase.PENDING),
        ([check("a", CheckState.PASSED), check("b", CheckState.FAILED)], GatePhase.FAILED),
        ([check("a", CheckState.PASSED), check("b", CheckState.PASSED), check("c", CheckState.FAILED)], GatePhase.PASSED),
    ],
)
def test_every_named_check_must_have_passed_and_silence_is_waited_for(checks: list[Check] | None, phase: GatePhase) -> None:
    assert checks_gate(["a", "b"], checks).phase is phase
