"""What happens to an open promotion: looked at, approved, merged, closed.

At the merge everything is decided again from what is there then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.gates.result import GateResult
from liftlock.core.gates.review import ApprovalRule, counting_approvers, why_not
from liftlock.core.ledger import Entry, Fact, Json, Record
from liftlock.core.people import People
from liftlock.core.ports import CommitFacts, Identity, PullRequest, PullState, Review
from liftlock.core.project import Project
from liftlock.core.promotion import promotable_stage
from liftlock.core.promotion_check import promotion_check
from liftlock.core.promotion_gates import approval_rule
from liftlock.core.promotion_messages import merge_message
from liftlock.core.promotion_types import PromotionPlan, PromotionRequest, ServiceChange
from liftlock.core.proposal_pull import BranchCondition
from liftlock.core.pull_request_body import Metadata, decode_metadata
from liftlock.core.trailers import read_trailers
from liftlock.services.promotion_view import Decision, PromotionParts, PromotionView
from liftlock.services.promotions import Promotions
from liftlock.services.waiting import Patience, wait_for, worth_waiting


class MergeOutcome(StrEnum):
    """What `promote merge` did."""

    MERGED = "merged"
    QUEUED = "queued"
    ALREADY_MERGED = "already-merged"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class PromotionStatus:
    """A promotion as it stands. stale: why it is not what would be opened now; blockers: the gates between it and the merge."""

    number: int
    title: str
    state: PullState
    url: str
    head: str
    commit: str
    author: Identity
    source: str
    target: str
    release: str | None = None
    plan: str | None = None
    changes: tuple[ServiceChange, ...] = ()
    gates: tuple[GateResult, ...] = ()
    reviews: tuple[Review, ...] = ()
    stale: str | None = None
    merge_commit: str | None = None

    @property
    def mergeable(self) -> bool:
        """Whether `promote merge` would merge it."""
        return self.state is PullState.OPEN and self.stale is None and all(gate.passed for gate in self.gates)

    @property
    def blockers(self) -> tuple[GateResult, ...]:
        """The gates between it and the merge."""
        return tuple(gate for gate in self.gates if not gate.passed)

    @property
    def waits_for(self) -> Sequence[GateResult]:
        """The gates that may still let it be merged."""
        return worth_waiting(self.gates) if self.state is PullState.OPEN and self.stale is None else ()


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that was recorded. excluded: why it does not count, None where it does."""

    number: int
    commit: str
    reviewer: Identity
    excluded: str | None
    gates: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What became of a merge. checkout: why the local checkout was not brought along, None where it was."""

    outcome: MergeOutcome
    number: int
    target: str
    release: str | None
    merge_commit: str | None
    blockers: tuple[GateResult, ...] = ()
    checkout: str | None = None

    @property
    def waits_for(self) -> Sequence[GateResult]:
        """The gates that may still let it be merged."""
        return worth_waiting(self.blockers)


class PromotionReviews:
    """Looks at, approves, merges and closes promotions."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self._view = PromotionView(project, parts)

    def open_promotions(self) -> tuple[PromotionStatus, ...]:
        """Every open promotion, without asking its gates."""
        pulls = self._parts.forge.list_pulls(state=PullState.OPEN)
        claims = ((pull, decode_metadata(pull.body)) for pull in pulls)
        return tuple(_status(pull, metadata) for pull, metadata in claims if metadata is not None)

    def status(self, number: int) -> PromotionStatus:
        """The promotion with its gates as they are now."""
        pull = self._parts.forge.pull(number)
        metadata = _metadata(pull)
        if pull.state is not PullState.OPEN:
            return _status(pull, metadata)
        decision = self._decide(pull, metadata)
        return _status(pull, metadata, decision.plan, decision.stale)

    def status_when_clear(self, number: int, patience: Patience) -> PromotionStatus:
        """The promotion once nothing is left to wait for, or as it stands when the time is over."""
        return wait_for(lambda: self.status(number), self._parts.clock, patience)

    def merge_when_clear(self, number: int, actor: Identity, patience: Patience) -> MergeReport:
        """Merges as soon as every gate passes; the last word where they did not in time."""
        return wait_for(lambda: self.merge(number, actor), self._parts.clock, patience)

    def publish_status(self, number: int) -> PromotionStatus:
        """The promotion as it stands, said on its head commit as the check that a forge can require. A closed one is only shown."""
        status = self.status(number)
        if status.state is PullState.OPEN:
            self._parts.forge.set_status(status.commit, promotion_check(status.gates, status.stale, status.url))
        return status

    def approve(self, number: int, reviewer: Identity, *, commit: str | None = None) -> Approval:
        """Records the approval of the head commit (or of `commit`, if that still is the head) and says whether it counts."""
        pull = self._parts.forge.pull(number)
        metadata = _metadata(pull)
        reviewed = self._parts.forge.review(number, reviewer=reviewer, approve=True, commit=commit or pull.commit)
        decision = self._decide(reviewed, metadata)
        excluded = why_not(reviewer, self._rule(decision), decision.observed.excluded.get(number, ()))
        return Approval(number, reviewed.commit, reviewer, excluded, decision.plan.gates)

    def merge(self, number: int, actor: Identity) -> MergeReport:
        """Merges what was reviewed, if every gate passes now and nothing was changed since. Merging a merged one succeeds."""
        pull = self._parts.forge.pull(number)
        metadata = _metadata(pull)
        if pull.state is PullState.MERGED:
            return self._settle(pull, metadata, None)
        if pull.state is PullState.CLOSED:
            raise ConflictError(f"pull request #{number} was closed without merging", hint=_again(metadata))
        decision = self._decide(pull, metadata)
        plan = decision.plan
        if decision.stale is not None:
            raise ConflictError(f"pull request #{number} cannot be merged: {decision.stale}", hint=_again(metadata))
        if plan.merge_blockers:
            return MergeReport(MergeOutcome.BLOCKED, number, metadata.target, plan.release, None, plan.merge_blockers)
        merged = self._merge(decision, actor)
        if merged.state is PullState.OPEN:
            return MergeReport(MergeOutcome.QUEUED, number, metadata.target, plan.release, None)
        return self._settle(merged, metadata, actor)

    def close(self, number: int, actor: Identity, reason: str) -> PullRequest:
        """Closes the promotion without merging; its branch goes with it."""
        _metadata(self._parts.forge.pull(number))
        return self._parts.forge.close(number, reason=reason, by=actor)

    def _decide(self, pull: PullRequest, metadata: Metadata) -> Decision:
        return self._view.decide(pull, PromotionRequest.of(metadata))

    def _rule(self, decision: Decision) -> ApprovalRule:
        plan = decision.plan
        stage = promotable_stage(self._project, plan.request)
        return approval_rule(stage, plan.request, People(decision.observed.policy.people))

    def _merge(self, decision: Decision, actor: Identity) -> PullRequest:
        """Merges what was approved. Where other services changed beside it so that Git cannot put the two together, the branch is made
        anew from the base first: the same edits under the same plan, on which all gates have just passed."""
        found, plan, number = decision.found, decision.plan, decision.found.pull.number
        excluded = decision.observed.excluded.get(number, ())
        approvers = counting_approvers(self._rule(decision), found.pull.commit, found.pull.reviews, excluded)
        head = self._parts.repository.commit(found.pull.commit)
        requesters = read_trailers(head.message).get("Liftlock-Requested-by", ())
        message = merge_message(plan, number, plan.gates, approvers, requesters)
        try:
            return self._parts.forge.merge(number, message=message, by=actor, commit=found.pull.commit)
        except ConflictError:
            if found.condition is not BranchCondition.BEHIND or self._parts.repository.head(found.pull.head) != found.pull.commit:
                raise
        remade = Promotions(self._project, self._parts).remake(plan, number, actor, head.message)
        return self._parts.forge.merge(number, message=message, by=actor, commit=remade.commit)

    # --- after the merge -------------------------------------------------------------------------------------------------------------

    def _settle(self, pull: PullRequest, metadata: Metadata, actor: Identity | None) -> MergeReport:
        """Ledger and checkout for a merged promotion, from the merge commit itself: also for one whose merging run was interrupted."""
        self._parts.repository.fetch()
        commit = self._parts.repository.commit(pull.merge_commit or pull.commit)
        release = self._view.release(commit.commit, metadata.target)
        entries = self._entries(pull, metadata, commit, release.id)
        self._parts.ledger.append(entries, unless=lambda records: _is_recorded(pull.number, records))
        kept = self._parts.checkout.fast_forward(self._project.forge.base)
        outcome = MergeOutcome.MERGED if actor else MergeOutcome.ALREADY_MERGED
        return MergeReport(outcome, pull.number, metadata.target, release.id, commit.commit, (), kept)

    def _entries(self, pull: PullRequest, metadata: Metadata, merge: CommitFacts, release: str) -> Sequence[Entry]:
        trailers, now = read_trailers(merge.message), self._parts.clock.now()
        approvers = trailers.get("Approved-by", ())
        reviews = {str(review.reviewer): review for review in pull.reviews if review.approved}
        common: dict[str, Json] = {"pull": pull.number, "url": pull.url, "plan": trailers.get("Liftlock-Plan", (metadata.plan,))[0]}
        approved = [
            Entry(Fact.APPROVED, metadata.target, approver, review.at if review else now, release, common | {"commit": commit})
            for approver in approvers
            for review in (reviews.get(approver),)
            for commit in (review.commit if review else pull.commit,)
        ]
        details = common | self._promoted(metadata, merge) | {"gates": trailers.get("Liftlock-Gates", ("none on record",))[0]}
        details |= {"approvers": list(approvers), "merge_commit": merge.commit, **metadata.parameters}
        details |= {"kind": metadata.kind.value, "requested_by": list(trailers.get("Liftlock-Requested-by", ()))}
        return [*approved, Entry(Fact.PROMOTED, metadata.target, str(merge.committer), now, release, details)]

    def _promoted(self, metadata: Metadata, merge: CommitFacts) -> dict[str, Json]:
        """What the merge really changed, not what the body said."""
        before = self._view.release(merge.parents[0], metadata.target).services if merge.parents else {}
        after = self._view.release(merge.commit, metadata.target).services
        changed = {name: new for name, new in after.items() if before.get(name) != new}
        return {
            "source": metadata.source,
            "services": {name: str(new.image) for name, new in changed.items()},
            "tags": {name: new.tag for name, new in changed.items() if new.tag},
            "commits": {name: new.commit for name, new in changed.items() if new.commit},
        }


def _is_recorded(number: int, records: Sequence[Record]) -> bool:
    return any(record.entry.fact is Fact.PROMOTED and record.entry.details.get("pull") == number for record in reversed(records))


def _metadata(pull: PullRequest) -> Metadata:
    metadata = decode_metadata(pull.body)
    if metadata is None:
        raise UsageError(
            f"pull request #{pull.number} is not a promotion of liftlock, or its hidden block was changed",
            hint="run liftlock promote open again: it writes the block anew",
        )
    return metadata


def _again(metadata: Metadata) -> str:
    services = "".join(f" --service {name}" for name in metadata.services or ())
    return f"run: liftlock promote open --from {metadata.source} --to {metadata.target}{services}"


def _status(pull: PullRequest, metadata: Metadata, plan: PromotionPlan | None = None, stale: str | None = None) -> PromotionStatus:
    return PromotionStatus(
        number=pull.number,
        title=pull.title,
        state=pull.state,
        url=pull.url,
        head=pull.head,
        commit=pull.commit,
        author=pull.author,
        source=metadata.source,
        target=metadata.target,
        release=plan.release if plan else None,
        plan=plan.digest if plan else metadata.plan,
        changes=plan.changes if plan else (),
        gates=plan.gates if plan else (),
        reviews=pull.reviews,
        stale=stale,
        merge_commit=pull.merge_commit,
    )
