"""A release plan says what the promotion plan decides, and whatever a name or a reason holds stays text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from liftlock.adapters.release_plan_rendering import render_release_plan
from liftlock.commands.output import json_text
from liftlock.core.gates.result import GatePhase
from liftlock.core.policy import Freeze
from liftlock.core.project import Gates, Stage, Window
from liftlock.core.promotion_types import PromotionRequest
from liftlock.core.release_plan import ReleasePlan
from liftlock.services.release_plans import ReleasePlans
from tests.fakes.promotion import START
from tests.git_repositories import ADA, GRACE, LINUS
from tests.json_results import validated
from tests.promotion_world import TO_STAGING, World, make_project, ready_world


def plan_of(world: World, request: PromotionRequest = TO_STAGING) -> ReleasePlan:
    return ReleasePlans(world.project, world.parts).write(request, LINUS)


def test_a_plan_names_images_gates_order_rollback_and_people() -> None:
    world = ready_world(api="v1")
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.approve(1, GRACE)
    world.reviews.merge(1, ADA)
    world.record(GRACE, api="v2")
    world.deploy("dev")
    plan, promotion = plan_of(world), world.promotions.plan(TO_STAGING)
    assert (plan.plan, plan.release, plan.gates) == (promotion.digest, promotion.release, promotion.gates)
    (service,) = plan.services
    assert (service.service, service.old_tag, service.new_tag, service.commits) == ("api", "v1", "v2", "c-api-v1..c-api-v2")
    assert [(step.number, step.environment) for step in plan.order] == [
        (1, "dev"), (2, "staging"), (3, "staging"), (4, "staging"), (5, "staging"), (6, "prod"),
    ]  # fmt: skip
    assert plan.order[1].command == f"liftlock promote open --from dev --to staging --plan-digest {plan.plan}"
    assert plan.rollback.release == world.release("staging").id
    assert plan.rollback.command == f"liftlock rollback staging --to {plan.rollback.release} --reason TEXT"
    assert plan.people.required == 1
    assert {person.person: person.reason for person in plan.people.may_not} == {
        str(LINUS): "asks for the change",
        str(GRACE): "recorded an image of it for dev, wrote an image of it into a release file",
    }


def test_an_open_pull_request_is_named_with_whom_its_review_leaves_out() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    plan = plan_of(world)
    assert plan.pull == 1
    assert str(ADA) in {person.person for person in plan.people.may_not}
    assert str(LINUS) not in {person.person for person in plan.people.may_not}
    assert "liftlock promote approve 1" in [step.command for step in plan.order]


def test_windows_and_coming_freezes_are_told_with_their_times() -> None:
    window = Window(frozenset({0}), 9 * 60, 12 * 60, "Europe/Berlin")
    pipeline = (Stage("dev"), Stage("staging", ("dev",), Gates(approvals=1, windows=(window,))))
    world = World(project=make_project(pipeline=pipeline))
    world.record(ADA, api="v1")
    world.deploy("dev")
    soon = Freeze("f1", (), (), START + timedelta(days=1), START + timedelta(days=2), "Europe/Berlin", "year end", "Ada")
    world.set_rules(soon, replace(soon, id="over", start=START - timedelta(days=2), until=START - timedelta(days=1)),
                    replace(soon, id="other", environments=("prod",)), replace(soon, id="web", services=("web",)))  # fmt: skip
    plan = plan_of(world)
    assert [(w.window, w.open) for w in plan.windows] == [("mon 09:00-12:00 Europe/Berlin", False)]
    assert plan.windows[0].opens is not None
    assert plan.windows[0].opens > world.clock.moment
    assert [(f.id, f.holds) for f in plan.freezes] == [("f1", False)]
    assert "Freeze f1 from 2026-03-02T10:00:00+01:00" in render_release_plan(plan)


def test_what_blocks_is_in_the_document_with_the_reason() -> None:
    world = World()
    world.record(ADA, api="v1")
    plan = plan_of(world)
    assert any(gate.phase is not GatePhase.PASSED for gate in plan.gates)
    assert "| verified:dev | pending |" in render_release_plan(plan)


def test_nothing_to_do_is_said_so() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.approve(1, GRACE)
    world.reviews.merge(1, ADA)
    text = render_release_plan(plan_of(world))
    assert "staging has everything of it already" in text
    assert "Nothing is to be done." in text


def test_the_document_as_json_is_as_published() -> None:
    plan = plan_of(ready_world())
    assert validated(json_text("release-plan", plan))["plan"] == plan.plan


def test_no_name_and_no_reason_becomes_markup() -> None:
    evil = "x | y\n# Approved <script>alert(1)</script> `rm`"
    plan = plan_of(ready_world())
    gates = tuple(replace(gate, reason=evil, evidence=evil) for gate in plan.gates)
    services = tuple(replace(service, old_tag=evil, new_tag=evil, commits=evil) for service in plan.services)
    text = render_release_plan(replace(plan, gates=gates, services=services, notes=(evil,), source=evil))
    assert "<script" not in text
    assert "\n# Approved" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in {4, 5, 6} for line in rows)
    assert json.loads(json_text("release-plan", replace(plan, gates=gates)))["gates"][0]["reason"] == evil
