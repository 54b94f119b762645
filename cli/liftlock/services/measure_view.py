"""Reads what a measure is decided from, and decides anew about one that is open. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from liftlock.core.candidates import deployed_images
from liftlock.core.gates.registry import digests_gate
from liftlock.core.gates.result import GateResult
from liftlock.core.gates.review import ApprovalRule, Exclusion, approvals_gate
from liftlock.core.gates.rules import active_vetoes, is_vetoed, label_gate, veto_gate
from liftlock.core.measure import Measure, effective_edits, measure_digest
from liftlock.core.people import People
from liftlock.core.policy import Policy
from liftlock.core.policy_change import change_of
from liftlock.core.ports import Identity, PullRequest
from liftlock.core.project import Project
from liftlock.core.promotion_pull import exclusions
from liftlock.core.proposal import AddRule, ProposalKind, RemoveRule, Texts, read_branch, writable_paths
from liftlock.core.proposal_pull import BranchCondition, ProposalPull
from liftlock.core.rollback import RollbackRequest, why_no_rollback
from liftlock.services.promotion_view import PromotionParts, PromotionView

MEASURES = frozenset({ProposalKind.POLICY, ProposalKind.ROLLBACK})


@dataclass(frozen=True, slots=True)
class MeasureDecision:
    """What merging one open measure takes now. stale: why it is not what was proposed, None where it is."""

    found: ProposalPull
    measure: Measure
    gates: tuple[GateResult, ...]
    rule: ApprovalRule
    excluded: tuple[Exclusion, ...]
    stale: str | None


class MeasureView:
    """What is, for measures."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project, self._parts = project, parts
        self._view = PromotionView(project, parts)

    @property
    def promotions(self) -> PromotionView:
        """The same for promotions."""
        return self._view

    def base(self) -> str:
        """The tip of the base branch as last fetched."""
        return self._parts.repository.head(self._project.forge.base)

    def texts(self, kind: ProposalKind, target: str, commit: str) -> Texts:
        """The files that such a measure may change, at the commit."""
        return {path: self._parts.repository.read(commit, path) for path in writable_paths(kind, target)}

    def pulls(self, kind: ProposalKind, target: str) -> Sequence[PullRequest]:
        """The open ones that such a measure could meet. To be asked before Git is fetched."""
        others = set(ProposalKind) - MEASURES if kind is ProposalKind.ROLLBACK else set()
        return self._view.proposals.listed(lambda found, place: place == target and found in {kind, *others})

    def decide(self, pull: PullRequest) -> MeasureDecision:
        """What merging exactly this open measure takes now, from its own branch."""
        base = self._view.base()
        found = self._view.proposals.judged(pull, base)
        policy = self._view.policy(base)
        measure = self._measure(found, policy, base)
        people = People(policy.people)
        rule = ApprovalRule(measure.approvals, None, people)
        if measure.kind is ProposalKind.ROLLBACK:
            rule = replace(rule, may=self._approvers(measure.target, people))
        head = self._parts.repository.commit(pull.commit)
        excluded = exclusions(pull, head, {}, ())
        gates = (*self._rollback_gates(found, measure, policy, base), label_gate(pull.labels))
        if rule.required:
            gates += (approvals_gate(rule, pull.commit, pull.reviews, excluded),)
        return MeasureDecision(found, measure, gates, rule, excluded, self._stale(found, measure, policy, base))

    def approvals(self, measure: Measure, *, loosens: bool) -> int:
        """How many people other than its makers must agree."""
        if measure.kind is ProposalKind.ROLLBACK:
            stage = self._project.stage(measure.target)
            return stage.gates.approvals if stage else 0
        return self._project.policy.loosen if loosens else self._project.policy.tighten

    def _measure(self, found: ProposalPull, policy: Policy, base: str) -> Measure:
        said = dict(found.metadata.parameters) if found.metadata else {}
        reason = said.pop("reason", "")
        bare = Measure(found.kind, found.target, found.pull.title, reason, found.edits, parameters=said)
        loosens = True
        if found.kind is ProposalKind.POLICY and all(isinstance(edit, AddRule | RemoveRule) for edit in found.edits) and found.edits:
            edits = [edit for edit in found.edits if isinstance(edit, AddRule | RemoveRule)]
            change = change_of(edits, policy, reason, self._parts.clock.now())
            bare, loosens = replace(bare, title=change.title), change.loosens
        if found.kind is ProposalKind.ROLLBACK:
            release = self._view.release(base, found.target).with_images(found.changes).id
            bare = replace(bare, release=release, title=f"Roll {found.target} back to {release}")
        return replace(bare, approvals=self.approvals(bare, loosens=loosens))

    def _approvers(self, environment: str, people: People) -> Callable[[Identity], bool] | None:
        stage = self._project.stage(environment)
        names = stage.gates.approvers if stage else ()
        return (lambda who: people.is_one_of(who, names)) if names else None

    def _rollback_gates(self, found: ProposalPull, measure: Measure, policy: Policy, base: str) -> tuple[GateResult, ...]:
        if measure.kind is not ProposalKind.ROLLBACK:
            return ()
        entering = {name: str(new.image) for name, new in found.changes.items()}
        present = self._view.release(base, measure.target).images
        after = {**{name: str(image) for name, image in present.items()}, **entering}
        vetoes = active_vetoes(policy.vetoes, measure.target, self._parts.clock.now())
        known = deployed_images(self._parts.ledger.records()) if vetoes else {}
        names = {measure.release, measure.parameters.get("to")}
        against = [veto for veto in vetoes if veto.release in names or is_vetoed(veto, None, entering if veto.digest else after, known)]
        return veto_gate(against), digests_gate(self._view.presences(entering.values()))

    def _stale(self, found: ProposalPull, measure: Measure, policy: Policy, base: str) -> str | None:
        if found.condition is not BranchCondition.INTACT:
            return found.reason
        if found.metadata is None or found.metadata.plan != measure_digest(found.kind, found.target, found.edits, measure.reason):
            return "its commit does not say what it does"
        texts = self.texts(found.kind, found.target, base)
        if effective_edits(texts, found.edits) != found.edits:
            return "the base branch says so already"
        if found.kind is not ProposalKind.ROLLBACK:
            return None
        asked = RollbackRequest(found.target, measure.reason, "", measure.parameters.get("to"))
        present, records = self._view.release(base, found.target), self._parts.ledger.records()
        return why_no_rollback(found.edits, asked, present, records, policy, self._parts.clock.now())


def is_measure(pull: PullRequest) -> bool:
    """Whether the branch is one of a measure."""
    named = read_branch(pull.head)
    return named is not None and named[0] in MEASURES
