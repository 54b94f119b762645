"""Promotion, decided: from what is in Git, the ledger, the registry and the forge to the actions that are missing. Pure.

The unit is a set of images. Planning again after an applied plan gives no action that writes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liftlock.core.errors import UsageError
from liftlock.core.gate import GateMoment, GateResult, Presence, approvals_gate, digests_gate, same_images_gate, verified_gate
from liftlock.core.ledger import Record
from liftlock.core.project import Project, Stage
from liftlock.core.promotion_pull import BranchCondition, PromotionPull, branch_name
from liftlock.core.proposal import Action, Adopt, Close, LeaveAlone, Open, Update
from liftlock.core.pull_request_body import Metadata
from liftlock.core.release import Release, ReleasedImage


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What is asked for. services: only these; None for all that the source has."""

    source: str
    target: str
    services: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """The world as it was seen. releases: every upstream environment's and the target's, at the base commit.

    pulls: the open promotions into the target. presences: `repository@digest` -> what the registry said.
    excluded: a person's key -> why that person may not approve; known where there is a pull request.
    """

    base: str
    releases: Mapping[str, Release]
    records: Sequence[Record]
    pulls: Sequence[PromotionPull]
    presences: Mapping[str, Presence]
    excluded: Mapping[str, str]
    now: datetime


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """One service's image in the target, before (None: it has none yet) and after."""

    service: str
    old: ReleasedImage | None
    new: ReleasedImage


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """What a promotion would change, what stands in its way, and what is to be done now (no action where a gate blocks).

    source_release: what the source must have proved. release: what the target will run. rollback: what it runs now, if anything.
    digest: names the content of the promotion (what, from where, to where, under which gates) but not the moment of planning.
    """

    request: PromotionRequest
    base: str
    source_release: str
    release: str
    rollback: str | None
    changes: tuple[ServiceChange, ...]
    gates: tuple[GateResult, ...]
    actions: tuple[Action, ...]
    branch: str
    digest: str
    pull: int | None

    @property
    def blockers(self) -> tuple[GateResult, ...]:
        """The gates that keep the pull request from being opened."""
        return tuple(gate for gate in self.gates if gate.moment is GateMoment.OPEN and not gate.passed)

    @property
    def merge_blockers(self) -> tuple[GateResult, ...]:
        """The gates that keep it from being merged."""
        return tuple(gate for gate in self.gates if not gate.passed)

    @property
    def new_images(self) -> dict[str, ReleasedImage]:
        """service -> the image that it gets."""
        return {change.service: change.new for change in self.changes}

    @property
    def metadata(self) -> Metadata:
        """What the pull request carries of this plan."""
        return Metadata(self.request.source, self.request.target, self.digest, self.request.services, self.new_images)


def plan_promotion(project: Project, request: PromotionRequest, observed: Observed) -> PromotionPlan:
    """What promoting source's release into target takes now. UsageError where the pipeline or the source does not allow the question."""
    stage = promotable_stage(project, request)
    source, target = observed.releases[request.source], observed.releases[request.target]
    changes = find_changes(request, source, target)
    branch = branch_name(request.target, {change.service: change.new for change in changes})
    mine = next((found for found in observed.pulls if found.pull.head == branch), None) if changes else None
    digest = _plan_digest(project, stage, request, source, changes)
    gates = _gates(stage, request, observed, changes, mine) if changes else ()
    blocked = any(gate.moment is GateMoment.OPEN and not gate.passed for gate in gates)
    return PromotionPlan(
        request=request,
        base=observed.base,
        source_release=source.id,
        release=target.with_images({change.service: change.new for change in changes}).id,
        rollback=target.id if target.services else None,
        changes=changes,
        gates=gates,
        actions=() if blocked else _actions(request, observed, changes, branch, digest, mine),
        branch=branch,
        digest=digest,
        pull=mine.pull.number if mine else None,
    )


def stale_reason(plan: PromotionPlan, found: PromotionPull | None) -> str | None:
    """Why a pull request is not what the plan would open now; None where it is exactly that."""
    if not plan.changes:
        return f"{plan.request.target} has everything of it already"
    if found is None or found.pull.head != plan.branch:
        return f"{plan.request.source} or {plan.request.target} has another release since it was opened"
    action = _own_action(found, plan.branch, plan.digest, plan.changes)
    return None if isinstance(action, Adopt) else action.reason


def promotable_stage(project: Project, request: PromotionRequest) -> Stage:
    """The target's place in the pipeline; UsageError where releases do not come to it from the source."""
    stage, known = project.stage(request.target), ", ".join(stage.environment for stage in project.pipeline)
    if stage is None:
        raise UsageError(f"{request.target} is not in the pipeline", hint=f"liftlock.yaml lists: {known}")
    if project.stage(request.source) is None:
        raise UsageError(f"{request.source} is not in the pipeline", hint=f"liftlock.yaml lists: {known}")
    if not stage.upstream:
        raise UsageError(f"{request.target} is the first environment of the pipeline: nothing is promoted into it",
                         hint=f"run: liftlock image record --env {request.target} SERVICE=TAG")  # fmt: skip
    if request.source not in stage.upstream:
        raise UsageError(f"releases come to {request.target} from {' or '.join(stage.upstream)}, not from {request.source}",
                         hint=f"run: liftlock promote plan --from {stage.upstream[0]} --to {request.target}")  # fmt: skip
    return stage


def find_changes(request: PromotionRequest, source: Release, target: Release) -> tuple[ServiceChange, ...]:
    """The services whose image differs, by name. What the source does not have stays as it is in the target."""
    if not source.services:
        raise UsageError(f"{request.source} has no release to promote", hint=f"releases/{request.source}.yaml lists no service")
    wanted = sorted(source.services if request.services is None else set(request.services))
    for name in wanted:
        if name not in source.services:
            raise UsageError(f"{request.source} releases no service {name!r}", hint=f"it has: {', '.join(sorted(source.services))}")
    pairs = ((name, target.services.get(name), source.services[name]) for name in wanted)
    return tuple(ServiceChange(name, old, new) for name, old, new in pairs if old is None or old.image != new.image)


def _gates(
    stage: Stage, request: PromotionRequest, observed: Observed, changes: Sequence[ServiceChange], mine: PromotionPull | None
) -> tuple[GateResult, ...]:
    """Cheap ones first. Every upstream environment must have the images and, where the stage asks for it, have proved its release."""
    gates: list[GateResult] = []
    for upstream in stage.upstream:
        release = observed.releases[upstream]
        if upstream != request.source:
            differing = [c.service for c in changes if _image(release, c.service) != c.new.image]
            gates.append(same_images_gate(upstream, differing))
        if stage.gates.verified:
            gates.append(verified_gate(upstream, release.id, observed.records))
    images = (str(change.new.image) for change in changes)
    unasked = Presence(present=False, reason="not asked")
    gates.append(digests_gate({image: observed.presences.get(image, unasked) for image in images}))
    if stage.gates.approvals:
        head, reviews = (mine.pull.commit, mine.pull.reviews) if mine else (None, ())
        gates.append(approvals_gate(stage.gates.approvals, head, reviews, observed.excluded))
    return tuple(gates)


def _image(release: Release, service: str) -> object:
    released = release.services.get(service)
    return released.image if released else None


def _actions(
    request: PromotionRequest,
    observed: Observed,
    changes: Sequence[ServiceChange],
    branch: str,
    digest: str,
    mine: PromotionPull | None,
) -> tuple[Action, ...]:
    actions: list[Action] = []
    if changes:
        actions.append(_own_action(mine, branch, digest, changes) if mine else Open(branch))
    for other in sorted(observed.pulls, key=lambda found: found.pull.number):
        if other is mine or not _superseded(request, observed.releases[request.source], other):
            continue
        number = other.pull.number
        if other.condition is BranchCondition.EDITED:
            actions.append(LeaveAlone(number, other.reason, hinders=False))
        else:
            actions.append(Close(number, "superseded" if changes else f"{request.target} needs nothing of it any more"))
    return tuple(actions)


def _own_action(mine: PromotionPull, branch: str, digest: str, changes: Sequence[ServiceChange]) -> Adopt | Update | LeaveAlone:
    number = mine.pull.number
    match mine.condition:
        case BranchCondition.EDITED:
            return LeaveAlone(number, mine.reason, hinders=True)
        case BranchCondition.OUTDATED:
            return Update(number, branch, mine.reason)
        case BranchCondition.INTACT if mine.metadata is None or mine.metadata.plan != digest:
            return Update(number, branch, "what it was planned from has changed")
        case BranchCondition.INTACT if mine.changes != {change.service: change.new for change in changes}:
            return Update(number, branch, "the tags or commits of its images have changed")
        case BranchCondition.INTACT:
            return Adopt(number)


def _superseded(request: PromotionRequest, source: Release, other: PromotionPull) -> bool:
    """Whether another open promotion into the target touches a service that this one decides about."""
    decided = set(source.services if request.services is None else request.services)
    return not decided.isdisjoint(other.changes)


def _plan_digest(project: Project, stage: Stage, request: PromotionRequest, source: Release, changes: Sequence[ServiceChange]) -> str:
    body = {
        "version": 1,
        "project": project.name,
        "source": request.source,
        "target": request.target,
        "source_release": source.id,
        "changes": {c.service: {"old": str(c.old.image) if c.old else None, "new": str(c.new.image)} for c in changes},
        "gates": {"verified": stage.gates.verified, "approvals": stage.gates.approvals, "upstream": sorted(stage.upstream)},
    }
    return "plan-" + _hash(body)


def _hash(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
