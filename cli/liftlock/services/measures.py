"""Opens measures: changes of policy and rollbacks, each as one pull request, and merges them at once where that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from liftlock.core.config.entries import Known
from liftlock.core.errors import BlockedError, UsageError
from liftlock.core.gates.result import GateResult
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.measure import Measure, commit_message, effective_edits, measure_actions
from liftlock.core.policy import Policy
from liftlock.core.policy_change import PolicyRequest, change_environments, in_flight, plan_policy_change
from liftlock.core.policy_file import parse_policy
from liftlock.core.policy_list import StandingRule, standing_rules
from liftlock.core.policy_names import check_named
from liftlock.core.ports import Identity, PullRequest
from liftlock.core.project import Project
from liftlock.core.proposal import Edit, ProposalKind, ReleaseEdit, apply_edits
from liftlock.core.proposal_pull import ProposalPull
from liftlock.core.pull_request_body import PullRequestText, encode_metadata
from liftlock.core.rollback import RollbackRequest, plan_rollback
from liftlock.services.measure_view import MeasureView
from liftlock.services.promotion_reviews import PromotionReviews
from liftlock.services.promotion_view import PromotionParts
from liftlock.services.proposals import Carried, OpenOutcome, Proposal, Proposals, until_settled
from liftlock.services.review_results import MergeOutcome, MergeReport

People = Sequence[Identity]
"""Who does it, and after that one who made CI do it."""
Decide = Callable[[Sequence[ProposalPull]], Measure]
Words = Callable[[Measure, str, str], PullRequestText]
"""The words of a measure's pull request: from the measure, the commit that it is made on, and its hidden block."""


@dataclass(frozen=True, slots=True)
class MeasureReport:
    """What became of a measure. merged: None where it was not to be merged, or could not be; blockers: what keeps it from that."""

    outcome: OpenOutcome
    kind: ProposalKind
    target: str
    title: str
    reason: str
    edits: tuple[Edit, ...]
    approvals: int
    release: str | None
    pull: PullRequest | None = None
    closed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    merged: MergeReport | None = None
    blockers: tuple[GateResult, ...] = ()


class Measures:
    """Decides measures and has them carried out."""

    def __init__(self, project: Project, parts: PromotionParts, known: Known, words: Words) -> None:
        self._project, self._parts, self._known, self._words = project, parts, known, words
        self._view = MeasureView(project, parts)
        self._reviews = PromotionReviews(project, parts)
        self._proposals = Proposals(parts.repository, parts.forge, parts.ledger, parts.clock, project.forge.base)

    def change_policy(self, request: PolicyRequest, people: People, *, merge: bool = False) -> MeasureReport:
        """One pull request that changes policy/ as asked for; none where it says so already."""

        def decide(pulls: Sequence[ProposalPull]) -> Measure:
            return self._policy_measure(in_flight(request, pulls))

        return self._enact(ProposalKind.POLICY, request.target, decide, people, merge=merge)

    def roll_back(self, request: RollbackRequest, people: People, *, merge: bool = False) -> MeasureReport:
        """One pull request that goes back, vetoes what is left and holds the environment; BlockedError where an image is gone."""
        if self._project.stage(request.environment) is None:
            known = ", ".join(stage.environment for stage in self._project.pipeline)
            raise UsageError(f"{request.environment} is not in the pipeline", hint=f"liftlock.yaml lists: {known}")
        return self._enact(ProposalKind.ROLLBACK, request.environment, lambda _: self._rollback_measure(request), people, merge=merge)

    def rules(self) -> tuple[StandingRule, ...]:
        """Every rule of policy/ on the base branch: those that hold, those to come, those that have ended."""
        self._parts.repository.fetch()
        return standing_rules(self._policy(), self._parts.clock.now())

    # --- deciding --------------------------------------------------------------------------------------------------------------------

    def _policy_measure(self, request: PolicyRequest) -> Measure:
        policy = self._policy()
        check_named(request, policy, self._known, self._parts.clock.now())
        change = plan_policy_change(request, policy, self._parts.clock.now())
        measure = Measure(ProposalKind.POLICY, change.target, change.title, change.reason, change.edits, note=change.note)
        measure = replace(measure, approvals=self._view.approvals(measure, loosens=change.loosens))
        self._check_names(measure)
        return measure

    def _rollback_measure(self, request: RollbackRequest) -> Measure:
        base = self._view.base()
        present = self._view.promotions.release(base, request.environment)
        records = self._parts.ledger.records()
        measure = plan_rollback(request, present, records, self._policy(), self._parts.clock.now())
        self._check_images([str(new.image) for new in measure.metadata.changes.values()])
        return replace(measure, approvals=self._view.approvals(measure, loosens=True))

    def _policy(self) -> Policy:
        return self._view.promotions.policy(self._view.base())

    def _check_names(self, measure: Measure) -> None:
        """What is about to be written may only name what is declared."""
        texts = self._view.texts(measure.kind, measure.target, self._view.base())
        for path, text in apply_edits(texts, measure.edits).items():
            parse_policy({path.stem: text}, self._known)

    def _check_images(self, images: Sequence[str]) -> None:
        for image, presence in self._view.promotions.presences(images).items():
            if not presence.present:
                said = f"the registry could not be asked for it: {presence.reason}" if presence.reason else "the registry does not have it"
                raise BlockedError(f"{image}: {said}", hint="push it again, or go back to another release: --to RELEASE")

    # --- doing -----------------------------------------------------------------------------------------------------------------------

    def _enact(self, kind: ProposalKind, target: str, decide: Decide, people: People, *, merge: bool) -> MeasureReport:
        def attempt() -> MeasureReport:
            report = self._open(kind, target, decide, people)
            return self._merged(report, people[0]) if merge and report.pull and report.outcome is not OpenOutcome.LEFT_ALONE else report

        return until_settled(attempt)

    def _open(self, kind: ProposalKind, target: str, decide: Decide, people: People) -> MeasureReport:
        listed = self._view.pulls(kind, target)
        self._parts.repository.fetch()
        base = self._view.base()
        pulls = self._view.promotions.proposals.all_judged(listed, base)
        measure = decide(pulls)
        measure = replace(measure, edits=effective_edits(self._view.texts(kind, target, base), measure.edits))
        proposal = self._proposal(measure, base, people) if measure.edits else None
        done = self._proposals.carry_out(proposal, measure_actions(measure, pulls), people[0])
        if done.outcome is OpenOutcome.ADOPTED and done.pull is not None:
            self._proposals.remember(done.pull, lambda pull: self._opened(measure, pull, pull.author))
        return _report(measure, done)

    def _merged(self, report: MeasureReport, actor: Identity) -> MeasureReport:
        assert report.pull is not None  # noqa: S101 - the caller looked
        merged = self._reviews.merge(report.pull.number, actor)
        if merged.outcome is MergeOutcome.BLOCKED:
            return replace(report, blockers=merged.blockers)
        return replace(report, merged=merged)

    def _proposal(self, measure: Measure, base: str, people: People) -> Proposal:
        return Proposal(
            branch=measure.branch,
            base=base,
            edits=measure.edits,
            metadata=measure.metadata,
            message=commit_message(measure, people),
            text=self._words(measure, base, encode_metadata(measure.metadata)),
            opened=lambda pull: self._opened(measure, pull, people[0]),
        )

    def _opened(self, measure: Measure, pull: PullRequest, actor: Identity) -> Entry:
        """On record from the beginning, so that a merge by the web page is looked for."""
        details: dict[str, Json] = {
            "kind": measure.kind.value,
            "pull": pull.number,
            "url": pull.url,
            "plan": measure.digest,
            "services": {name: str(new.image) for name, new in measure.metadata.changes.items()},
            **measure.metadata.parameters,
        }
        if measure.kind is ProposalKind.ROLLBACK:
            return Entry(Fact.PROMOTION_OPENED, measure.target, str(actor), self._parts.clock.now(), measure.release, details)
        places = change_environments([edit for edit in measure.edits if not isinstance(edit, ReleaseEdit)])
        environment = places[0] if len(places) == 1 else ""
        return Entry(Fact.POLICY_PROPOSED, environment, str(actor), self._parts.clock.now(), None, details)


def _report(measure: Measure, done: Carried) -> MeasureReport:
    notes = (*done.notes, *([measure.note] if measure.note else []))
    return MeasureReport(
        outcome=done.outcome,
        kind=measure.kind,
        target=measure.target,
        title=measure.title,
        reason=measure.reason,
        edits=measure.edits,
        approvals=measure.approvals,
        release=measure.release,
        pull=done.pull,
        closed=done.closed,
        notes=notes,
    )
