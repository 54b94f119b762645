"""What every gate answers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liftlock.core.ledger import Record


class GatePhase(StrEnum):
    """What a gate says now. PENDING may pass later by itself or by somebody's deed; FAILED needs another release.

    WARNED: what is asked for is missing, and the rule lets it pass all the same.
    """

    PASSED = "passed"
    WARNED = "warned"
    PENDING = "pending"
    FAILED = "failed"


class GateMoment(StrEnum):
    """The first moment at which a gate must have passed; every gate is asked again at the merge."""

    OPEN = "open"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's answer. evidence: where it was read. clears_at: the earliest moment at which a pending one can pass, if it is known.

    policy: a rule that people set refuses, so waiting for evidence does not help. unknown: whoever knows was not asked, or does not answer.
    """

    key: str
    phase: GatePhase
    moment: GateMoment
    reason: str
    evidence: str | None = None
    clears_at: datetime | None = None
    policy: bool = False
    unknown: bool = False

    @property
    def passed(self) -> bool:
        """Whether the gate lets the release through."""
        return self.phase in (GatePhase.PASSED, GatePhase.WARNED)


def passed(key: str, reason: str, evidence: str | None = None, *, moment: GateMoment = GateMoment.OPEN) -> GateResult:
    """Lets the release through."""
    return GateResult(key, GatePhase.PASSED, moment, reason, evidence)


def warned(key: str, reason: str) -> GateResult:
    """Evidence is missing, and nobody insists on it."""
    return GateResult(key, GatePhase.WARNED, GateMoment.OPEN, reason)


def pending(
    key: str, reason: str, evidence: str | None = None, *, clears_at: datetime | None = None, moment: GateMoment = GateMoment.OPEN
) -> GateResult:
    """Evidence is missing."""
    return GateResult(key, GatePhase.PENDING, moment, reason, evidence, clears_at)


def unknown(key: str, reason: str) -> GateResult:
    """Whoever knows was not asked, or does not answer: another release would not be known any better."""
    return GateResult(key, GatePhase.PENDING, GateMoment.OPEN, reason, unknown=True)


def failed(key: str, reason: str, evidence: str | None = None, *, moment: GateMoment = GateMoment.OPEN) -> GateResult:
    """Evidence speaks against this release."""
    return GateResult(key, GatePhase.FAILED, moment, reason, evidence)


def refused(
    key: str, reason: str, evidence: str | None = None, *, clears_at: datetime | None = None, moment: GateMoment = GateMoment.OPEN
) -> GateResult:
    """A rule that people set is in the way; it can be lifted, or ends."""
    return GateResult(key, GatePhase.PENDING, moment, reason, evidence, clears_at, policy=True)


def describe(record: Record) -> str:
    """A record as evidence, for people and for the pull request."""
    entry = record.entry
    return f"ledger #{record.sequence}: {entry.fact.value} {entry.environment} {entry.release} at {entry.at.isoformat()} by {entry.actor}"


def count(number: int, noun: str) -> str:
    """Such as `1 image`, `2 images`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def earliest_clearing(gates: Iterable[GateResult]) -> datetime | None:
    """When all of these can have passed at the earliest; None where one of them does not know."""
    times = [gate.clears_at for gate in gates if not gate.passed]
    known = [time for time in times if time is not None]
    return max(known) if known and len(known) == len(times) else None
