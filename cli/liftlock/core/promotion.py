"""Promotion, decided: from what is in Git, the ledger, the registry and the forge to the actions that are missing. Pure.

The unit is a set of images. Of the source's releases the newest that passes all gates is promoted. Planning again after an applied plan
gives no action that writes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from liftlock.core.errors import UsageError
from liftlock.core.gates.result import earliest_clearing
from liftlock.core.project import Project, Stage
from liftlock.core.promotion_actions import adopt_or_update, close_superseded
from liftlock.core.promotion_gates import Situation, read_situation
from liftlock.core.promotion_option import (
    Option,
    asked_by,
    branch_of,
    candidates_for,
    digest_of,
    find_changes,
    only_unknown,
    option_of,
    weigh,
)
from liftlock.core.promotion_types import (
    ConsideredRelease,
    Observed,
    PlanOutcome,
    PromotionPlan,
    PromotionRequest,
)
from liftlock.core.proposal import Action, Open
from liftlock.core.proposal_pull import BranchCondition, ProposalPull

_SHOWN = 20


def plan_promotion(project: Project, request: PromotionRequest, observed: Observed) -> PromotionPlan:
    """What promoting out of source into target takes now. UsageError where the pipeline or the source does not allow the question."""
    stage = promotable_stage(project, request)
    check_services(project, request, observed)
    observed = _without_lifted(observed, request)
    situation = read_situation(project, stage, observed)
    request = _running_hotfix(request, observed)
    kept = _kept(situation, request)
    mine = next((option for option in kept if option.pull and asked_by(option.pull) == request), None)
    if mine is not None:
        newest = next(iter(candidates_for(situation, request)))
        notes = (f"{newest.release} waits: #{_number(mine)} could be merged now",) if newest.release != mine.candidate.release else ()
        return _plan(situation, request, mine, kept=kept, considered=(), notes=notes)
    covered = {c.service: _number(option) for option in kept for c in option.changes} if request.hotfix is None else {}
    return _choose(situation, request, kept, covered)


def plan_pull(project: Project, request: PromotionRequest, observed: Observed, found: ProposalPull) -> tuple[PromotionPlan, str | None]:
    """What merging exactly this pull request takes now, and why it is not what was reviewed (None where it is)."""
    stage = promotable_stage(project, request)
    situation = read_situation(project, stage, _without_lifted(observed, request))
    option, stale = option_of(situation, request, found)
    return _plan(situation, request, option, kept=(), considered=(), actions=()), stale


def _without_lifted(observed: Observed, request: PromotionRequest) -> Observed:
    """As if the holds of rollbacks that a roll-forward lifts were not there: they go with its own merge. It lifts no others."""
    target, lifts = request.target, request.lifts
    kept = tuple(hold for hold in observed.policy.holds if not (hold.id in lifts and hold.rollback and hold.environment == target))
    return replace(observed, policy=replace(observed.policy, holds=kept))


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


def check_services(project: Project, request: PromotionRequest, observed: Observed) -> None:
    """UsageError where the source has nothing to promote, or not one of the services that are asked for."""
    source = observed.releases[request.source]
    if not source.services:
        raise UsageError(f"{request.source} has no release to promote: releases/{request.source}.yaml lists no service",
                         hint=f"run: {_brings_a_release_to(project, request.source)}")  # fmt: skip
    for name in request.services or ():
        if name not in source.services:
            raise UsageError(f"{request.source} releases no service {name!r}", hint=f"it has: {', '.join(sorted(source.services))}")


def _brings_a_release_to(project: Project, environment: str) -> str:
    """The command that gives an environment of the pipeline its first release."""
    stage = project.stage(environment)
    first = stage is None or not stage.upstream
    return f"liftlock image record --env {environment} SERVICE=TAG" if first else f"liftlock promote open --to {environment}"


# --- which release -----------------------------------------------------------------------------------------------------------------------


def _choose(situation: Situation, request: PromotionRequest, kept: Sequence[Option], covered: dict[str, int]) -> PromotionPlan:
    """The newest release that passes all gates before the pull request; where none does, the newest with what is in its way."""
    options: list[Option] = []
    chosen: Option | None = None
    notes: list[str] = []
    for candidate in candidates_for(situation, request):
        changes, left_out = find_changes(situation, request, candidate, covered)
        notes = notes or left_out
        if not changes:
            break
        options.append(weigh(situation, request, candidate, changes))
        blockers = options[-1].blockers
        if not blockers or only_unknown(blockers):
            chosen = options[-1]
            break
    if not options:
        empty = Option(
            next(iter(candidates_for(situation, request))), (), (), branch_of(request, ()), digest_of(situation, request, ()), None
        )
        return _plan(situation, request, empty, kept=kept, considered=(), notes=notes)
    answer = chosen or options[0]
    considered = tuple(
        ConsideredRelease(o.candidate.release, o.candidate.record, o is chosen, o.blockers, earliest_clearing(o.blockers))
        for o in options[:_SHOWN]
    )
    return _plan(situation, request, answer, kept=kept, considered=considered, notes=notes)


# --- open pull requests ------------------------------------------------------------------------------------------------------------------


def _running_hotfix(request: PromotionRequest, observed: Observed) -> PromotionRequest:
    """The hotfix that is open for the same reason and has not expired: asking for it once more is no new one."""
    if request.hotfix is None:
        return request
    for found in observed.pulls:
        asked = asked_by(found)
        if asked is None or asked.hotfix is None or found.condition is BranchCondition.EDITED:
            continue
        same = replace(asked, hotfix=request.hotfix) == request and asked.hotfix.reason == " ".join(request.hotfix.reason.split())
        if same and asked.hotfix.expires > observed.now:
            return asked
    return request


def _kept(situation: Situation, request: PromotionRequest) -> tuple[Option, ...]:
    """The open pull requests of the same lane that could be merged now: nothing newer takes their approvals away."""
    kept = []
    for found in sorted(situation.observed.pulls, key=lambda found: found.pull.number):
        asked = asked_by(found)
        if asked is None or asked.source != request.source or found.kind is not request.kind or not _may_be_ready(situation, asked, found):
            continue
        option, stale = option_of(situation, asked, found)
        if stale is None and option.is_ready:
            kept.append(option)
    return tuple(kept)


def _may_be_ready(situation: Situation, asked: PromotionRequest, found: ProposalPull) -> bool:
    """Cheaply: without an approval of its head there is no need to look at its gates."""
    needed = situation.stage.gates.approvals or asked.hotfix or asked.lifts
    return not needed or any(review.approved and review.commit == found.pull.commit for review in found.pull.reviews)


# --- the plan ----------------------------------------------------------------------------------------------------------------------------


def _plan(
    situation: Situation,
    request: PromotionRequest,
    option: Option,
    *,
    kept: Collection[Option],
    considered: tuple[ConsideredRelease, ...],
    notes: Sequence[str] = (),
    actions: tuple[Action, ...] | None = None,
) -> PromotionPlan:
    observed, target = situation.observed, situation.observed.releases[request.target]
    blocked = bool(option.blockers)
    if actions is None:
        actions = () if blocked else _actions(situation, request, option, kept)
    outcome = PlanOutcome.BLOCKED if blocked else PlanOutcome.CHANGES if option.changes else PlanOutcome.NOTHING
    return PromotionPlan(
        request=request,
        outcome=outcome,
        base=observed.base,
        source_release=option.candidate.release,
        release=target.with_images({change.service: change.new for change in option.changes}).id,
        rollback=target.id if target.services else None,
        changes=option.changes,
        gates=option.gates,
        actions=actions,
        branch=option.branch,
        digest=option.digest,
        pull=_number(option) if option.pull else None,
        considered=considered,
        notes=tuple(notes),
        unasked=_unasked(observed, situation.stage, option),
    )


def _unasked(observed: Observed, stage: Stage, option: Option) -> tuple[str, ...]:
    """The images that the registry should be asked for before this can be decided: none while another gate is in the way."""
    if not only_unknown(option.blockers):
        return ()
    images = (str(change.new.image) for change in option.changes)
    return tuple(image for image in images if not observed.is_asked(image, stage))


def _actions(situation: Situation, request: PromotionRequest, option: Option, kept: Collection[Option]) -> tuple[Action, ...]:
    actions: list[Action] = []
    if option.changes:
        mine = option.pull
        actions.append(adopt_or_update(mine, option.branch, option.digest, option.changes) if mine else Open(option.branch))
    return (*actions, *close_superseded(situation.observed, request, option.changes, option.pull, [o.pull for o in kept if o.pull]))


def _number(option: Option) -> int:
    return option.pull.pull.number if option.pull else 0
