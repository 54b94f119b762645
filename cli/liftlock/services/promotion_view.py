"""Reads everything that a promotion is decided from: base branch, releases, ledger, open pull requests, registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from liftlock.core.errors import UnavailableError
from liftlock.core.gate import Presence
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Record
from liftlock.core.ports import Checkout, Clock, Forge, Ledger, PullRequest, Registry, Repository
from liftlock.core.project import Project
from liftlock.core.promotion import Observed, PromotionPlan, PromotionRequest, find_changes, plan_promotion, promotable_stage
from liftlock.core.promotion_pull import RELEASES, excluded_approvers
from liftlock.core.proposal import ProposalKind
from liftlock.core.pull_request_body import PullRequestText
from liftlock.core.release import Release
from liftlock.services.proposal_view import ProposalView
from liftlock.services.releases import Fingerprints, declared_release


@dataclass(frozen=True, slots=True)
class PromotionParts:
    """Everything outside that a promotion needs. describe: the words of its pull request.

    fingerprint: commit and environment -> the hashes of what the environment's declaration there comes to.
    """

    repository: Repository
    checkout: Checkout
    forge: Forge
    ledger: Ledger
    registry: Registry
    clock: Clock
    describe: Callable[[PromotionPlan], PullRequestText]
    fingerprint: Fingerprints


class PromotionView:
    """What is, as one frozen value, and the plan that follows from it."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self.proposals = ProposalView(parts.repository, parts.forge, project.forge.base)

    def plan(self, request: PromotionRequest) -> PromotionPlan:
        """The plan from what is there now."""
        return plan_promotion(self._project, request, self.observe(request))

    def observe(self, request: PromotionRequest) -> Observed:
        """The world as the promotion sees it. Pull requests are listed before Git is fetched, so that their commits are here."""
        stage = promotable_stage(self._project, request)
        pulls = self.proposals.listed(lambda kind, target: kind is ProposalKind.PROMOTE and target == request.target)
        self._parts.repository.fetch()
        base = self._parts.repository.head(self._project.forge.base)
        releases = {name: self.release(base, name) for name in (*stage.upstream, request.target)}
        changes = find_changes(request, releases[request.source], releases[request.target])
        records = self._parts.ledger.records()
        found = tuple(self.proposals.judged(pull, base) for pull in pulls)
        images = [change.new.image for change in changes]
        mine = [judged for judged in found if {n: c.image for n, c in judged.changes.items()} == {c.service: c.new.image for c in changes}]
        return Observed(
            base=base,
            releases=releases,
            records=records,
            pulls=found,
            presences=self._presences(images),
            excluded=self.excluded(mine[0].pull, base, images, records) if mine and stage.gates.approvals else {},
            now=self._parts.clock.now(),
        )

    def release(self, commit: str, environment: str) -> Release:
        """What the environment runs when it is brought up from the commit; no images where it has no release file there."""
        return declared_release(self._parts.repository, self._parts.fingerprint, commit, environment)

    def excluded(self, pull: PullRequest, base: str, images: Sequence[ImageRef], records: Sequence[Record]) -> Mapping[str, str]:
        """Who may not approve the pull request, and why."""
        repository = self._parts.repository
        digests = {image.digest.text for image in images}
        introducers = repository.introducers(base, RELEASES, digests)
        return excluded_approvers(pull, repository.commit(pull.commit), {text: introducers.get(text, ()) for text in digests}, records)

    def _presences(self, images: Sequence[ImageRef]) -> Mapping[str, Presence]:
        """Whether the registry has each image; an answer that could not be had is no answer."""
        if not images:
            return {}
        with ThreadPoolExecutor(max_workers=min(8, len(images))) as pool:
            return {str(image): presence for image, presence in zip(images, pool.map(self._presence, images), strict=True)}

    def _presence(self, image: ImageRef) -> Presence:
        try:
            return Presence(present=self._parts.registry.resolve(image.repository, image.digest.text) is not None)
        except UnavailableError as err:
            return Presence(present=False, reason=err.message)
