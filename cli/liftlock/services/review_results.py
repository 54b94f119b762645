"""What commands on open pull requests answer with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftlock.core.gates.result import GateResult
from liftlock.core.ports import Identity, PullRequest, PullState, Review
from liftlock.core.promotion_types import ServiceChange
from liftlock.core.proposal import PolicyEdit, ProposalKind
from liftlock.core.pull_request_body import Metadata
from liftlock.services.waiting import worth_waiting


class MergeOutcome(StrEnum):
    """What `promote merge` did."""

    MERGED = "merged"
    QUEUED = "queued"
    ALREADY_MERGED = "already-merged"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class PromotionStatus:
    """A proposal as it stands. stale: why it is not what would be opened now; gates: what is between it and the merge.

    source: "" for what comes from nowhere; rules: the changes of policy in it.
    """

    number: int
    title: str
    state: PullState
    url: str
    head: str
    commit: str
    author: Identity
    source: str
    target: str
    kind: ProposalKind = ProposalKind.PROMOTE
    release: str | None = None
    plan: str | None = None
    changes: tuple[ServiceChange, ...] = ()
    rules: tuple[PolicyEdit, ...] = ()
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
    kind: ProposalKind = ProposalKind.PROMOTE

    @property
    def waits_for(self) -> Sequence[GateResult]:
        """The gates that may still let it be merged."""
        return worth_waiting(self.blockers)


def claimed_status(pull: PullRequest, metadata: Metadata) -> PromotionStatus:
    """What is known of a pull request without deciding anything about it."""
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
        kind=metadata.kind,
        plan=metadata.plan,
        reviews=pull.reviews,
        merge_commit=pull.merge_commit,
    )


def who_approved(pull: PullRequest, expected: Identity) -> Identity:
    """Whose approval was just recorded: a forge with accounts takes the token's, whoever was expected."""
    approving = [review.reviewer for review in sorted(pull.reviews, key=lambda review: review.at) if review.approved]
    known = next((person for person in approving if not person.keys.isdisjoint(expected.keys)), None)
    return known or (approving[-1] if approving else expected)
