"""One way to answer a promotion: a release of the source, what of it would change in the target, and what stands in its way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from liftlock.core.candidates import Candidate, candidates, had_images
from liftlock.core.errors import UsageError
from liftlock.core.gates.result import GateMoment, GateResult
from liftlock.core.image import ImageRef
from liftlock.core.promotion_actions import adopt_or_update
from liftlock.core.promotion_gates import Situation, find_gates
from liftlock.core.promotion_types import PromotionRequest, ServiceChange, plan_digest
from liftlock.core.proposal import Adopt, ReleaseEdit, RemoveRule, branch_name
from liftlock.core.proposal_pull import BranchCondition, ProposalPull

_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer the request: a release of the source, what of it would change, and what stands in its way."""

    candidate: Candidate
    changes: tuple[ServiceChange, ...]
    gates: tuple[GateResult, ...]
    branch: str
    digest: str
    pull: ProposalPull | None

    @property
    def blockers(self) -> tuple[GateResult, ...]:
        """What keeps its pull request from being opened."""
        return tuple(gate for gate in self.gates if gate.moment is GateMoment.OPEN and not gate.passed)

    @property
    def is_ready(self) -> bool:
        """Whether it could be merged now, or waits for nothing but a date that people set."""
        return all(gate.passed or (gate.policy and gate.clears_at is not None) or gate.unknown for gate in self.gates)


def candidates_for(situation: Situation, request: PromotionRequest) -> Iterator[Candidate]:
    releases = situation.observed.releases
    source, target = releases[request.source], releases[request.target]
    found = candidates(request.source, source, situation.observed.records, target, request.services)
    # A hotfix goes before evidence, so only what the source declares now can be meant.
    return iter([next(found)]) if request.hotfix else found


def find_changes(
    situation: Situation, request: PromotionRequest, candidate: Candidate, covered: dict[str, int]
) -> tuple[tuple[ServiceChange, ...], list[str]]:
    """What differs, by service, and what is left out of a promotion that names no services. What the source lacks stays as it is."""
    names = sorted(candidate.images if request.services is None else request.services)
    present = situation.present
    differing = [name for name in names if name in candidate.images and present.get(name) != candidate.images[name]]
    notes = [f"{name} is left out: #{covered[name]} could be merged now" for name in differing if name in covered]
    differing = [name for name in differing if name not in covered]
    if request.services is None and not request.train and request.hotfix is None:
        held = {name: found for name in differing if (found := situation.holds(name, candidate.images[name]))}
        single = {name: found for name, found in held.items() if all(hold.service for hold in found)}
        notes += [f"{name} is left out: held by {found[0].id} ({found[0].reason})" for name, found in single.items()]
        differing = [name for name in differing if name not in single]
    return tuple(service_change(situation, name, candidate.images[name]) for name in differing), notes


def service_change(situation: Situation, service: str, image: str) -> ServiceChange:
    """What becomes of the service in the target, with what is known of the image."""
    old = situation.observed.releases[situation.stage.environment].services.get(service)
    return ServiceChange(service, old, situation.labels.find(image))


def weigh(situation: Situation, request: PromotionRequest, candidate: Candidate, changes: Sequence[ServiceChange]) -> Option:
    """The option with every gate's answer, and the pull request that is open for it."""
    branch = branch_of(request, changes)
    images = {change.service: change.new.image for change in changes}
    pull = next((found for found in situation.observed.pulls if _is_for(found, request, branch, images)), None)
    gates = find_gates(situation, request, candidate, changes, pull)
    # A train that moves exactly this is as good an answer to whoever did not ask for one.
    asked = asked_by(pull) if pull else None
    same = replace(request, train=True) if asked is not None and asked.train else request
    return Option(candidate, tuple(changes), gates, branch, digest_of(situation, same, changes), pull)


def only_unknown(blockers: Sequence[GateResult]) -> bool:
    """Whether all that is missing is the registry's word: an older release would not be known any better."""
    return all(gate.unknown for gate in blockers)


def _is_for(found: ProposalPull, request: PromotionRequest, branch: str, images: Mapping[str, ImageRef]) -> bool:
    if found.pull.head == branch:
        return True
    mine = found.kind is request.kind and found.condition is not BranchCondition.EDITED
    return mine and {name: new.image for name, new in found.changes.items()} == images


def option_of(situation: Situation, request: PromotionRequest, found: ProposalPull) -> tuple[Option, str | None]:
    """The pull request as an option, and why it is not what would be opened for these services now."""
    images = {name: str(new.image) for name, new in found.changes.items()}
    changes = tuple(service_change(situation, name, image) for name, image in sorted(images.items()))
    sources = _candidates_with(situation, request, images)
    digest = digest_of(situation, request, changes)
    options = [
        Option(one, changes, find_gates(situation, request, one, changes, found), found.pull.head, digest, found)
        for one in sources or [next(iter(candidates_for(situation, request)))]
    ]
    # The same images may have been in several releases: one that proves them is enough.
    option = next((one for one in options if not one.blockers or only_unknown(one.blockers)), options[0])
    if changes and all(change.old is not None and change.old.image == change.new.image for change in changes):
        return option, f"{request.target} has everything of it already"
    if found.condition is not BranchCondition.EDITED and not sources:
        return option, f"{request.source} does not have this release any more, or {request.target} has a newer one"
    action = adopt_or_update(found, option.branch, option.digest, changes)
    if isinstance(action, Adopt) or (found.condition is BranchCondition.BEHIND and action.reason == found.reason):
        return option, _not_asked_for(situation, request, found)
    return option, action.reason


def _not_asked_for(situation: Situation, request: PromotionRequest, found: ProposalPull) -> str | None:
    """Why the branch is of another lane than its commit says, or changes other rules than that lane does; None where it does not.

    The holds that a roll-forward may lift are out of the situation already: one that is still there is somebody else's.
    """
    rules = {edit for edit in found.edits if not isinstance(edit, ReleaseEdit)}
    foreign = any(hold.id in request.lifts for hold in situation.observed.policy.holds)
    if found.kind is request.kind and rules == {RemoveRule("holds", name) for name in request.lifts} and not foreign:
        return None
    return "it changes other rules, or is of another kind: not what was asked for"


def _candidates_with(situation: Situation, request: PromotionRequest, images: dict[str, str]) -> list[Candidate]:
    listed = candidates_for(situation, replace(request, services=tuple(images)))
    found = [one for one in listed if all(one.images.get(name) == image for name, image in images.items())][:_LOOKED_AT]
    if not found and request.hotfix is not None and had_images(situation.observed.records, request.source, images):
        found = [Candidate(situation.observed.releases[request.source].id, images, None)]
    return found


def asked_by(found: ProposalPull) -> PromotionRequest | None:
    """What the pull request says was asked for; None where it does not say it."""
    try:
        return PromotionRequest.of(found.metadata) if found.metadata else None
    except UsageError:
        return None


def branch_of(request: PromotionRequest, changes: Sequence[ServiceChange]) -> str:
    """The branch of exactly these changes."""
    return branch_name(request.kind, request.target, request.edits({change.service: change.new for change in changes}))


def digest_of(situation: Situation, request: PromotionRequest, changes: Sequence[ServiceChange]) -> str:
    """The plan's digest for exactly these changes."""
    return plan_digest(situation.project, situation.stage, request, changes)
