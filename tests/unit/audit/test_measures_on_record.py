"""Rollbacks and changes of policy, as liftlock records them: clean in the audit, failures in the metrics, lines in the history."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath

import pytest

from liftlock.core.history import Filter, history
from liftlock.core.metrics import Figures, MetricsRequest, measure
from liftlock.core.policy_requests import Grounds, veto_request
from liftlock.services.audit import Audit
from tests.fakes.past import FakePast
from tests.git_repositories import ADA, GRACE
from tests.promotion_world import World
from tests.unit.promotion.test_measures import end, freeze, lift, prod_world, roll_back, set_rule


def prod(world: World) -> Figures:
    request = MetricsRequest(None, world.clock.moment + timedelta(days=1))
    return next(f for f in measure(world.ledger.records(), request).figures if (f.environment, f.service) == ("prod", None))


def audit(world: World) -> Audit:
    return Audit(world.ledger, FakePast(world.origin, world.project))


@pytest.fixture
def rolled_back() -> World:
    world = prod_world()
    roll_back(world, merge=True)
    world.deploy("prod")
    return world


def test_a_rollback_is_clean_with_its_edits_of_releases_and_policy(rolled_back: World) -> None:
    report = audit(rolled_back).verify()
    assert report.findings == ()
    row = audit(rolled_back).export()[-1]
    assert (row.kind, row.environment, row.authorised, row.deployed_by) == ("rollback", "prod", True, str(ADA))
    assert set(row.files) == {"releases/prod.yaml", "policy/vetoes.yaml", "policy/holds.yaml"}


def test_a_rollback_is_a_failure_of_what_it_left_until_the_deployment_after_it(rolled_back: World) -> None:
    found = prod(rolled_back)
    assert (found.attempts, found.failures, found.open_failures) == (3, 1, 0)
    assert found.restore_time is not None


def test_a_rollback_is_in_the_history_with_its_reason(rolled_back: World) -> None:
    event = next(e for e in history(rolled_back.ledger.records(), Filter("prod")) if e.fact == "promoted")
    assert (event.kind, event.reason) == ("rollback", "prices are wrong")


def test_a_freeze_and_its_end_are_clean(rolled_back: World) -> None:
    set_rule(rolled_back, freeze(rolled_back, "prod"))
    lifted = lift(rolled_back, "freezes", "prod")
    assert lifted.pull is not None
    rolled_back.reviews.approve(lifted.pull.number, GRACE)
    rolled_back.reviews.merge(lifted.pull.number, ADA)
    assert audit(rolled_back).verify().findings == ()
    rows = audit(rolled_back).export()[-2:]
    assert [(row.kind, row.files, row.approved_by) for row in rows] == [
        ("policy", ("policy/freezes.yaml",), ()),
        ("policy", ("policy/freezes.yaml",), (str(GRACE),)),
    ]


def test_a_veto_is_a_failure_of_the_deployment_that_it_names() -> None:
    world = prod_world()
    set_rule(world, veto_request(world.release("prod").id, None, end(world), Grounds("prices are wrong", "Ada")))
    found = prod(world)
    assert (found.failures, found.open_failures) == (1, 1)


def test_a_person_s_edit_of_a_rule_is_found_among_them(rolled_back: World) -> None:
    tip = rolled_back.origin.branches["main"]
    tree = {**rolled_back.origin.trees[tip], PurePosixPath("policy/vetoes.yaml"): "vetoes: []\n"}
    rolled_back.origin.branches["main"] = made = rolled_back.origin.add((tip,), tree, "Lift the veto", ADA)
    (finding,) = audit(rolled_back).verify().findings
    assert (finding.commit, finding.kind.value) == (made, "unauthorised")
