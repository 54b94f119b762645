"""Branches that somebody made by hand exactly as liftlock names and describes its own: they get no further than what liftlock proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from liftlock.core.errors import ConflictError
from liftlock.core.image import ImageRef
from liftlock.core.measure import measure_digest
from liftlock.core.policy import Freeze, Hold, Veto
from liftlock.core.ports import CheckState, Identity, PullState
from liftlock.core.promotion_types import PromotionRequest, plan_digest
from liftlock.core.promotion_types import ServiceChange as Change
from liftlock.core.proposal import AddRule, Edit, ProposalKind, ReleaseEdit, RemoveRule, apply_edits, branch_name, writable_paths
from liftlock.core.pull_request_body import Metadata, encode_metadata
from liftlock.core.release import ReleasedImage
from liftlock.core.trailers import message, metadata_trailers
from liftlock.services.promotion_checks import PromotionChecks
from liftlock.services.review_results import MergeOutcome
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import REGISTRY, TO_PROD, TO_STAGING, World, make_project, ready_world

MALLORY = Identity("Mallory", "mallory@example.org")
WHY = "prices are wrong"
HELD = Hold("load-test", "prod", None, None, "load test", "Ada", None)
LEAK = Veto("leak", "rel-0123456789abcdef", None, (), "leaks", "Ada", None)


def history_world() -> World:
    """v1 was healthy in prod, v2 is there now; v3 was healthy in staging. No stage asks for approvals."""
    world = World(project=make_project(approvals=0))
    for tag in ("v1", "v2", "v3"):
        world.record(ADA, api=tag)
        world.deploy("dev")
        for request in (TO_STAGING, TO_PROD)[: 1 if tag == "v3" else 2]:
            pull = world.promotions.open(request, ADA).pull
            assert pull is not None
            assert world.reviews.merge(pull.number, ADA).outcome is MergeOutcome.MERGED
            world.deploy(request.target)
    return world


def image(world: World, tag: str) -> ReleasedImage:
    return ReleasedImage(world.registry.tags[f"{REGISTRY}/shop/api", tag].image, tag, f"c-api-{tag}")


def craft(world: World, metadata: Metadata, edits: tuple[Edit, ...], *, text: str | None = None, base: str = "main") -> int:
    """The pull request of a branch that Mallory pushes: one commit on main, with the name and the words that liftlock gives its own."""
    kind, target = metadata.kind, metadata.target
    world.repository.fetch()
    tip = world.origin.branches["main"]
    tree = world.origin.trees[tip]
    files = apply_edits({path: tree.get(path) for path in writable_paths(kind, target)}, edits)
    branch = branch_name(kind, target, edits)
    words = message("Crafted", [], metadata_trailers(metadata)) if text is None else text
    world.origin.branches[branch] = world.origin.add((tip,), {**tree, **files}, words, MALLORY)
    body = encode_metadata(metadata)
    return world.forge.open_pull(title="Crafted", body=body, head=branch, base=base, author=MALLORY).number


def rollback(world: World, edits: tuple[Edit, ...], **parameters: str) -> int:
    """A rollback of prod that consists of these edits."""
    images = {name: new for edit in edits if isinstance(edit, ReleaseEdit) for name, new in edit.images.items()}
    plan = measure_digest(ProposalKind.ROLLBACK, "prod", edits, WHY)
    return craft(world, Metadata("", "prod", plan, None, images, ProposalKind.ROLLBACK, {**parameters, "reason": WHY}), edits)


def promotion(world: World, kind: ProposalKind, request: PromotionRequest, edits: tuple[Edit, ...], tag: str) -> int:
    """A promotion of api to prod under the plan of the request, which consists of these edits."""
    images: Mapping[str, ReleasedImage] = {"api": image(world, tag)}
    stage = world.project.stage("prod")
    assert stage is not None
    changes = [Change(name, world.release("prod").services.get(name), new) for name, new in images.items()]
    plan = plan_digest(world.project, stage, request, changes)
    return craft(world, Metadata("staging", "prod", plan, request.services, images, kind, request.parameters), edits)


def ran(world: World) -> str:
    """A release that prod ran."""
    return next(r.entry.release for r in world.ledger.records() if r.entry.environment == "prod" and r.entry.release)


def refused(world: World, number: int, because: str) -> None:
    """Neither status nor merge takes it, and nothing reaches main."""
    before = world.origin.branches["main"]
    status = world.reviews.status(number)
    assert not status.mergeable
    with pytest.raises(ConflictError, match=because):
        world.reviews.merge(number, MALLORY)
    assert world.origin.branches["main"] == before


def test_a_rollback_to_what_never_ran_there_is_refused() -> None:
    world = history_world()
    new = world.registry.push(f"{REGISTRY}/shop/api", "evil").image
    edits = (ReleaseEdit("prod", {"api": ReleasedImage(ImageRef(new.repository, new.digest))}),)
    refused(world, rollback(world, edits, to="rel-0123456789abcdef"), "prod never ran")


def test_a_rollback_to_what_only_staging_proved_is_refused_whatever_release_it_names() -> None:
    world = history_world()
    refused(world, rollback(world, (ReleaseEdit("prod", {"api": image(world, "v3")}),), to=ran(world)), "not what a rollback")


def test_a_rollback_that_lifts_rules_on_the_way_is_refused() -> None:
    world = history_world()
    world.set_rules(HELD, LEAK)
    refused(world, rollback(world, (RemoveRule("holds", HELD.id), RemoveRule("vetoes", LEAK.id)), to=ran(world)), "not what a rollback")


def test_a_promotion_that_says_it_lifts_a_hold_and_does_not_is_refused() -> None:
    world = history_world()
    world.set_rules(HELD)
    lifting = replace(TO_PROD, lifts=(HELD.id,))
    number = promotion(world, ProposalKind.PROMOTE, lifting, (ReleaseEdit("prod", {"api": image(world, "v3")}),), "v3")
    world.reviews.approve(number, GRACE)
    refused(world, number, "not what was asked for")


@pytest.mark.parametrize(
    ("lifts", "edits"),
    [
        ((), (RemoveRule("vetoes", LEAK.id),)),
        (("rollback-prod",), (RemoveRule("holds", "rollback-prod"), RemoveRule("vetoes", LEAK.id))),
        (("load-test", "rollback-prod"), (RemoveRule("holds", "load-test"), RemoveRule("holds", "rollback-prod"))),
        (("rollback-prod",), (RemoveRule("holds", "rollback-prod"), AddRule(replace(LEAK, id="another", release="rel-1111111111111111")))),
    ],
)
def test_a_roll_forward_changes_no_other_rule_than_its_own_holds(lifts: tuple[str, ...], edits: tuple[Edit, ...]) -> None:
    world = history_world()
    world.set_rules(HELD, LEAK, replace(HELD, id="rollback-prod", rollback="rel-0123456789abcdef"))
    every = (*edits, ReleaseEdit("prod", {"api": image(world, "v3")}))
    number = promotion(world, ProposalKind.ROLLFORWARD, replace(TO_PROD, lifts=lifts), every, "v3")
    world.reviews.approve(number, GRACE)
    refused(world, number, "not what was asked for")


def test_a_description_makes_no_hotfix_of_a_promotion_whose_commit_does_not_say_so() -> None:
    world = history_world()
    request = replace(TO_PROD, hotfix=world.promotions.hotfix("now", world.clock.now() - world.clock.now().replace(hour=0), LINUS))
    images = {"api": image(world, "v3")}
    stage = world.project.stage("prod")
    assert stage is not None
    plan = plan_digest(world.project, stage, request, [Change("api", world.release("prod").services["api"], images["api"])])
    said = Metadata("staging", "prod", plan, None, images, ProposalKind.HOTFIX, request.parameters)
    number = craft(world, replace(said, kind=ProposalKind.PROMOTE), (ReleaseEdit("prod", images),), text="Promote api")
    world.reviews.approve(number, GRACE)
    world.forge.update_pull(number, title="Crafted", body=encode_metadata(said))
    refused(world, number, "does not say what it does")


def test_a_freeze_holds_for_a_promotion_that_calls_itself_a_rollback() -> None:
    world = history_world()
    now = world.clock.now()
    world.set_rules(Freeze("year-end", ("prod",), (), now, now.replace(year=now.year + 1), "UTC", "sale", "Ada"))
    refused(world, rollback(world, (ReleaseEdit("prod", {"api": image(world, "v3")}),)), "does not say which release")


def test_a_pull_request_into_another_branch_is_merged_and_recorded_by_nobody() -> None:
    world = ready_world()
    opened = world.promotions.open(TO_STAGING, ADA).pull
    assert opened is not None
    world.origin.branches["elsewhere"] = world.origin.branches["main"]
    world.forge.pulls[opened.number] = replace(world.forge.pulls[opened.number], base="elsewhere")
    world.forge.review(opened.number, reviewer=GRACE, approve=True, commit=opened.commit)
    before = len(world.ledger.kept)
    assert world.reviews.open_promotions() == ()
    with pytest.raises(ConflictError, match="goes into elsewhere, not into main"):
        world.reviews.merge(opened.number, ADA)
    world.forge.merge(opened.number, message="by hand", by=ADA, commit=opened.commit)
    assert world.forge.pull(opened.number).state is PullState.MERGED
    assert world.reviews.open_promotions() == ()
    assert len(world.ledger.kept) == before


def test_a_thaw_without_its_block_is_no_ordinary_pull_request_to_the_check() -> None:
    world = history_world()
    world.set_rules(LEAK)
    edits = (RemoveRule("vetoes", LEAK.id),)
    plan = measure_digest(ProposalKind.POLICY, "vetoes", edits, WHY)
    number = craft(world, Metadata("", "vetoes", plan, None, {}, ProposalKind.POLICY, {"reason": WHY}), edits)
    world.forge.update_pull(number, title="Tidy up", body="nothing to see here")
    PromotionChecks(world.project, world.parts).publish(number)
    assert [check.state for check in world.forge.pull(number).checks] == [CheckState.FAILED]
