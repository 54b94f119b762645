"""Which gates stand before one set of changes, asked in the order of what they cost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from liftlock.core.candidates import Candidate, Labels, deployed_images
from liftlock.core.evidence import Evidence, read_evidence
from liftlock.core.gates.attestation import NOT_ASKED as UNATTESTED
from liftlock.core.gates.attestation import attestation_gate
from liftlock.core.gates.calendar import windows_gate
from liftlock.core.gates.combination import combination_gate
from liftlock.core.gates.hotfix import hotfix_gate
from liftlock.core.gates.registry import NOT_ASKED, digests_gate
from liftlock.core.gates.result import GateMoment, GateResult
from liftlock.core.gates.review import ApprovalRule, approvals_gate, checks_gate
from liftlock.core.gates.rules import active_vetoes, freeze_gate, hold_gate, holds_of, is_vetoed, label_gate, veto_gate
from liftlock.core.gates.upstream import judgement_gate, same_images_gate, smoke_gate, soak_gate, verified_gate
from liftlock.core.ledger import Record, images_of
from liftlock.core.people import People, spelled_identity
from liftlock.core.policy import Hold, Veto
from liftlock.core.ports import Identity
from liftlock.core.project import Project, Stage
from liftlock.core.promotion_types import Observed, PromotionRequest, ServiceChange
from liftlock.core.proposal_pull import ProposalPull
from liftlock.core.soak import Occupancy, Proof, occupancy


@dataclass(frozen=True, slots=True)
class Situation:
    """What was observed, read once for all that is decided from it."""

    project: Project
    stage: Stage
    observed: Observed
    occupancies: Mapping[str, Occupancy]
    evidence: Sequence[Evidence]
    deployed: Mapping[str, Mapping[str, str]]
    vetoes: Sequence[Veto]
    people: People
    labels: Labels

    @property
    def present(self) -> dict[str, str]:
        """service -> `repository@digest` that the target has."""
        services = self.observed.releases[self.stage.environment].services
        return {name: str(released.image) for name, released in services.items()}

    def may(self, names: Sequence[str], who: Identity) -> bool:
        """Whether the names mean this one; no names mean everybody."""
        return not names or self.people.is_one_of(who, names)

    def holds(self, service: str, image: str) -> tuple[Hold, ...]:
        """What keeps the image out of the service in the target."""
        return holds_of(self.observed.policy.holds, self.stage.environment, service, image, self.observed.now)


def read_situation(project: Project, stage: Stage, observed: Observed) -> Situation:
    """Reads ledger and policy once."""
    policy, records, now = observed.policy, observed.records, observed.now
    deployed = deployed_images(records) if any(veto.release for veto in policy.vetoes) else {}

    def examine(upstream: str) -> Occupancy:
        vetoes = active_vetoes(policy.vetoes, upstream, now)

        def vetoed(record: Record) -> bool:
            return any(is_vetoed(veto, record.entry.release, images_of(record.entry), deployed) for veto in vetoes)

        return occupancy(upstream, records, now, vetoed=vetoed)

    return Situation(
        project=project,
        stage=stage,
        observed=observed,
        occupancies={upstream: examine(upstream) for upstream in stage.upstream},
        evidence=read_evidence(records, now) if stage.gates.smoke or stage.gates.judgement else (),
        deployed=deployed,
        vetoes=active_vetoes(policy.vetoes, stage.environment, now),
        people=People(policy.people),
        labels=Labels(records, [observed.releases[upstream] for upstream in stage.upstream]),
    )


def approval_rule(stage: Stage, request: PromotionRequest, people: People) -> ApprovalRule:
    """How many approvals by whom. A hotfix, and what lifts a hold, needs a second person whatever the stage says."""
    gates = stage.gates
    required = max(gates.approvals, 1) if request.hotfix or request.lifts else gates.approvals
    may = (lambda who: people.is_one_of(who, gates.approvers)) if gates.approvers else None
    return ApprovalRule(required, may, people)


def find_gates(
    situation: Situation, request: PromotionRequest, candidate: Candidate, changes: Sequence[ServiceChange], pull: ProposalPull | None
) -> tuple[GateResult, ...]:
    """Every gate's answer: rules of people, what upstream proved, what the merge needs, and last what has to be asked outside."""
    images = {change.service: str(change.new.image) for change in changes}
    gates = [*_rules(situation, request, candidate, images)]
    if request.hotfix is not None:
        hotfix = request.hotfix
        gates.append(hotfix_gate(hotfix.reason, hotfix.requester, hotfix.expires, situation.observed.now))
    if request.train:
        gates.append(_combination(situation, request, candidate, images))
    if request.hotfix is None:
        for upstream in situation.stage.upstream:
            gates += _proofs(situation, request, candidate, images, upstream)
    gates += _at_merge(situation, request, pull)
    presences = {image: situation.observed.presences.get(image, NOT_ASKED) for image in images.values()}
    blocked = any(gate.moment is GateMoment.OPEN and not gate.passed for gate in gates)
    # What has to be asked outside (registry, attestations) comes last, and is left unasked while something cheaper is in the way.
    if not blocked or NOT_ASKED not in presences.values():
        gates.append(digests_gate(presences))
        rule = situation.stage.gates.asks_attestation
        if rule is not None:
            attested = situation.observed.attested
            gates.append(attestation_gate(rule, {image: attested.get(image, UNATTESTED) for image in images.values()}))
    return tuple(gates)


def _rules(situation: Situation, request: PromotionRequest, candidate: Candidate, images: Mapping[str, str]) -> tuple[GateResult, ...]:
    observed, target, hotfix = situation.observed, situation.stage.environment, request.hotfix is not None
    vetoed = [veto for veto in situation.vetoes if _is_vetoed(situation, veto, candidate, images)]
    holds = dict.fromkeys(hold for service, image in images.items() for hold in situation.holds(service, image))
    return (
        veto_gate(vetoed),
        freeze_gate(observed.policy.freezes, target, images, observed.now, hotfix=hotfix),
        hold_gate(tuple(holds), hotfix=hotfix),
    )


def _is_vetoed(situation: Situation, veto: Veto, candidate: Candidate, images: Mapping[str, str]) -> bool:
    """By the release that it comes from, or by what the target would run. A digest that the target has already is no news."""
    if veto.digest is not None:
        return is_vetoed(veto, None, images, {})
    after = {**situation.present, **images}
    observed = situation.observed.releases[situation.stage.environment]
    known = situation.deployed
    names = (candidate.release, observed.with_images({s: situation.labels.find(i) for s, i in images.items()}).id)
    return veto.release in names or is_vetoed(veto, None, candidate.images, known) or is_vetoed(veto, None, after, known)


def _combination(situation: Situation, request: PromotionRequest, candidate: Candidate, images: Mapping[str, str]) -> GateResult:
    after = {**situation.present, **images}
    surplus = [service for service, image in after.items() if candidate.images.get(service) != image]
    held = [service for service in surplus if situation.holds(service, candidate.images.get(service, ""))]
    return combination_gate(request.source, request.target, surplus, held)


@dataclass(frozen=True, slots=True)
class _Upstream:
    """What counts as a proof of the changes in one upstream environment. name: what the release is called there.

    differing: the services of which it declares other images, none for the source. fits: whether a proof is one of them.
    """

    name: str
    differing: tuple[str, ...]
    fits: Callable[[Proof], bool]


def _upstream(
    situation: Situation, request: PromotionRequest, candidate: Candidate, images: Mapping[str, str], environment: str
) -> _Upstream:
    """In the source it is the release itself; elsewhere the same images, under the configuration and data that are declared there now."""
    if environment == request.source:
        return _Upstream(candidate.release, (), lambda proof: proof.release == candidate.release)
    declared = situation.observed.releases[environment]
    wanted = candidate.images if request.train else images
    provable = {service: image for service, image in wanted.items() if service not in declared.left_out}
    here = {service: str(image) for service, image in declared.images.items()}
    differing = tuple(service for service, image in provable.items() if here.get(service) != image)

    def fits(proof: Proof) -> bool:
        details, had = proof.record.entry.details, proof.images
        if not had:
            return proof.release == declared.id and not differing
        as_now = all(not now or details.get(key) == now for key, now in (("config", declared.config), ("data", declared.data)))
        whole = not request.train or set(had) <= set(wanted)
        return as_now and whole and all(had.get(service) == image for service, image in provable.items())

    return _Upstream(declared.id, differing, fits)


def _proofs(
    situation: Situation, request: PromotionRequest, candidate: Candidate, images: Mapping[str, str], environment: str
) -> list[GateResult]:
    gates, now, evidence = situation.stage.gates, situation.observed.now, situation.evidence
    found, there = situation.occupancies[environment], _upstream(situation, request, candidate, images, environment)
    results = []
    if environment != request.source:
        results.append(same_images_gate(environment, () if found.proof(there.fits) else there.differing))
    if gates.verified:
        results.append(verified_gate(found, there.name, there.fits))
    if gates.soak:
        results.append(soak_gate(found, there.name, there.fits, least=gates.soak, now=now))
    names = {proof.release for proof in found.proofs if there.fits(proof)} | (set() if there.differing else {there.name})
    if gates.smoke:
        results.append(smoke_gate(environment, evidence, names, now))
    if gates.judgement:
        by = gates.judgement.by
        may = {who for who in {item.by for item in evidence} if situation.may(by, spelled_identity(who))}
        results.append(judgement_gate(environment, evidence, names, gates.judgement, may.__contains__, now))
    return results


def _at_merge(situation: Situation, request: PromotionRequest, pull: ProposalPull | None) -> list[GateResult]:
    gates, found = situation.stage.gates, pull.pull if pull else None
    results = []
    if gates.windows:
        results.append(windows_gate(gates.windows, situation.observed.now, hotfix=request.hotfix is not None))
    rule = approval_rule(situation.stage, request, situation.people)
    if rule.required:
        excluded = situation.observed.excluded.get(found.number, ()) if found else ()
        results.append(approvals_gate(rule, found.commit if found else None, found.reviews if found else (), excluded))
    if gates.checks:
        results.append(checks_gate(gates.checks, found.checks if found else None))
    if found is not None:
        results.append(label_gate(found.labels))
    return results
