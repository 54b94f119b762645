"""Opening promotions: plan, then carry out exactly the plan.

Whatever another process did in between leads to a new plan, not to a second pull request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.gates.result import GateResult
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.ports import Identity, PullRequest
from liftlock.core.project import Project
from liftlock.core.promotion_messages import commit_message, named
from liftlock.core.promotion_types import Hotfix, PromotionPlan, PromotionRequest
from liftlock.core.proposal import Open, Update
from liftlock.services.promotion_view import PromotionParts, PromotionView
from liftlock.services.proposals import OpenOutcome, Proposal, Proposals, until_settled
from liftlock.services.waiting import Patience, wait_for, worth_waiting

__all__ = ["OpenOutcome", "OpenReport", "Promotions"]


@dataclass(frozen=True, slots=True)
class OpenReport:
    """What was done about the plan. closed: the pull requests that it superseded; notes: what a person should know."""

    outcome: OpenOutcome
    plan: PromotionPlan
    pull: PullRequest | None = None
    closed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def waits_for(self) -> Sequence[GateResult]:
        """What keeps the newest release out that can still pass."""
        if self.outcome is not OpenOutcome.BLOCKED:
            return ()
        considered = [one.blockers for one in self.plan.considered] or [self.plan.blockers]
        return next((gates for gates in map(worth_waiting, considered) if gates), ())


class Promotions:
    """Plans promotions and opens their pull requests."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self._view = PromotionView(project, parts)
        self._proposals = Proposals(parts.repository, parts.forge, parts.ledger, parts.clock, project.forge.base)

    def requests(
        self,
        source: str | None,
        targets: Sequence[str],
        services: Sequence[str],
        *,
        train: bool = False,
        hotfix: Hotfix | None = None,
        rollforward: bool = False,
    ) -> tuple[PromotionRequest, ...]:
        """One promotion for each target; without targets, for every environment that gets its releases from the source."""
        if not targets and source is None:
            raise UsageError("promote where to?", hint="say --to ENV, or --from ENV for everything behind it")
        behind = [stage.environment for stage in self._project.pipeline if source in stage.upstream]
        if not targets and not behind:
            raise UsageError(f"no environment gets its releases from {source}", hint="liftlock.yaml says with `from` who does")
        wanted = tuple(dict.fromkeys(targets)) or tuple(behind)
        found = tuple(self.request(source, target, services, train=train, hotfix=hotfix) for target in wanted)
        return tuple(self.rollforward(request) for request in found) if rollforward else found

    def request(
        self, source: str | None, target: str, services: Sequence[str], *, train: bool = False, hotfix: Hotfix | None = None
    ) -> PromotionRequest:
        """The promotion that a person means: the only upstream environment is the source where none is named."""
        stage = self._project.stage(target)
        upstream = stage.upstream if stage else ()
        if source is None and len(upstream) > 1:
            raise UsageError(f"releases come to {target} from {' and '.join(upstream)}", hint=f"say which: --from {upstream[0]}")
        if train and services:
            raise UsageError("--all is everything that the source has: it goes with no --service", hint="leave one of the two out")
        named = tuple(sorted(set(services))) or None
        return PromotionRequest(source or (upstream[0] if upstream else target), target, named, train, hotfix)

    def rollforward(self, request: PromotionRequest) -> PromotionRequest:
        """The same, lifting the holds that rollbacks left on it; UsageError where there is none."""
        policy = self._view.policy(self._parts.repository.head(self._project.forge.base))
        about = [hold for hold in policy.holds if hold.rollback and hold.environment == request.target]
        lifts = tuple(hold.id for hold in about if request.services is None or hold.service in (None, *request.services))
        if not lifts:
            hint = f"promote as always: liftlock promote open --to {request.target}"
            raise UsageError(f"no rollback holds {request.target}: there is nothing to roll forward from", hint=hint)
        return replace(request, lifts=lifts)

    def hotfix(self, reason: str, lasts: timedelta, requester: Identity) -> Hotfix:
        """The hotfix lane for so long from now."""
        return Hotfix(" ".join(reason.split()), self._parts.clock.now() + lasts, named(requester))

    def open_when_clear(
        self, request: PromotionRequest, actor: Identity, patience: Patience, *, requesters: Sequence[Identity] = ()
    ) -> OpenReport:
        """Opens the promotion as soon as its gates let it; the last word where they did not in time."""
        return wait_for(lambda: self.open(request, actor, requesters=requesters), self._parts.clock, patience)

    def plan(self, request: PromotionRequest, *, explain: bool = False) -> PromotionPlan:
        """What promoting would take now; nothing is changed. explain: ask everything, also what does not decide."""
        return self._view.plan(request, explain=explain)

    def open(
        self, request: PromotionRequest, actor: Identity, *, reviewed: str | None = None, requesters: Sequence[Identity] = ()
    ) -> OpenReport:
        """One open pull request for the promotion, whoever else asks for the same at the same time.

        reviewed: the digest of the plan that was looked at; ConflictError where the plan is another one by now. requesters: who made
        CI do this, where CI acts.
        """

        def attempt() -> OpenReport | PromotionPlan:
            plan = self._view.plan(request)
            return plan if reviewed not in (None, plan.digest) else self.apply(plan, actor, requesters)

        done = until_settled(attempt)
        if isinstance(done, PromotionPlan):
            raise ConflictError(f"the plan is {done.digest} by now, not {reviewed}", hint="look at it again: liftlock promote plan")
        return done

    def apply(self, plan: PromotionPlan, actor: Identity, requesters: Sequence[Identity] = ()) -> OpenReport:
        """Carries out the plan's actions; ConflictError where the world is not what was planned from."""
        if plan.blockers:
            return OpenReport(OpenOutcome.BLOCKED, plan)
        writes = any(isinstance(action, Open | Update) for action in plan.actions)
        done = self._proposals.carry_out(self._proposal(plan, actor, requesters) if writes else None, plan.actions, actor)
        if done.outcome is OpenOutcome.ADOPTED and done.pull is not None:
            self._proposals.remember(done.pull, lambda pull: self._opened(plan, pull, pull.author))
        return OpenReport(done.outcome, plan, done.pull, done.closed, (*plan.notes, *done.notes))

    def remake(self, plan: PromotionPlan, number: int, actor: Identity, message: str) -> str:
        """The commit of the pull request's branch made anew from the plan's base, under the same message; all else about it stays."""
        branch = self._parts.forge.pull(number).head
        proposal = replace(self._proposal(plan, actor), branch=branch, message=message)
        return self._proposals.remake(proposal, actor)

    def _proposal(self, plan: PromotionPlan, actor: Identity, requesters: Sequence[Identity] = ()) -> Proposal:
        return Proposal(
            branch=plan.branch,
            base=plan.base,
            edits=plan.request.edits(plan.new_images),
            metadata=plan.metadata,
            message=commit_message(plan, actor, requesters),
            text=self._parts.describe(plan, self._view.surroundings(plan)),
            opened=lambda pull: self._opened(plan, pull, actor),
        )

    def _opened(self, plan: PromotionPlan, pull: PullRequest, actor: Identity) -> Entry:
        details: dict[str, Json] = {
            "pull": pull.number,
            "url": pull.url,
            "source": plan.request.source,
            "plan": plan.digest,
            "kind": plan.request.kind.value,
            "services": {change.service: str(change.new.image) for change in plan.changes},
            **plan.request.parameters,
        }
        return Entry(Fact.PROMOTION_OPENED, plan.request.target, str(actor), self._parts.clock.now(), plan.release, details)
