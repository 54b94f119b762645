"""The planner's decisions, on the world as services see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.core.errors import UsageError
from liftlock.core.gates.result import GatePhase
from liftlock.core.ledger import Fact
from liftlock.core.project import Gates, Stage
from liftlock.core.promotion_types import PromotionRequest
from liftlock.core.proposal import Adopt, Close, LeaveAlone, Open, Update
from tests.git_repositories import ADA, GRACE
from tests.promotion_world import TO_PROD, TO_STAGING, World, make_project, ready_world


def test_a_proved_release_is_opened_with_every_service_that_differs() -> None:
    plan = ready_world().promotions.plan(TO_STAGING)
    assert [(change.service, change.old, change.new.tag, change.new.commit) for change in plan.changes] == [
        ("api", None, "v1", "c-api-v1"),
        ("web", None, "v1", "c-web-v1"),
    ]
    assert plan.actions == (Open(plan.branch),)
    assert plan.release == plan.source_release
    assert plan.rollback is None


def test_an_unproved_release_is_not_opened() -> None:
    world = World()
    world.record(api="v1")
    plan = world.promotions.plan(TO_STAGING)
    assert plan.actions == ()
    assert [gate.key for gate in plan.blockers] == ["verified:dev"]


def test_approvals_keep_it_from_being_merged_but_not_from_being_opened() -> None:
    plan = ready_world().promotions.plan(TO_STAGING)
    assert [gate.key for gate in plan.merge_blockers] == ["approvals"]
    assert plan.blockers == ()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (PromotionRequest("dev", "nowhere"), "nowhere is not in the pipeline"),
        (PromotionRequest("nowhere", "staging"), "nowhere is not in the pipeline"),
        (PromotionRequest("staging", "dev"), "first environment"),
        (PromotionRequest("dev", "prod"), "from staging, not from dev"),
        (PromotionRequest("dev", "staging", ("apu",)), "no service 'apu'"),
        (TO_PROD, "staging has no release to promote"),
    ],
)
def test_a_question_that_the_pipeline_does_not_allow_is_the_users_mistake(request_: PromotionRequest, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ready_world().promotions.plan(request_)


@pytest.mark.parametrize(
    ("request_", "next_"),
    [(TO_STAGING, "liftlock image record --env dev SERVICE=TAG"), (TO_PROD, "liftlock promote open --to staging")],
)
def test_a_source_without_a_release_says_which_command_gives_it_one(request_: PromotionRequest, next_: str) -> None:
    with pytest.raises(UsageError) as caught:
        World().promotions.plan(request_)
    assert caught.value.hint == f"run: {next_}"


def test_planning_again_after_opening_adopts() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    assert world.promotions.plan(TO_STAGING).actions == (Adopt(1),)


def test_a_newer_release_supersedes_the_older_pull_request() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.record(api="v2")
    world.deploy("dev")
    plan = world.promotions.plan(TO_STAGING)
    assert plan.actions == (Open(plan.branch), Close(1, "superseded"))


def test_promotions_of_different_services_stand_side_by_side() -> None:
    world = ready_world()
    world.promotions.open(replace(TO_STAGING, services=("api",)), ADA)
    plan = world.promotions.plan(replace(TO_STAGING, services=("web",)))
    assert plan.actions == (Open(plan.branch),)


def test_a_pull_request_for_what_the_target_has_by_now_is_closed() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    main = world.origin.branches["main"]
    topic = world.origin.trees[world.origin.branches[world.promotions.plan(TO_STAGING).branch]]
    world.origin.branches["main"] = world.origin.add((main,), topic, "By another way", GRACE)
    assert world.promotions.plan(TO_STAGING).actions == (Close(1, "staging needs nothing of it any more"),)


def test_a_branch_with_another_digest_is_left_alone() -> None:
    world = ready_world()
    branch = world.promotions.open(TO_STAGING, ADA).plan.branch
    digest = world.release("dev").services["api"].image.digest.text
    world.rewrite("releases/staging.yaml", digest, "sha256:" + "0" * 64, branch=branch, by=GRACE)
    (action,) = world.promotions.plan(TO_STAGING).actions
    assert isinstance(action, LeaveAlone)
    assert action.hinders
    assert "Grace" in action.reason


def test_a_release_file_that_changed_on_the_base_makes_the_pull_request_anew() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    tip = world.origin.branches["main"]
    from liftlock.core.proposal import release_path

    tree = {**world.origin.trees[tip], release_path("staging"): "# by hand\nservices: {}\n"}
    world.origin.branches["main"] = world.origin.add((tip,), tree, "By hand", GRACE)
    (action,) = world.promotions.plan(TO_STAGING).actions
    assert isinstance(action, Update)
    assert "releases/staging.yaml has changed since" in action.reason


def test_a_body_without_its_block_is_written_anew() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.forge.update_pull(1, title="Mine now", body="nothing hidden")
    (action,) = world.promotions.plan(TO_STAGING).actions
    assert isinstance(action, Update)


def test_a_digest_that_the_registry_lost_blocks() -> None:
    world = ready_world()
    image = world.release("dev").services["api"].image
    world.registry.prune(image.repository, image.digest)
    plan = world.promotions.plan(TO_STAGING)
    assert [(gate.key, gate.phase) for gate in plan.blockers] == [("digests", GatePhase.FAILED)]


def test_a_registry_that_does_not_answer_blocks_and_says_so() -> None:
    world = ready_world()
    world.registry.down = True
    plan = world.promotions.plan(TO_STAGING)
    assert [(gate.key, gate.phase) for gate in plan.blockers] == [("digests", GatePhase.PENDING)]
    assert "does not answer" in plan.blockers[0].reason


def test_every_upstream_environment_must_have_and_prove_the_same_images() -> None:
    gates = Gates(verified=True, approvals=0)
    pipeline = (Stage("dev"), Stage("qa", ("dev",), gates), Stage("perf", ("dev",), gates), Stage("prod", ("qa", "perf"), gates))
    world = World(make_project(pipeline=pipeline))
    world.record(api="v1")
    world.deploy("dev")
    for environment in ("qa", "perf"):
        opened = world.promotions.open(PromotionRequest("dev", environment), ADA)
        assert opened.pull is not None
        if environment == "qa":
            world.reviews.merge(opened.pull.number, ADA)
            world.deploy("qa")
    blockers = world.promotions.plan(PromotionRequest("qa", "prod")).blockers
    assert [gate.key for gate in blockers] == ["same-images:perf", "verified:perf"]
    world.reviews.merge(2, ADA)
    world.deploy("perf")
    assert world.promotions.plan(PromotionRequest("qa", "prod")).blockers == ()


def test_the_plan_digest_names_content_and_rules_but_not_the_moment() -> None:
    world = ready_world()
    first = world.promotions.plan(TO_STAGING)
    world.deploy("dev")
    assert world.promotions.plan(TO_STAGING).digest == first.digest
    stricter = World(make_project(approvals=2), world.origin, world.clock, world.registry, world.ledger)
    assert stricter.promotions.plan(TO_STAGING).digest != first.digest


def test_a_failed_deployment_after_opening_blocks_but_leaves_the_pull_request() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.deploy("dev", Fact.DEPLOY_FAILED)
    plan = world.promotions.plan(TO_STAGING)
    assert (plan.actions, plan.pull, [gate.phase for gate in plan.blockers]) == ((), 1, [GatePhase.FAILED])


@pytest.mark.parametrize("where", ["base", "dev"])
def test_a_change_of_configuration_takes_the_proof_away_until_it_is_deployed(where: str) -> None:
    world = ready_world()
    assert not world.promotions.plan(TO_STAGING).blockers
    world.configure("services: {api: {env: {LOG_LEVEL: debug}}}\n", where)
    (blocker,) = world.promotions.plan(TO_STAGING).blockers
    assert (blocker.key, "run: liftlock env up dev" in blocker.reason) == ("verified:dev", True)
    world.deploy("dev")
    assert not world.promotions.plan(TO_STAGING).blockers


def test_a_change_of_another_environments_own_configuration_leaves_the_proof() -> None:
    world = ready_world()
    before = world.promotions.plan(TO_STAGING)
    world.configure("services: {api: {env: {LOG_LEVEL: debug}}}\n", "staging")
    after = world.promotions.plan(TO_STAGING)
    assert not after.blockers
    assert (after.source_release, after.branch) == (before.source_release, before.branch)
    assert after.release != before.release
