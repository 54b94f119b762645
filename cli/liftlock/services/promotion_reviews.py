"""What happens to an open promotion: looked at, approved, merged, closed.

At the merge everything is decided again from what is there then.
"""

from __future__ import annotations

from dataclasses import replace

from liftlock.core.errors import ConflictError, LiftlockError, UsageError
from liftlock.core.gates.review import ApprovalRule, why_not
from liftlock.core.people import People
from liftlock.core.ports import Identity, PullRequest, PullState
from liftlock.core.project import Project
from liftlock.core.promotion import promotable_stage
from liftlock.core.promotion_gates import approval_rule
from liftlock.core.promotion_messages import merge_message
from liftlock.core.promotion_types import PromotionPlan, PromotionRequest
from liftlock.core.proposal import read_branch
from liftlock.core.proposal_pull import BranchCondition
from liftlock.core.pull_request_body import Metadata, decode_metadata
from liftlock.services.measure_reviews import MeasureReviews
from liftlock.services.measure_view import is_measure
from liftlock.services.promotion_view import Decision, PromotionParts, PromotionView
from liftlock.services.promotions import Promotions
from liftlock.services.review_results import Approval, MergeOutcome, MergeReport, PromotionStatus, claimed_status, who_approved
from liftlock.services.settlement import Decided, Settlement, decided_by
from liftlock.services.waiting import Patience, wait_for


class PromotionReviews:
    """Looks at, approves, merges and closes promotions."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self._view = PromotionView(project, parts)
        self._measures = MeasureReviews(project, parts)
        self._settlement = Settlement(project, parts)

    def open_promotions(self) -> tuple[PromotionStatus, ...]:
        """Every open proposal, without asking its gates. What somebody else merged is put on record on the way."""
        pulls = self._parts.forge.list_pulls(state=PullState.OPEN)
        self._settlement.settle_others(pulls)
        claims = ((pull, decode_metadata(pull.body)) for pull in pulls if pull.base == self._project.forge.base)
        return tuple(claimed_status(pull, metadata) for pull, metadata in claims if metadata is not None)

    def status(self, number: int) -> PromotionStatus:
        """The promotion with its gates as they are now."""
        pull = self._parts.forge.pull(number)
        metadata = self._metadata(pull)
        if pull.state is not PullState.OPEN:
            return replace(claimed_status(pull, metadata), stale=self._unsettled(pull, metadata))
        if is_measure(pull):
            return self._measures.status(pull, metadata)
        decision = self._decide(pull, metadata)
        return _status(pull, metadata, decision.plan, decision.stale)

    def status_when_clear(self, number: int, patience: Patience) -> PromotionStatus:
        """The promotion once nothing is left to wait for, or as it stands when the time is over."""
        return wait_for(lambda: self.status(number), self._parts.clock, patience)

    def merge_when_clear(self, number: int, actor: Identity, patience: Patience) -> MergeReport:
        """Merges as soon as every gate passes; the last word where they did not in time."""
        return wait_for(lambda: self.merge(number, actor), self._parts.clock, patience)

    def approve(self, number: int, reviewer: Identity, *, commit: str | None = None) -> Approval:
        """Records the approval of the head commit (or of `commit`, if that still is the head) and says whether it counts."""
        pull = self._parts.forge.pull(number)
        metadata = self._metadata(pull)
        reviewed = self._parts.forge.review(number, reviewer=reviewer, approve=True, commit=commit or pull.commit)
        reviewer = who_approved(reviewed, reviewer)
        if is_measure(reviewed):
            return self._measures.approved(reviewed, reviewer)
        decision = self._decide(reviewed, metadata)
        excluded = why_not(reviewer, self._rule(decision), decision.observed.excluded.get(number, ()))
        return Approval(number, reviewed.commit, reviewer, excluded, decision.plan.gates)

    def merge(self, number: int, actor: Identity) -> MergeReport:
        """Merges what was reviewed, if every gate passes now and nothing was changed since. Merging a merged one succeeds."""
        pull = self._parts.forge.pull(number)
        metadata = self._metadata(pull)
        if pull.state is PullState.MERGED:
            return self._settlement.settle(pull, metadata)
        if pull.state is PullState.CLOSED:
            raise ConflictError(f"pull request #{number} was closed without merging", hint=_again(metadata))
        if is_measure(pull):
            return self._measures.merge(pull, metadata, actor)
        decision = self._decide(pull, metadata)
        plan = decision.plan
        if decision.stale is not None:
            raise ConflictError(f"pull request #{number} cannot be merged: {decision.stale}", hint=_again(metadata))
        if plan.merge_blockers:
            return MergeReport(MergeOutcome.BLOCKED, number, metadata.target, plan.release, None, plan.merge_blockers)
        reviewed = decision.found.pull
        head, excluded = self._parts.repository.commit(reviewed.commit), decision.observed.excluded.get(number, ())
        decided = decided_by(reviewed, head, self._rule(decision), excluded, plan.gates)
        merged = self._merge(decision, decided, actor)
        if merged.state is PullState.OPEN:
            return MergeReport(MergeOutcome.QUEUED, number, metadata.target, plan.release, None)
        return self._settlement.settle(merged, metadata, decided)

    def close(self, number: int, actor: Identity, reason: str) -> PullRequest:
        """Closes the promotion without merging; its branch goes with it."""
        self._metadata(self._parts.forge.pull(number))
        return self._parts.forge.close(number, reason=reason, by=actor)

    def _metadata(self, pull: PullRequest) -> Metadata:
        """What was asked for, from its commit, or else from its body."""
        metadata = self._view.proposals.claim(pull)
        if metadata is None:
            self._parts.repository.fetch()
            metadata = self._view.proposals.claim(pull)
        if metadata is None or read_branch(pull.head) is None:
            raise UsageError(
                f"pull request #{pull.number} is not a promotion of liftlock, or its hidden block was changed",
                hint="run liftlock promote open again: it writes the block anew",
            )
        if pull.base != self._project.forge.base:
            raise ConflictError(
                f"pull request #{pull.number} goes into {pull.base}, not into {self._project.forge.base}",
                hint="set its base on the forge, or close it and propose it again",
            )
        return metadata

    def _unsettled(self, pull: PullRequest, metadata: Metadata) -> str | None:
        """Sees that a merge by somebody else is on record. Who may not write still gets an answer, with the reason."""
        try:
            if pull.state is PullState.MERGED:
                self._settlement.settle(pull, metadata)
        except LiftlockError as err:
            return f"its merge could not be put on record: {err.message}"
        return None

    def _decide(self, pull: PullRequest, metadata: Metadata) -> Decision:
        return self._view.decide(pull, PromotionRequest.of(metadata))

    def _rule(self, decision: Decision) -> ApprovalRule:
        plan = decision.plan
        stage = promotable_stage(self._project, plan.request)
        return approval_rule(stage, plan.request, People(decision.observed.policy.people))

    def _merge(self, decision: Decision, decided: Decided, actor: Identity) -> PullRequest:
        """Merges what was approved. Where other services changed beside it so that Git cannot put the two together, the branch is made
        anew from the base first: the same edits under the same plan, on which all gates have just passed."""
        found, plan, number = decision.found, decision.plan, decision.found.pull.number
        head = self._parts.repository.commit(found.pull.commit)
        message = merge_message(plan, number, plan.gates, decided.approvers, decided.requesters)
        try:
            return self._parts.forge.merge(number, message=message, by=actor, commit=found.pull.commit)
        except ConflictError:
            if found.condition is not BranchCondition.BEHIND or self._parts.repository.head(found.pull.head) != found.pull.commit:
                raise
        remade = Promotions(self._project, self._parts).remake(plan, number, actor, head.message)
        return self._parts.forge.merge(number, message=message, by=actor, commit=remade)


def _again(metadata: Metadata) -> str:
    if not metadata.source:
        return "ask for it again with the command that opened it"
    services = "".join(f" --service {name}" for name in metadata.services or ())
    return f"run: liftlock promote open --from {metadata.source} --to {metadata.target}{services}"


def _status(pull: PullRequest, metadata: Metadata, plan: PromotionPlan, stale: str | None) -> PromotionStatus:
    decided = replace(claimed_status(pull, metadata), release=plan.release, plan=plan.digest, changes=plan.changes)
    return replace(decided, gates=plan.gates, stale=stale)
