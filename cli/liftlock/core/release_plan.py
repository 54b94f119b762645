"""The release plan as a document: what goes where, under which gates, in which order, back how, by whom and when. Pure.

It says nothing that the promotion plan does not decide; whoever carries it out is asked by liftlock again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liftlock.core.gates.calendar import is_open, next_opening, window_text
from liftlock.core.gates.result import GateResult
from liftlock.core.gates.review import Exclusion
from liftlock.core.moments import moment_text
from liftlock.core.policy import Freeze, Policy
from liftlock.core.project import Project, Stage
from liftlock.core.promotion_types import PromotionPlan, ServiceChange


@dataclass(frozen=True, slots=True)
class PlannedService:
    """What becomes of one service. commits: the range of source commits, where both are known."""

    service: str
    old_digest: str | None
    old_tag: str | None
    new_digest: str
    new_tag: str | None
    commits: str | None
    image: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. command: what to type, None where a person decides."""

    number: int
    environment: str
    what: str
    command: str | None


@dataclass(frozen=True, slots=True)
class Rollback:
    """The way back. release: what the target goes back to, None where it has nothing yet."""

    release: str | None
    images: Mapping[str, str]
    command: str | None


@dataclass(frozen=True, slots=True)
class MayNot:
    """Somebody whose approval does not count."""

    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedPeople:
    """requester: who asks for the release. approvers: whom the stage names, () for anybody else. required: how many."""

    requester: str | None
    required: int
    approvers: tuple[str, ...]
    may_not: tuple[MayNot, ...]


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """When the target can be entered. opens: the next opening, None where it is open now or never opens."""

    window: str
    open: bool
    opens: datetime | None


@dataclass(frozen=True, slots=True)
class PlannedFreeze:
    """A freeze that holds now or later, in the zone of whoever set it."""

    id: str
    start: str
    until: str
    holds: bool
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """The document. plan: the promotion plan that it is of. clears_at: when it can be merged at the earliest, if that is known."""

    project: str
    source: str
    target: str
    lane: str
    at: datetime
    plan: str
    base: str
    release: str
    pull: int | None
    services: tuple[PlannedService, ...]
    gates: tuple[GateResult, ...]
    clears_at: datetime | None
    order: tuple[Step, ...]
    rollback: Rollback
    people: PlannedPeople
    windows: tuple[PlannedWindow, ...]
    freezes: tuple[PlannedFreeze, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the document says beside the promotion plan. present: service -> image of the target now; required: approvals."""

    present: Mapping[str, str]
    policy: Policy
    excluded: Sequence[Exclusion]
    requester: str | None
    required: int
    now: datetime


def release_plan(project: Project, stage: Stage, plan: PromotionPlan, around: Surroundings) -> ReleasePlan:
    """The document of a promotion plan."""
    request = plan.request
    names = [change.service for change in plan.changes]
    return ReleasePlan(
        project=project.name,
        source=request.source,
        target=request.target,
        lane=request.kind.value,
        at=around.now,
        plan=plan.digest,
        base=plan.base,
        release=plan.release,
        pull=plan.pull,
        services=tuple(map(_service, plan.changes)),
        gates=plan.gates,
        clears_at=plan.clears_at,
        order=tuple(_steps(project, plan, around.required)) if plan.changes else (),
        rollback=_rollback(plan, around.present),
        people=_people(stage, around),
        windows=tuple(_window(stage, around.now)),
        freezes=tuple(_freezes(around.policy.freezes, request.target, names, around.now)),
        notes=plan.notes,
    )


def _service(change: ServiceChange) -> PlannedService:
    old, new = change.old, change.new
    known = old and old.commit and new.commit and old.commit != new.commit
    return PlannedService(
        service=change.service,
        old_digest=old.image.digest.text if old else None,
        old_tag=old.tag if old else None,
        new_digest=new.image.digest.text,
        new_tag=new.tag,
        commits=f"{old.commit}..{new.commit}" if known and old else None,
        image=str(new.image),
    )


def _steps(project: Project, plan: PromotionPlan, required: int) -> Iterator[Step]:
    """Through the pipeline: what must be so upstream, the way into the target, and what waits behind it."""
    request, target = plan.request, plan.request.target
    todo: list[tuple[str, str, str | None]] = []
    stage = project.stage(target)
    for upstream in stage.upstream if stage else ():
        todo.append((upstream, "runs the same images and has proved them healthy", f"liftlock history --env {upstream}"))
    number = str(plan.pull) if plan.pull else "PULL"
    opened = f"adopt pull request #{plan.pull}, which is open for exactly this" if plan.pull else "open the pull request"
    todo.append((target, opened, shlex.join(["liftlock", "promote", "open", *_words(plan)])))
    if required:
        people = "person approves" if required == 1 else "people approve"
        todo.append((target, f"{required} {people} the pull request's head commit", f"liftlock promote approve {number}"))
    todo.append((target, "merge: every gate is asked again", f"liftlock promote merge {number}"))
    todo.append((target, "deploy, and prove it healthy", f"liftlock env up {target}"))
    for behind in project.pipeline:
        if target in behind.upstream:
            todo.append((behind.environment, f"can follow, by a plan of its own, once {target} has proved it",
                         f"liftlock release-plan --from {target} --to {behind.environment}"))  # fmt: skip
    if request.hotfix is not None:
        todo = [item for item in todo if not item[1].startswith("runs the same images")]
    yield from (Step(at, *item) for at, item in enumerate(todo, start=1))


def _words(plan: PromotionPlan) -> list[str]:
    request = plan.request
    words = ["--from", request.source, "--to", request.target]
    words += [word for name in request.services or () for word in ("--service", name)]
    words += ["--all"] if request.train else []
    return [*words, "--plan-digest", plan.digest]


def _rollback(plan: PromotionPlan, present: Mapping[str, str]) -> Rollback:
    command = ["liftlock", "rollback", plan.request.target, "--to", plan.rollback, "--reason", "TEXT"] if plan.rollback else None
    return Rollback(plan.rollback, present if plan.rollback else {}, shlex.join(command) if command else None)


def _people(stage: Stage, around: Surroundings) -> PlannedPeople:
    reasons: dict[str, list[str]] = {}
    for exclusion in around.excluded:
        reasons.setdefault(str(exclusion.person), []).append(exclusion.reason)
    may_not = tuple(MayNot(person, ", ".join(dict.fromkeys(why))) for person, why in reasons.items())
    return PlannedPeople(around.requester, around.required, stage.gates.approvers, may_not)


def _window(stage: Stage, now: datetime) -> Iterator[PlannedWindow]:
    for window in stage.gates.windows:
        here = is_open(window, now)
        yield PlannedWindow(window_text(window), here, None if here else next_opening(window, now))


def _freezes(freezes: Sequence[Freeze], target: str, services: Sequence[str], now: datetime) -> Iterator[PlannedFreeze]:
    """Those that are not over, of the target and one of the services."""
    for freeze in sorted(freezes, key=lambda item: item.start):
        here = not freeze.environments or target in freeze.environments
        if now < freeze.until and here and (not freeze.services or not set(freeze.services).isdisjoint(services)):
            start, until = (moment_text(moment, freeze.zone) for moment in (freeze.start, freeze.until))
            yield PlannedFreeze(freeze.id, start, until, freeze.start <= now, freeze.reason, freeze.owner)
