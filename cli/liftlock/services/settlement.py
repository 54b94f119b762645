"""What follows a merge, whoever made it: the ledger has it once, with what was really merged, and the checkout is brought along.

Trailers of the merge commit say what was decided; where a forge kept none (a merge by its web page, the rebase method), what this run
knows and the forge's own reviews do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from liftlock.core.errors import ConflictError, LiftlockError, UsageError
from liftlock.core.gates.result import GateResult
from liftlock.core.gates.review import ApprovalRule, Exclusion, counting_approvers
from liftlock.core.ledger import Entry, Fact, Json, Record
from liftlock.core.policy_change import change_environments
from liftlock.core.ports import CommitFacts, PullRequest, PullState
from liftlock.core.project import Project
from liftlock.core.proposal import AddRule, Edit, ProposalKind, RemoveRule, edit_values, find_edits, writable_paths
from liftlock.core.pull_request_body import Metadata
from liftlock.core.trailers import Trailers, read_metadata, read_trailers
from liftlock.services.promotion_view import PromotionParts, PromotionView
from liftlock.services.review_results import MergeOutcome, MergeReport

_ASKED = 10
_OPENED = frozenset({Fact.PROMOTION_OPENED, Fact.POLICY_PROPOSED})
_MERGED = frozenset({Fact.PROMOTED, Fact.POLICY_CHANGED})


@dataclass(frozen=True, slots=True)
class Decided:
    """What the run that merges has decided: who approved, which gates passed, who asked for it. For forges that keep no trailers."""

    approvers: tuple[str, ...] = ()
    gates: str = ""
    requesters: tuple[str, ...] = ()


def decided_by(
    pull: PullRequest, head: CommitFacts, rule: ApprovalRule, excluded: Sequence[Exclusion], gates: Sequence[GateResult]
) -> Decided:
    """What is decided about merging the pull request at its head."""
    approvers = counting_approvers(rule, pull.commit, pull.reviews, excluded)
    passed = ", ".join(f"{gate.key}={gate.phase.value}" for gate in gates)
    return Decided(tuple(map(str, approvers)), passed, read_trailers(head.message).get("Liftlock-Requested-by", ()))


class Settlement:
    """Writes down what was merged."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project, self._parts = project, parts
        self._view = PromotionView(project, parts)

    def settle(self, pull: PullRequest, metadata: Metadata, decided: Decided | None = None) -> MergeReport:
        """Ledger and checkout for a merged pull request. Again, or by two at once, nothing more is written."""
        self._parts.repository.fetch()
        merge = self._parts.repository.commit(pull.merge_commit or pull.commit)
        metadata = self._complete(pull, metadata, merge)
        policy = metadata.kind is ProposalKind.POLICY
        release = None if policy else self._view.release(merge.commit, metadata.target).id
        trailers = self._trailers(pull, merge, decided)
        entries = self._policy(pull, metadata, merge, trailers) if policy else self._release(pull, metadata, merge, trailers, release)
        self._parts.ledger.append(entries, unless=lambda records: is_recorded(pull.number, records))
        kept = self._parts.checkout.fast_forward(self._project.forge.base)
        outcome = MergeOutcome.MERGED if decided else MergeOutcome.ALREADY_MERGED
        return MergeReport(outcome, pull.number, metadata.target, release, merge.commit, (), kept, metadata.kind)

    def settle_others(self, open_pulls: Sequence[PullRequest]) -> tuple[MergeReport, ...]:
        """The latest pull requests that were opened but are neither open nor on record as merged: those that were merged are settled."""
        records = self._parts.ledger.records()
        merged = {_pull(record) for record in records if record.entry.fact in _MERGED}
        known = {*merged, *(pull.number for pull in open_pulls)}
        opened = dict.fromkeys(_pull(record) for record in records if record.entry.fact in _OPENED)
        waiting = [number for number in opened if number is not None and number not in known][-_ASKED:]
        return tuple(report for number in waiting if (report := self._settle_merged(number)) is not None)

    def _settle_merged(self, number: int) -> MergeReport | None:
        try:
            pull = self._parts.forge.pull(number)
            if pull.state is not PullState.MERGED or pull.base != self._project.forge.base:
                return None
            self._parts.repository.fetch()
            merge = self._parts.repository.commit(pull.merge_commit or pull.commit)
            metadata = read_metadata(merge.message, {}) or self._view.proposals.claim(pull)
            return self.settle(pull, metadata) if metadata is not None else None
        except LiftlockError:
            return None  # a number of another forge, or somebody who may not write: the next who may does it

    def _complete(self, pull: PullRequest, metadata: Metadata, merge: CommitFacts) -> Metadata:
        """What Git says of what was asked for goes before what a body says, which anybody can edit after the merge."""
        said = read_metadata(merge.message, metadata.changes) or self._view.proposals.committed(pull)
        return replace(said, changes=metadata.changes) if said is not None else metadata

    def _trailers(self, pull: PullRequest, merge: CommitFacts, decided: Decided | None) -> Trailers:
        """What is on record of the decision: what this run decided, or what the merge commit says as far as the forge bears it out.

        A forge may have taken the branch's own message, which whoever pushed it wrote.
        """
        found = dict(read_trailers(merge.message))
        if decided is not None:
            ours = {"Approved-by": decided.approvers, "Liftlock-Gates": (decided.gates,), "Liftlock-Requested-by": decided.requesters}
            return found | ours
        if "Liftlock-Gates" in self._branch_trailers(pull):
            found.pop("Liftlock-Gates", None)
        reviewers = {str(review.reviewer): review.commit for review in pull.reviews if review.approved}
        claimed = tuple(name for name in found.get("Approved-by", ()) if name in reviewers)
        found["Approved-by"] = claimed or tuple(name for name, commit in reviewers.items() if commit == pull.commit)
        found.setdefault("Liftlock-Gates", ("none on record",))
        found.setdefault("Liftlock-Requested-by", ())
        return found

    def _branch_trailers(self, pull: PullRequest) -> Trailers:
        try:
            return read_trailers(self._parts.repository.commit(pull.commit).message)
        except UsageError:  # the branch is gone, and nobody fetched it
            return {}

    def _common(self, pull: PullRequest, metadata: Metadata, merge: CommitFacts, trailers: Trailers) -> dict[str, Json]:
        return {
            "pull": pull.number,
            "url": pull.url,
            "plan": trailers.get("Liftlock-Plan", (metadata.plan,))[0],
            "kind": metadata.kind.value,
            "gates": trailers["Liftlock-Gates"][0],
            "approvers": list(trailers["Approved-by"]),
            "requested_by": list(trailers["Liftlock-Requested-by"]),
            "merge_commit": merge.commit,
            **metadata.parameters,
        }

    def _release(
        self, pull: PullRequest, metadata: Metadata, merge: CommitFacts, trailers: Trailers, release: str | None
    ) -> Sequence[Entry]:
        common = self._common(pull, metadata, merge, trailers)
        promoted_now, rules = self._promoted(metadata, merge), self._rules(metadata, merge)
        if not promoted_now["services"] and not rules:
            raise _empty(pull, merge)
        details = common | promoted_now | {"rules": rules}
        promoted = Entry(Fact.PROMOTED, metadata.target, _merger(pull, merge), self._parts.clock.now(), release, details)
        return [*self._approved(pull, metadata.target, release, common), promoted]

    def _policy(self, pull: PullRequest, metadata: Metadata, merge: CommitFacts, trailers: Trailers) -> Sequence[Entry]:
        common = self._common(pull, metadata, merge, trailers)
        edits = self._edits(metadata, merge)
        places = change_environments([edit for edit in edits if isinstance(edit, AddRule | RemoveRule)])
        environment = places[0] if len(places) == 1 else ""
        rules: list[Json] = [edit_values(edit) for edit in edits]
        details = common | {"rules": rules, "environments": list(places)}
        changed = Entry(Fact.POLICY_CHANGED, environment, _merger(pull, merge), self._parts.clock.now(), None, details)
        return [*self._approved(pull, environment, None, common), changed]

    def _approved(self, pull: PullRequest, environment: str, release: str | None, common: dict[str, Json]) -> list[Entry]:
        reviews = {str(review.reviewer): review for review in pull.reviews if review.approved}
        now, found = self._parts.clock.now(), []
        approvers = common["approvers"]
        for approver in map(str, approvers if isinstance(approvers, list) else []):
            review = reviews.get(approver)
            details = {key: common[key] for key in ("pull", "url", "plan")} | {"commit": review.commit if review else pull.commit}
            found.append(Entry(Fact.APPROVED, environment, approver, review.at if review else now, release, details))
        return found

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

    def _rules(self, metadata: Metadata, merge: CommitFacts) -> list[Json]:
        return [edit_values(edit) for edit in self._edits(metadata, merge) if isinstance(edit, AddRule | RemoveRule)]

    def _edits(self, metadata: Metadata, merge: CommitFacts) -> Sequence[Edit]:
        paths, read = writable_paths(metadata.kind, metadata.target), self._parts.repository.read
        before = {path: read(merge.parents[0], path) if merge.parents else None for path in paths}
        return find_edits(before, {path: read(merge.commit, path) for path in paths})


def is_recorded(number: int, records: Sequence[Record]) -> bool:
    """Whether the ledger has the merge of that pull request."""
    return any(record.entry.fact in _MERGED and _pull(record) == number for record in reversed(records))


def _empty(pull: PullRequest, merge: CommitFacts) -> ConflictError:
    """A forge calls a branch merged that lies on the base, also where somebody set it back to there."""
    return ConflictError(
        f"pull request #{pull.number} counts as merged, but {merge.commit[:12]} changed no release: nothing is recorded",
        hint="its branch was set back to the base by hand; open the promotion again: liftlock promote open",
    )


def _pull(record: Record) -> int | None:
    number = record.entry.details.get("pull")
    return number if isinstance(number, int) else None


def _merger(pull: PullRequest, merge: CommitFacts) -> str:
    """Who merged: whom the forge names, or else whom the commit does."""
    return str(pull.merged_by or merge.committer)
