"""Whether `env up` may bring a release into an environment: what runs was proved upstream under the same configuration. Pure.

A promotion's gates guard the release file; this one guards what is really deployed, also after the configuration has changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from liftlock.core.candidates import deployed_images
from liftlock.core.environment import Environment
from liftlock.core.gates.rules import active_vetoes, is_vetoed
from liftlock.core.ledger import Entry as LedgerEntry
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.policy import Veto
from liftlock.core.project import Stage

EXCEPTIONS = ("hotfix", "rollback")
"""Kinds of promotion that do not need the proof of every upstream environment; each has a reason and its own approvals on record."""


@dataclass(frozen=True, slots=True)
class DeployRules:
    """stage: the environment's place in the pipeline, None where it has none.

    left_out: upstream environment -> the services that it does not declare; of those it can prove nothing. vetoes: of the base branch.
    """

    stage: Stage | None = None
    left_out: Mapping[str, frozenset[str]] = field(default_factory=dict)
    vetoes: Sequence[Veto] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the release is not deployed, and what to do about it. policy: people forbade it; no evidence helps."""

    reason: str
    hint: str
    policy: bool = False


def refuse_deployment(environment: Environment, rules: DeployRules, records: Sequence[Record], now: datetime) -> Refusal | None:
    """None where the release may be deployed: nobody vetoed it, and nothing has to be proved, everything is, or it is deployed already."""
    return _vetoed(environment, rules.vetoes, records, now) or _unproved_upstream(environment, rules, records)


def _vetoed(environment: Environment, vetoes: Sequence[Veto], records: Sequence[Record], now: datetime) -> Refusal | None:
    """What the environment runs already is no business of a veto: it must not enter, it need not leave."""
    active = active_vetoes(vetoes, environment.name, now)
    if not active:
        return None
    running = _running([record for record in records if record.entry.environment == environment.name])
    before = images_of(running) if running else {}
    images = {service.name: str(service.image) for service in environment.services}
    entering = {name: image for name, image in images.items() if before.get(name) != image}
    known = deployed_images(records)
    for veto in active:
        if entering and is_vetoed(veto, environment.release_id, images if veto.release else entering, known):
            return Refusal(
                f"it is vetoed by {veto.id}: {veto.reason} ({veto.owner})",
                "deploy another release, or end the veto by a reviewed change of policy/vetoes.yaml",
                policy=True,
            )
    return None


def _unproved_upstream(environment: Environment, rules: DeployRules, records: Sequence[Record]) -> Refusal | None:
    stage = rules.stage
    if stage is None or not stage.upstream or not stage.gates.verified:
        return None
    mine = [record for record in records if record.entry.environment == environment.name]
    running = _running(mine)
    if running is not None and running.release == environment.release_id:
        return None
    images = {service.name: str(service.image) for service in environment.services}
    wanted = {name: image for name, image in images.items() if _exceptional(mine).get(name) != image}
    for upstream in stage.upstream:
        provable = {name: image for name, image in wanted.items() if name not in rules.left_out.get(upstream, frozenset())}
        refusal = _unproved(environment, upstream, provable, [r for r in records if r.entry.environment == upstream])
        if refusal is not None:
            return refusal
    return None


def _unproved(environment: Environment, upstream: str, wanted: Mapping[str, str], records: Iterable[Record]) -> Refusal | None:
    proofs = [r.entry for r in records if r.entry.fact is Fact.VERIFIED and r.entry.details.get("dirty") is not True]
    ever = {pair for entry in proofs for pair in images_of(entry).items()}
    now = {pair for entry in proofs if entry.details.get("common") == environment.common for pair in images_of(entry).items()}
    unknown = sorted(name for name, image in wanted.items() if (name, image) not in ever)
    outdated = sorted(name for name, image in wanted.items() if (name, image) in ever and (name, image) not in now)
    if unknown:
        return Refusal(
            f"{environment.name} is to run images of {_listed(unknown)} that were never proved healthy in {upstream}",
            f"promote what {upstream} has proved: liftlock promote plan --from {upstream} --to {environment.name} --explain",
        )
    if outdated:
        return Refusal(
            f"the configuration that it shares with {upstream} has changed since {upstream} proved {_listed(outdated)} healthy",
            f"prove it there first: liftlock env up {upstream}",
        )
    return None


def _running(records: Sequence[Record]) -> LedgerEntry | None:
    """What was last deployed whole, None after a removal."""
    ends = (r.entry for r in reversed(records) if r.entry.fact in (Fact.DEPLOYED, Fact.DESTROYED))
    last = next(ends, None)
    return last if last is not None and last.fact is Fact.DEPLOYED else None


def _exceptional(records: Sequence[Record]) -> dict[str, str]:
    """service -> the image that its last promotion brought in as a hotfix or a rollback; other promotions take that back."""
    found: dict[str, str] = {}
    for record in records:
        if record.entry.fact is Fact.PROMOTED:
            kept = record.entry.details.get("kind") in EXCEPTIONS
            for name, image in images_of(record.entry).items():
                found.pop(name, None)
                if kept:
                    found[name] = image
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"
