"""Gates on what the environments before the target have proved: deployed and healthy, for long enough, tested, judged. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from liftlock.core.config.quantities import duration_text
from liftlock.core.evidence import Evidence, EvidenceKind
from liftlock.core.gates.result import GateResult, describe, failed, passed, pending
from liftlock.core.ledger import Fact
from liftlock.core.project import Judgement
from liftlock.core.soak import Occupancy, Proof

Fits = Callable[[Proof], bool]


def verified_gate(occupancy: Occupancy, release: str, fits: Fits) -> GateResult:
    """Passes while the environment is healthy with the release, or with something newer that came after it without a break.

    release: how the source names it, for people. fits: whether a proof is one of it.
    """
    key, proof = f"verified:{occupancy.environment}", occupancy.proof(fits)
    if proof is None:
        return _unproved(key, occupancy, release, fits)
    reason = f"{occupancy.environment} runs {proof.release} and it is healthy"
    if proof is not occupancy.proofs[-1]:
        reason = f"{occupancy.environment} proved {proof.release} healthy, and has been healthy since"
    return passed(key, reason, describe(proof.record))


def _unproved(key: str, occupancy: Occupancy, release: str, fits: Fits) -> GateResult:
    name, deployed = occupancy.environment, occupancy.deployed
    again = f"run: liftlock env up {name}"
    if deployed is None:
        return pending(key, f"no deployment of {name} is on record; {again}")
    entry, evidence = deployed.entry, describe(deployed)
    if entry.fact in (Fact.DESTROYED, Fact.BRANCH_DOWN):
        return pending(key, f"{name} was taken down after its last deployment; {again}", evidence)
    latest = Proof(entry.release or "", entry.at, deployed, deployed)
    if entry.release != release and not fits(latest):
        return pending(key, f"{name} last deployed {entry.release}, not {release}; {again}", evidence)
    if entry.fact is Fact.DEPLOY_FAILED:
        return failed(key, f"the deployment of {release} in {name} failed", evidence)
    if entry.details.get("dirty") is True:
        return pending(key, f"{name} was deployed from a work tree with uncommitted changes; commit them, then {again}", evidence)
    ignored = next((record for record in occupancy.ignored if record.sequence > deployed.sequence), None)
    if ignored is not None:
        reason = f"the proof of {release} in {name} says that it comes from the future; a clock is wrong"
        return pending(key, reason, describe(ignored), clears_at=ignored.entry.at)
    if occupancy.broken is not None and occupancy.broken.sequence > deployed.sequence:
        return failed(key, f"{release} in {name} was found not to be healthy", describe(occupancy.broken))
    return pending(key, f"{name} runs {release}, but it was not proved healthy; {again}", evidence)


def soak_gate(occupancy: Occupancy, release: str, fits: Fits, *, least: timedelta, now: datetime) -> GateResult:
    """Passes once the environment has been healthy with the release, or something newer, for that long without a break."""
    key, proof = f"soak:{occupancy.environment}", occupancy.proof(fits)
    if proof is None:
        why = f"; what it had was broken by {describe(occupancy.broken)}" if occupancy.broken else ""
        return pending(key, f"{release} is not healthy in {occupancy.environment} now{why}")
    so_far, until = now - proof.since, proof.since + least
    if so_far >= least:
        return passed(
            key, f"healthy in {occupancy.environment} for {_rough(so_far)}, at least {duration_text(least)}", describe(proof.record)
        )
    reason = f"healthy in {occupancy.environment} for {_rough(so_far)} of {duration_text(least)}"
    return pending(key, reason, describe(proof.record), clears_at=until)


def same_images_gate(environment: str, differing: Sequence[str]) -> GateResult:
    """For a further upstream environment: passes when it has the same images as the source (differing: the services where it has not)."""
    key = f"same-images:{environment}"
    if differing:
        return pending(key, f"{environment} has other images of {', '.join(differing)}")
    return passed(key, f"{environment} has the same images")


def smoke_gate(environment: str, evidence: Sequence[Evidence], releases: Collection[str], now: datetime) -> GateResult:
    """Passes when the last word of a smoke test on the release there is that it passed. releases: the names that it has there."""
    return _finding_gate(f"smoke:{environment}", EvidenceKind.SMOKE_TEST, environment, evidence, releases, now)


def judgement_gate(
    environment: str,
    evidence: Sequence[Evidence],
    releases: Collection[str],
    rule: Judgement,
    may: Callable[[str], bool],
    now: datetime,
) -> GateResult:
    """Passes when somebody who may (`NAME <EMAIL>` -> whether) judged the release there good, not longer ago than the rule says."""
    key, of = f"judgement:{environment}", EvidenceKind.JUDGEMENT
    allowed = [item for item in evidence if item.kind is of and may(item.by)]
    found = _finding_gate(key, of, environment, allowed, releases, now)
    last = _last(of, environment, allowed, releases)
    if found.passed and last is not None and last.at is not None and last.at + rule.valid <= now:
        return pending(key, f"the judgement is older than {duration_text(rule.valid)}; {_how(of, environment)}", str(last))
    others = sorted({item.by for item in evidence if item.kind is of and item.release in releases and item.environment == environment})
    if last is None and others:
        return pending(key, f"{', '.join(others)} judged it, but may not; {_how(of, environment)}")
    return found


def _finding_gate(
    key: str, kind: EvidenceKind, environment: str, evidence: Sequence[Evidence], releases: Collection[str], now: datetime
) -> GateResult:
    last = _last(kind, environment, evidence, releases)
    if last is None:
        names = " or ".join(sorted(releases)) or "the release"
        return pending(key, f"no {kind.value} of {names} in {environment} is on record; {_how(kind, environment)}")
    if last.at is None:
        return pending(key, f"the {kind.value} says that it comes from the future; a clock is wrong", str(last))
    if not last.passed:
        return failed(key, f"the {kind.value} in {environment} failed", str(last))
    if last.expired(now):
        return pending(key, f"the {kind.value} in {environment} has expired; {_how(kind, environment)}", str(last))
    return passed(key, f"{kind.value} in {environment} passed, by {last.by}", str(last))


def _last(kind: EvidenceKind, environment: str, evidence: Sequence[Evidence], releases: Collection[str]) -> Evidence | None:
    found = (item for item in reversed(evidence) if item.kind is kind and item.environment == environment and item.release in releases)
    return next(found, None)


def _how(kind: EvidenceKind, environment: str) -> str:
    return f"run: liftlock evidence record --env {environment} --kind {kind.value} --passed"


def _rough(span: timedelta) -> str:
    """Without what nobody reads: whole seconds, above an hour whole minutes."""
    seconds = int(span.total_seconds())
    return duration_text(timedelta(seconds=seconds - seconds % 60 if seconds >= 3600 else seconds))
