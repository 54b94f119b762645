"""What counts as evidence, and what does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liftlock.core.errors import UsageError
from liftlock.core.evidence import Evidence, EvidenceKind, evidence_entry, latest, read_evidence, running_release
from liftlock.core.gates.result import GatePhase
from liftlock.core.gates.upstream import judgement_gate, smoke_gate
from liftlock.core.ledger import Entry, Fact
from liftlock.core.project import Judgement
from tests.git_repositories import ADA, GRACE
from tests.ledger_records import after, deployed, evidence, fact, failed, records


def test_what_is_written_is_read_back() -> None:
    entry = evidence_entry(
        EvidenceKind.SMOKE_TEST, "dev", "r1", passed=True, actor=ADA, at=after(1), url="https://ci.example/7", expires_in=timedelta(days=7)
    )
    (found,) = read_evidence(records(entry), after(2))
    expires = after(1) + timedelta(days=7)
    assert found == Evidence(EvidenceKind.SMOKE_TEST, "r1", "dev", True, after(1), str(ADA), "https://ci.example/7", expires, None, 1)
    assert "ledger #1: smoke-test passed in dev for r1" in str(found)


@pytest.mark.parametrize(
    "details",
    [
        {"kind": "guess", "passed": True},
        {"kind": "smoke-test"},
        {"kind": "smoke-test", "passed": "yes"},
        {"kind": "smoke-test", "passed": True, "expires": "tomorrow"},
        {"kind": "smoke-test", "passed": True, "expires": "2026-03-02T09:00:00"},
    ],
)
def test_what_is_not_well_formed_is_no_evidence(details: dict[str, str | bool]) -> None:
    assert read_evidence(records(fact(Fact.EVIDENCE, "dev", "r1", **details)), after(1)) == ()


def smoke(*entries: Entry, now: float = 10) -> GatePhase:
    return smoke_gate("dev", read_evidence(records(*entries), after(now)), {"r1"}, after(now)).phase


def test_the_last_word_on_this_release_in_this_environment_counts() -> None:
    good, bad = evidence("smoke-test", "dev", "r1"), evidence("smoke-test", "dev", "r1", ok=False)
    assert smoke() is GatePhase.PENDING
    assert smoke(good) is GatePhase.PASSED
    assert smoke(good, bad) is GatePhase.FAILED
    assert smoke(bad, good) is GatePhase.PASSED
    assert smoke(evidence("smoke-test", "dev", "r2")) is GatePhase.PENDING
    assert smoke(evidence("smoke-test", "prod", "r1")) is GatePhase.PENDING
    assert smoke(evidence("judgement", "dev", "r1")) is GatePhase.PENDING


def test_expired_evidence_and_evidence_from_the_future_do_not_count() -> None:
    assert smoke(evidence("smoke-test", "dev", "r1", expires=after(10).isoformat()), now=9) is GatePhase.PASSED
    assert smoke(evidence("smoke-test", "dev", "r1", expires=after(10).isoformat()), now=10) is GatePhase.PENDING
    assert smoke(evidence("smoke-test", "dev", "r1", at=11), now=10) is GatePhase.PENDING


def judged(*entries: Entry, now: float = 10, valid: timedelta = timedelta(hours=1)) -> GatePhase:
    found = read_evidence(records(*entries), after(now))
    rule = Judgement(by=("grace@shop.example",), valid=valid)
    return judgement_gate("dev", found, {"r1"}, rule, lambda by: by == str(GRACE), after(now)).phase


def test_a_judgement_counts_for_a_while_and_only_from_whoever_may_judge() -> None:
    assert judged() is GatePhase.PENDING
    assert judged(evidence("judgement", "dev", "r1")) is GatePhase.PENDING
    assert judged(evidence("judgement", "dev", "r1", by=GRACE)) is GatePhase.PASSED
    assert judged(evidence("judgement", "dev", "r1", by=GRACE), evidence("judgement", "dev", "r1", ok=False)) is GatePhase.PASSED
    assert judged(evidence("judgement", "dev", "r1", by=GRACE, ok=False)) is GatePhase.FAILED
    assert judged(evidence("judgement", "dev", "r1", by=GRACE), now=59) is GatePhase.PASSED
    assert judged(evidence("judgement", "dev", "r1", by=GRACE), now=60) is GatePhase.PENDING


def test_an_older_time_stamp_than_the_record_before_makes_no_judgement_younger_or_older() -> None:
    late = evidence("judgement", "dev", "r1", at=-500, by=GRACE)
    assert judged(deployed("dev", "r1", 5), late, now=10) is GatePhase.PASSED
    found = latest(read_evidence(records(deployed("dev", "r1", 5), late), after(10)), EvidenceKind.JUDGEMENT, "dev", "r1")
    assert found is not None
    assert found.at == after(5)


def test_evidence_is_about_what_the_environment_runs_by_its_last_deployment() -> None:
    assert running_release(records(deployed("dev", "r1"), deployed("prod", "r0"), deployed("dev", "r2")), "dev") == "r2"
    for broken in ((), (failed("dev", "r1"),), (deployed("dev", "r1"), fact(Fact.DESTROYED, "dev", None))):
        with pytest.raises(UsageError, match="dev"):
            running_release(records(*broken), "dev")
