"""What each gate lets through; what it does not know never passes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liftlock.core.gate import GatePhase, Presence, approvals_gate, digests_gate, verified_gate
from liftlock.core.ledger import Entry, Fact, Record, chain
from liftlock.core.ports import Identity, Review
from tests.fakes.promotion import START
from tests.git_repositories import ADA, GRACE, LINUS


def records(*facts: tuple[str, Fact, str] | tuple[str, Fact, str, bool]) -> list[Record]:
    made: list[Record] = []
    for environment, fact, release, *dirty in facts:
        entry = Entry(fact, environment, str(ADA), START, release, {"dirty": bool(dirty and dirty[0])})
        made.append(chain(made[-1] if made else None, entry))
    return made


PROVED = (("dev", Fact.DEPLOYED, "r1"), ("dev", Fact.VERIFIED, "r1"))


def test_a_deployment_with_its_proof_passes_and_names_the_record() -> None:
    gate = verified_gate("dev", "r1", records(*PROVED))
    assert gate.passed
    assert gate.evidence is not None
    assert gate.evidence.startswith("ledger #2: verified dev r1")


def test_records_of_other_environments_change_nothing() -> None:
    assert verified_gate("dev", "r1", records(*PROVED, ("prod", Fact.DEPLOY_FAILED, "r1"), ("prod", Fact.DESTROYED, "r1"))).passed


@pytest.mark.parametrize(
    ("facts", "phase", "reason"),
    [
        ((), GatePhase.PENDING, "no deployment of dev is on record"),
        ((("dev", Fact.VERIFIED, "r1"),), GatePhase.PENDING, "no deployment"),
        ((("dev", Fact.DEPLOYED, "r1"),), GatePhase.PENDING, "not proved healthy"),
        ((("dev", Fact.DEPLOYED, "r1"), ("dev", Fact.VERIFIED, "r2")), GatePhase.PENDING, "not proved healthy"),
        ((*PROVED, ("dev", Fact.DEPLOYED, "r1")), GatePhase.PENDING, "not proved healthy"),
        ((*PROVED, ("dev", Fact.DEPLOYED, "r2"), ("dev", Fact.VERIFIED, "r2")), GatePhase.PENDING, "last deployed r2"),
        ((*PROVED, ("dev", Fact.DEPLOY_FAILED, "r2")), GatePhase.PENDING, "last deployed r2"),
        ((*PROVED, ("dev", Fact.DEPLOY_FAILED, "r1")), GatePhase.FAILED, "failed"),
        ((*PROVED, ("dev", Fact.DESTROYED, "r1")), GatePhase.PENDING, "taken down"),
        ((("dev", Fact.DEPLOYED, "r1", True), ("dev", Fact.VERIFIED, "r1", True)), GatePhase.PENDING, "uncommitted"),
    ],
)
def test_anything_else_as_the_last_word_does_not_pass(facts: tuple[tuple[str, Fact, str], ...], phase: GatePhase, reason: str) -> None:
    gate = verified_gate("dev", "r1", records(*facts))
    assert (gate.phase, reason in gate.reason) == (phase, True), gate


def test_digests_pass_only_when_the_registry_said_yes_to_each() -> None:
    there, gone, silent = Presence(present=True), Presence(present=False), Presence(present=False, reason="does not answer")
    assert digests_gate({"a": there, "b": there}).passed
    assert digests_gate({"a": there, "b": gone}).phase is GatePhase.FAILED
    assert digests_gate({"a": there, "b": silent}).phase is GatePhase.PENDING
    assert digests_gate({"a": gone, "b": silent}).phase is GatePhase.FAILED


def review(person: Identity, commit: str = "head", *, approved: bool = True, later: int = 0) -> Review:
    return Review(person, approved, commit, START + timedelta(seconds=later))


MADE_IT = {ADA.key: "opened the pull request"}


@pytest.mark.parametrize(
    ("required", "reviews", "phase"),
    [
        (1, [], GatePhase.PENDING),
        (1, [review(GRACE)], GatePhase.PASSED),
        (1, [review(ADA)], GatePhase.PENDING),
        (2, [review(GRACE), review(ADA)], GatePhase.PENDING),
        (2, [review(GRACE), review(GRACE, later=1)], GatePhase.PENDING),
        (2, [review(GRACE), review(LINUS)], GatePhase.PASSED),
        (1, [review(GRACE, "older")], GatePhase.PENDING),
        (1, [review(Identity("A. Da", "ADA@shop.example"))], GatePhase.PENDING),
        (1, [review(GRACE), review(LINUS, approved=False)], GatePhase.FAILED),
        (1, [review(LINUS, approved=False), review(LINUS, later=1)], GatePhase.PASSED),
        (1, [review(GRACE), review(GRACE, approved=False, later=1)], GatePhase.FAILED),
    ],
)
def test_approvals_count_other_people_once_at_this_commit(required: int, reviews: list[Review], phase: GatePhase) -> None:
    assert approvals_gate(required, "head", reviews, MADE_IT).phase is phase


def test_the_approvals_gate_says_whose_approval_does_not_count_and_why() -> None:
    assert "Ada <ada@shop.example> opened the pull request" in approvals_gate(1, "head", [review(ADA)], MADE_IT).reason
