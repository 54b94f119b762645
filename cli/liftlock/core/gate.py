"""Gates: what must hold before a release enters an environment. One result type for every kind; missing evidence never passes.

A new kind of gate is one more function from evidence to GateResult and one line in promotion.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liftlock.core.ledger import Fact, Record
from liftlock.core.ports import Review


class GatePhase(StrEnum):
    """What a gate says now. PENDING may pass later by itself or by somebody's deed; FAILED needs another release."""

    PASSED = "passed"
    PENDING = "pending"
    FAILED = "failed"


class GateMoment(StrEnum):
    """The first moment at which a gate must have passed; every gate is asked again at the merge."""

    OPEN = "open"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's answer. evidence: where it was read. clears_at: the earliest moment at which a pending one can pass, if it is known."""

    key: str
    phase: GatePhase
    moment: GateMoment
    reason: str
    evidence: str | None = None
    clears_at: datetime | None = None

    @property
    def passed(self) -> bool:
        """Whether the gate lets the release through."""
        return self.phase is GatePhase.PASSED


@dataclass(frozen=True, slots=True)
class Presence:
    """What the registry said of a digest: there, not there, or (reason set) nothing at all."""

    present: bool
    reason: str | None = None


_DEPLOYMENTS = frozenset({Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.DESTROYED})


def verified_gate(environment: str, release: str, records: Sequence[Record]) -> GateResult:
    """Passes when the environment's latest deployment is of exactly this release and a later record proves it healthy.

    A failed deployment, another release or a removal after it takes the proof away.
    """
    key = f"verified:{environment}"
    deployed: Record | None = None
    verified: Record | None = None
    for record in reversed(records):
        if record.entry.environment != environment:
            continue
        if record.entry.fact is Fact.VERIFIED and record.entry.release == release and verified is None:
            verified = record
        elif record.entry.fact in _DEPLOYMENTS:
            deployed = record
            break
    if deployed is None:
        return _pending(key, f"no deployment of {environment} is on record; run: liftlock env up {environment}")
    return _judge_deployment(key, environment, release, deployed, verified)


def _judge_deployment(key: str, environment: str, release: str, deployed: Record, verified: Record | None) -> GateResult:
    entry, again = deployed.entry, f"run: liftlock env up {environment}"
    if entry.fact is Fact.DESTROYED:
        return _pending(key, f"{environment} was taken down after its last deployment; {again}", deployed)
    if entry.release != release:
        return _pending(key, f"{environment} last deployed {entry.release}, not {release}; {again}", deployed)
    if entry.fact is Fact.DEPLOY_FAILED:
        reason = f"the deployment of {release} in {environment} failed"
        return GateResult(key, GatePhase.FAILED, GateMoment.OPEN, reason, describe(deployed))
    if entry.details.get("dirty") is True:
        return _pending(key, f"{environment} was deployed from a work tree with uncommitted changes; commit them, then {again}", deployed)
    if verified is None:
        return _pending(key, f"{environment} runs {release}, but it was not proved healthy; {again}", deployed)
    return GateResult(key, GatePhase.PASSED, GateMoment.OPEN, f"{environment} runs {release} and it is healthy", describe(verified))


def same_images_gate(environment: str, differing: Sequence[str]) -> GateResult:
    """For a further upstream environment: passes when it has the same images as the source (differing: the services where it has not)."""
    key = f"same-images:{environment}"
    if differing:
        return _pending(key, f"{environment} has other images of {', '.join(differing)}")
    return GateResult(key, GatePhase.PASSED, GateMoment.OPEN, f"{environment} has the same images")


def digests_gate(presences: Mapping[str, Presence]) -> GateResult:
    """Passes when the registry answered that it has every image (`repository@digest` -> its answer)."""
    missing = sorted(image for image, presence in presences.items() if not presence.present and presence.reason is None)
    unknown = sorted(f"{image} ({presence.reason})" for image, presence in presences.items() if presence.reason is not None)
    if missing:
        reason = f"the registry does not have {', '.join(missing)}; push the image again or record another"
        return GateResult("digests", GatePhase.FAILED, GateMoment.OPEN, reason)
    if unknown:
        return _pending("digests", f"the registry could not be asked for {', '.join(unknown)}")
    return GateResult("digests", GatePhase.PASSED, GateMoment.OPEN, f"the registry has {_count(len(presences), 'image')}")


def approvals_gate(required: int, head: str | None, reviews: Sequence[Review], excluded: Mapping[str, str]) -> GateResult:
    """Passes when enough people other than the change's makers approved exactly this head commit and nobody refused it.

    excluded: a person's key -> why that person's approval does not count. head is None before there is a pull request.
    """
    latest = {review.reviewer.key: review for review in sorted(reviews, key=lambda review: review.at)}
    standing = [review for review in latest.values() if review.commit == head]
    refused = [str(review.reviewer) for review in standing if not review.approved]
    counting = sorted(str(review.reviewer) for review in standing if review.approved and review.reviewer.key not in excluded)
    if refused:
        return GateResult("approvals", GatePhase.FAILED, GateMoment.MERGE, f"refused by {', '.join(refused)}")
    notes = [f"{review.reviewer} {excluded[review.reviewer.key]}" for review in standing if review.reviewer.key in excluded]
    notes += [f"{review.reviewer} approved an earlier commit" for review in latest.values() if review.approved and review.commit != head]
    reason = "; ".join([f"{len(counting)} of {_count(required, 'approval')}", *(f"does not count: {note}" for note in notes)])
    phase = GatePhase.PASSED if len(counting) >= required else GatePhase.PENDING
    return GateResult("approvals", phase, GateMoment.MERGE, reason, ", ".join(counting) or None)


def describe(record: Record) -> str:
    """A record as evidence, for people and for the pull request."""
    entry = record.entry
    return f"ledger #{record.sequence}: {entry.fact.value} {entry.environment} {entry.release} at {entry.at.isoformat()} by {entry.actor}"


def _pending(key: str, reason: str, record: Record | None = None) -> GateResult:
    return GateResult(key, GatePhase.PENDING, GateMoment.OPEN, reason, describe(record) if record else None)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
