"""What happens to an open measure: looked at, approved, merged. As for promotions, everything is decided again at the merge."""

from __future__ import annotations

from dataclasses import replace

from liftlock.core.errors import ConflictError
from liftlock.core.gates.review import why_not
from liftlock.core.measure import merge_message
from liftlock.core.ports import Identity, PullRequest, PullState
from liftlock.core.project import Project
from liftlock.core.promotion_types import ServiceChange
from liftlock.core.proposal import AddRule, RemoveRule
from liftlock.core.pull_request_body import Metadata
from liftlock.services.measure_view import MeasureView
from liftlock.services.promotion_view import PromotionParts
from liftlock.services.review_results import Approval, MergeOutcome, MergeReport, PromotionStatus, claimed_status
from liftlock.services.settlement import Settlement, decided_by


class MeasureReviews:
    """Looks at, approves and merges measures."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._parts = parts
        self._view = MeasureView(project, parts)
        self._settlement = Settlement(project, parts)

    def status(self, pull: PullRequest, metadata: Metadata) -> PromotionStatus:
        """The open measure with its gates as they are now."""
        decision = self._view.decide(pull)
        present = self._view.promotions.release(self._view.base(), decision.measure.target).services if decision.measure.release else {}
        changes = tuple(ServiceChange(name, present.get(name), new) for name, new in sorted(decision.found.changes.items()))
        return replace(
            claimed_status(pull, metadata),
            release=decision.measure.release,
            plan=decision.measure.digest,
            changes=changes,
            rules=tuple(edit for edit in decision.found.edits if isinstance(edit, AddRule | RemoveRule)),
            gates=decision.gates,
            stale=decision.stale,
        )

    def approved(self, pull: PullRequest, reviewer: Identity) -> Approval:
        """Whether the approval that was just given counts."""
        decision = self._view.decide(pull)
        return Approval(pull.number, pull.commit, reviewer, why_not(reviewer, decision.rule, decision.excluded), decision.gates)

    def merge(self, pull: PullRequest, metadata: Metadata, actor: Identity) -> MergeReport:
        """Merges exactly what was proposed, if every gate passes now."""
        decision = self._view.decide(pull)
        measure, number = decision.measure, pull.number
        if decision.stale is not None:
            hint = "ask for it again with the command that opened it; the branch is made anew then"
            raise ConflictError(f"pull request #{number} cannot be merged: {decision.stale}", hint=hint)
        blockers = tuple(gate for gate in decision.gates if not gate.passed)
        if blockers:
            return MergeReport(MergeOutcome.BLOCKED, number, measure.target, measure.release, None, blockers, kind=measure.kind)
        head = self._parts.repository.commit(pull.commit)
        decided = decided_by(decision.found.pull, head, decision.rule, decision.excluded, decision.gates)
        message = merge_message(measure, number, decision.gates, decided.approvers, decided.requesters)
        merged = self._parts.forge.merge(number, message=message, by=actor, commit=decision.found.pull.commit)
        if merged.state is PullState.OPEN:
            return MergeReport(MergeOutcome.QUEUED, number, measure.target, measure.release, None, kind=measure.kind)
        return self._settlement.settle(merged, metadata, decided)
