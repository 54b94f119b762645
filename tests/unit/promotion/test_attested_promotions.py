"""Promotions into a stage that wants attestations: planned, opened, merged, and what the registry is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from liftlock.core.attestation import read_bundle, read_envelope
from liftlock.core.errors import BlockedError, ConfigError
from liftlock.core.gates.result import GatePhase, GateResult
from liftlock.core.ledger import Fact
from liftlock.core.project import AttestationMode, AttestationRule, Gates, IdentitySigner, KeySigner, Stage
from liftlock.core.promotion_types import PromotionPlan
from liftlock.services.promotions import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.attesting import ADA as KEY
from tests.attesting import BUILDER, MALLORY, PROVENANCE, Signer, provenance
from tests.git_repositories import ADA, GRACE
from tests.promotion_world import REGISTRY, TO_STAGING, World, make_project, ready_world
from tests.small_sigstore import SmallSigstore

RULE = AttestationRule(AttestationMode.ENFORCE, PROVENANCE, KeySigner(PurePosixPath("keys/cosign.pub")), BUILDER)


def attested_world(rule: AttestationRule = RULE, keys: str | None = KEY.public) -> World:
    """dev has proved api and web; staging wants attestations."""
    world = ready_world()
    pipeline = (Stage("dev"), Stage("staging", ("dev",), Gates(approvals=1, attestation=rule)))
    again = World(make_project(pipeline=pipeline), world.origin, world.clock, world.registry, world.ledger)
    if keys is not None:
        tip = again.origin.branches["main"]
        tree = {**again.origin.trees[tip], rule.signer.file: keys}
        again.origin.branches["main"] = again.origin.add((tip,), tree, "Trust these keys", ADA)
    return again


def attest(world: World, *services: str, by: Signer = KEY, builder: str = BUILDER) -> None:
    for service in services:
        image = world.release("dev").services[service].image
        envelope = by.envelope(provenance(image.digest.text, builder=builder))
        world.attestations.attach(image, read_envelope(f"{service}.att", json.dumps(envelope).encode()))


def first_stage_world(mode: AttestationMode) -> World:
    """dev itself wants attestations; v1 of api is in the registry."""
    world = attested_world()
    project = make_project(pipeline=(Stage("dev", (), Gates(attestation=replace(RULE, mode=mode))),))
    world = World(project, world.origin, world.clock, world.registry, world.ledger)
    world.registry.push(f"{REGISTRY}/shop/api", "v2")
    return world


def gate(plan: PromotionPlan) -> GateResult:
    [found] = [gate for gate in plan.gates if gate.key == "attestation"]
    return found


def test_images_with_their_attestations_go_the_whole_way() -> None:
    world = attested_world()
    attest(world, "api", "web")
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.OPENED
    world.reviews.approve(1, GRACE)
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED
    assert "attestation=passed" in str(world.ledger.records()[-1].entry.details["gates"])


def test_one_image_without_blocks_and_is_named() -> None:
    world = attested_world()
    attest(world, "api")
    plan = world.promotions.plan(TO_STAGING)
    assert gate(plan).phase is GatePhase.PENDING
    assert "/shop/web@sha256:" in gate(plan).reason
    assert "/shop/api@" not in gate(plan).reason
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.BLOCKED
    attest(world, "web")
    assert gate(world.promotions.plan(TO_STAGING)).passed


def test_a_warning_lets_pass_and_is_read_in_the_plan() -> None:
    world = attested_world(replace(RULE, mode=AttestationMode.WARN))
    attest(world, "api", "web", by=MALLORY)
    found = gate(world.promotions.plan(TO_STAGING))
    assert found.phase is GatePhase.WARNED
    assert "no signature of it is by a key in keys/cosign.pub" in found.reason
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.OPENED


def test_a_rule_that_is_off_asks_nobody() -> None:
    world = attested_world(replace(RULE, mode=AttestationMode.OFF), keys=None)
    attest(world, "api", "web")
    plan = world.promotions.plan(TO_STAGING, explain=True)
    assert [gate for gate in plan.gates if gate.key == "attestation"] == []
    assert world.attestations.read == 0


def test_a_registry_that_is_down_is_never_passed_and_an_older_release_is_not_taken_for_it() -> None:
    world = attested_world()
    attest(world, "api", "web")
    world.attestations.down = True
    plan = world.promotions.plan(TO_STAGING)
    assert (gate(plan).phase, gate(plan).unknown) == (GatePhase.PENDING, True)
    assert "could not be asked" in gate(plan).reason
    assert plan.new_images["api"].tag == "v1"
    world.attestations.down = False
    assert gate(world.promotions.plan(TO_STAGING)).passed


def test_the_newest_release_whose_images_are_attested_is_promoted() -> None:
    world = attested_world()
    attest(world, "api", "web")
    world.record(ADA, api="v2")
    world.deploy("dev")
    plan = world.promotions.plan(TO_STAGING)
    assert plan.new_images["api"].tag == "v1"
    attest(world, "api")
    assert world.promotions.plan(TO_STAGING).new_images["api"].tag == "v2"


def test_evidence_that_is_lost_after_the_opening_blocks_the_merge() -> None:
    world = attested_world()
    attest(world, "api", "web")
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.approve(1, GRACE)
    kept, world.attestations.attached = world.attestations.attached, {}
    report = world.reviews.merge(1, ADA)
    assert report.outcome is MergeOutcome.BLOCKED
    assert [blocker.key for blocker in report.blockers] == ["attestation"]
    world.attestations.attached = kept
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED


def test_a_stricter_rule_takes_the_approval_away() -> None:
    world = attested_world()
    attest(world, "api", "web")
    lax = replace(RULE, builder=None)
    pipeline = (Stage("dev"), Stage("staging", ("dev",), Gates(approvals=1, attestation=lax)))
    other = World(make_project(pipeline=pipeline), world.origin, world.clock, world.registry, world.ledger, world.attestations)
    assert other.promotions.plan(TO_STAGING).digest != world.promotions.plan(TO_STAGING).digest


def test_nothing_is_asked_while_something_cheaper_is_in_the_way_unless_it_is_to_be_explained() -> None:
    world = attested_world()
    attest(world, "api", "web")
    world.deploy("dev", Fact.DESTROYED)
    world.promotions.plan(TO_STAGING)
    assert world.attestations.read == 0
    assert gate(world.promotions.plan(TO_STAGING, explain=True)).passed


@pytest.mark.parametrize(
    ("keys", "said"), [(None, "has no such file"), ("no key", r"keys/cosign.pub \([0-9a-f]{12}\): it holds no public key")]
)
def test_keys_that_are_not_there_are_an_error_of_the_configuration(keys: str | None, said: str) -> None:
    world = attested_world(keys=keys)
    attest(world, "api", "web")
    with pytest.raises(ConfigError, match=said):
        world.promotions.plan(TO_STAGING)


def test_an_image_enters_the_first_environment_only_with_its_attestation() -> None:
    world = first_stage_world(AttestationMode.ENFORCE)
    before = world.writes
    with pytest.raises(BlockedError, match="nothing is attached"):
        world.images.record("dev", {"api": "v2"}, ADA)
    assert world.writes == before
    image = world.registry.tags[f"{REGISTRY}/shop/api", "v2"].image
    envelope = KEY.envelope(provenance(image.digest.text))
    world.attestations.attach(image, read_envelope("att", json.dumps(envelope).encode()))
    report = world.images.record("dev", {"api": "v2"}, ADA)
    assert (report.changed["api"].image, report.warning) == (image, None)


def test_an_image_without_its_attestation_is_recorded_with_a_warning_where_that_is_the_rule() -> None:
    report = first_stage_world(AttestationMode.WARN).images.record("dev", {"api": "v2"}, ADA)
    assert report.commit is not None
    assert report.warning is not None and "nothing is attached" in report.warning


def test_what_an_environment_runs_can_be_checked_at_any_time() -> None:
    world = first_stage_world(AttestationMode.ENFORCE)
    attest(world, "api")
    api, web = world.images.verify("dev")
    assert (api.attestation, web.attestation) == (GatePhase.PASSED, GatePhase.PENDING)
    assert web.attested is not None and "nothing is attached" in web.attested
    world.attestations.down = True
    assert all(check.reason and "could not be asked" in check.reason for check in world.images.verify("dev"))


def test_an_identity_may_be_trusted_in_place_of_a_key() -> None:
    sigstore, who = (
        SmallSigstore(),
        IdentitySigner("https://ci.example/build.yml", "https://issuer.example", PurePosixPath("keys/root.json")),
    )
    world = attested_world(replace(RULE, signer=who), keys=sigstore.trusted_root)
    for service, identity in (("api", f"{who.identity}@refs/heads/main"), ("web", "https://evil.example/build.yml")):
        image = world.release("dev").services[service].image
        bundle = sigstore.bundle(provenance(image.digest.text), identity=identity, issuer=who.issuer)
        world.attestations.attach(image, read_bundle(f"{service}.bundle", json.dumps(bundle).encode()))
    found = gate(world.promotions.plan(TO_STAGING))
    assert found.phase is GatePhase.PENDING
    assert "web.bundle: no signature of it is by https://ci.example/build.yml (https://issuer.example)" in found.reason
    assert "api.bundle" not in found.reason
