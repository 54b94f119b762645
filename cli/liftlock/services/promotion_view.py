"""Reads everything that a promotion is decided from: base branch, releases, policy, ledger, open pull requests, registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from liftlock.core.config.settings import SETTINGS
from liftlock.core.errors import ConflictError, UnavailableError
from liftlock.core.gates.registry import Presence
from liftlock.core.gates.review import Exclusion
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Record
from liftlock.core.policy import Policy
from liftlock.core.policy_file import KINDS, parse_policy, policy_path
from liftlock.core.ports import Checkout, Clock, Forge, Ledger, PullRequest, Registry, Repository
from liftlock.core.project import Project, Stage
from liftlock.core.promotion import plan_promotion, plan_pull, promotable_stage
from liftlock.core.promotion_pull import exclusions
from liftlock.core.promotion_types import Observed, PromotionPlan, PromotionRequest
from liftlock.core.proposal import RELEASES, release_path
from liftlock.core.proposal_pull import BranchCondition, ProposalPull
from liftlock.core.pull_request_body import PullRequestText
from liftlock.core.release import Release
from liftlock.core.release_file import parse_release
from liftlock.core.surroundings import LiveLook, Surroundings
from liftlock.services.attested_images import AttestationParts, AttestedImages
from liftlock.services.proposal_view import ProposalView
from liftlock.services.releases import Fingerprints, declared_release

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class PromotionParts:
    """Everything outside that a promotion needs. describe: the words of its pull request.

    fingerprint: commit and environment -> the hashes of what the environment's declaration there comes to. attestations: what finds and
    checks them, where a stage asks for any. look: looks at the running target for the reviewer, where that was asked for.
    """

    repository: Repository
    checkout: Checkout
    forge: Forge
    ledger: Ledger
    registry: Registry
    clock: Clock
    describe: Callable[[PromotionPlan, Surroundings], PullRequestText]
    fingerprint: Fingerprints
    attestations: AttestationParts
    look: Callable[[PromotionPlan], LiveLook] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What merging one pull request takes now. stale: why it is not what was reviewed, None where it is."""

    observed: Observed
    found: ProposalPull
    plan: PromotionPlan
    stale: str | None


class PromotionView:
    """What is, as one frozen value, and the plan that follows from it."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self._settings: tuple[str | None] | None = None
        self.proposals = ProposalView(parts.repository, parts.forge, project.forge.base)

    def plan(self, request: PromotionRequest, *, explain: bool = False) -> PromotionPlan:
        """The plan from what is there now. The registry is asked last, and only where its word decides; with explain always."""
        observed, stage = self.observe(request), promotable_stage(self._project, request)
        plan = plan_promotion(self._project, request, observed)
        while wanted := plan.unasked or (_unanswered(plan, observed, stage) if explain else ()):
            observed = self._asked(stage, observed, wanted)
            plan = plan_promotion(self._project, request, observed)
        return plan

    def decide(self, pull: PullRequest, request: PromotionRequest) -> Decision:
        """What merging exactly this open pull request takes now."""
        base = self.base()
        stage = promotable_stage(self._project, request)
        found = self.proposals.judged(pull, base)
        observed = self._observed(stage, base, [found])
        plan, stale = plan_pull(self._project, request, observed, found)
        while plan.unasked:
            observed = self._asked(stage, observed, plan.unasked)
            plan, stale = plan_pull(self._project, request, observed, found)
        return Decision(observed, found, plan, stale)

    def observe(self, request: PromotionRequest) -> Observed:
        """The world as the promotion sees it. Pull requests are listed before Git is fetched, so that their commits are here."""
        stage = promotable_stage(self._project, request)
        pulls = self.proposals.listed(lambda kind, target: kind is request.kind and target == request.target)
        base = self.base()
        found = self.proposals.all_judged(pulls, base)
        return self._observed(stage, base, [self._complete(judged, request) for judged in found])

    def base(self) -> str:
        """The base branch as the forge has it now. ConflictError where its rules have changed since the first look, as while one waits."""
        self._parts.repository.fetch()
        base = self._parts.repository.head(self._project.forge.base)
        settings = (self._parts.repository.read(base, PurePosixPath(SETTINGS)),)
        self._settings = self._settings or settings
        if self._settings != settings:
            raise ConflictError(f"{SETTINGS} has changed meanwhile on {self._project.forge.base}", hint="run the same command again")
        return base

    def release(self, commit: str, environment: str) -> Release:
        """What the environment runs when it is brought up from the commit; no images where it has no release file there."""
        return declared_release(self._parts.repository, self._parts.fingerprint, commit, environment)

    def surroundings(self, plan: PromotionPlan) -> Surroundings:
        """What every environment of the pipeline has of the services that change, and how the target stands."""
        read = self._parts.repository.read
        releases = {
            stage.environment: parse_release(read(plan.base, release_path(stage.environment)) or "", str(release_path(stage.environment)))
            for stage in self._project.pipeline
        }
        names = [change.service for change in plan.changes]
        elsewhere = {environment: {name: found.services.get(name) for name in names} for environment, found in releases.items()}
        return Surroundings(elsewhere, self._parts.look(plan) if self._parts.look else None)

    def policy(self, commit: str) -> Policy:
        """The rules of policy/ at the commit."""
        texts = ((kind, self._parts.repository.read(commit, policy_path(kind))) for kind in KINDS)
        return parse_policy({kind: text for kind, text in texts if text is not None})

    def _observed(self, stage: Stage, base: str, pulls: Sequence[ProposalPull]) -> Observed:
        records = self._parts.ledger.records()
        return Observed(
            base=base,
            releases={name: self.release(base, name) for name in (*stage.upstream, stage.environment)},
            records=records,
            pulls=pulls,
            presences={},
            excluded=self._excluded(base, pulls, records),
            now=self._parts.clock.now(),
            policy=self.policy(base),
        )

    def _complete(self, found: ProposalPull, request: PromotionRequest) -> ProposalPull:
        """With its reviews and checks, which a list may leave out, where they can matter."""
        names = request.services
        if found.pull.whole or found.condition is BranchCondition.EDITED or (names is not None and set(names).isdisjoint(found.changes)):
            return found
        pull = self._parts.forge.pull(found.pull.number)
        return replace(found, pull=pull) if pull.commit == found.pull.commit else found

    def _excluded(self, base: str, pulls: Sequence[ProposalPull], records: Sequence[Record]) -> Mapping[int, Sequence[Exclusion]]:
        """Who may not approve which pull request, and why; only of those that somebody reviewed."""
        reviewed = [found for found in pulls if found.pull.reviews]
        digests = {found.pull.number: {new.image.digest.text for new in found.changes.values()} for found in reviewed}
        texts = {text for found in digests.values() for text in found}
        introducers = self._parts.repository.introducers(base, RELEASES, texts) if texts else {}
        commit = self._parts.repository.commit
        return {
            number: exclusions(
                found.pull, commit(found.pull.commit), {text: introducers.get(text, ()) for text in digests[number]}, records
            )
            for found in reviewed
            for number in (found.pull.number,)
        }

    def _asked(self, stage: Stage, observed: Observed, images: Iterable[str]) -> Observed:
        """With the registry's word on these images; an answer that could not be had is no answer."""
        wanted, rule, parts = list(images), stage.gates.asks_attestation, self._parts
        refs = [ImageRef.parse(image) for image in wanted]
        attested = AttestedImages(rule, parts.attestations, parts.repository, observed.base).look_at(refs) if rule else {}
        return replace(observed, presences={**observed.presences, **self.presences(wanted)}, attested={**observed.attested, **attested})

    def presences(self, images: Iterable[str]) -> dict[str, Presence]:
        """What the registry says of each image (`repository@digest`)."""
        refs = [ImageRef.parse(image) for image in images]
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            return {str(ref): presence for ref, presence in zip(refs, pool.map(self._presence, refs), strict=True)}

    def _presence(self, ref: ImageRef) -> Presence:
        try:
            return Presence(present=self._parts.registry.resolve(ref.repository, ref.digest.text) is not None)
        except UnavailableError as err:
            return Presence(present=False, reason=err.message)


def _unanswered(plan: PromotionPlan, observed: Observed, stage: Stage) -> tuple[str, ...]:
    return tuple(image for change in plan.changes if not observed.is_asked(image := str(change.new.image), stage))
