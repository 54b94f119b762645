"""What the forge is told of a promotion."""

from __future__ import annotations

import pytest

from liftlock.core.gates.result import GateMoment, GatePhase, GateResult
from liftlock.core.ports import CheckState
from liftlock.core.promotion_check import CHECK, promotion_check
from tests.git_repositories import ADA, GRACE
from tests.promotion_world import TO_STAGING, ready_world


def gate(key: str, phase: GatePhase, reason: str = "because") -> GateResult:
    return GateResult(key, phase, GateMoment.MERGE, reason)


@pytest.mark.parametrize(
    ("phases", "stale", "state", "said"),
    [
        ([GatePhase.PASSED, GatePhase.PASSED], None, CheckState.PASSED, "all 2 gates pass"),
        ([], None, CheckState.PASSED, "no gate"),
        ([GatePhase.PASSED, GatePhase.PENDING], None, CheckState.PENDING, "g1: because"),
        ([GatePhase.PENDING, GatePhase.FAILED], None, CheckState.FAILED, "g1: because"),
        ([GatePhase.PASSED], "dev has another release", CheckState.FAILED, "outdated: dev has another release"),
    ],
)
def test_the_gates_come_to_one_word(phases: list[GatePhase], stale: str | None, state: CheckState, said: str) -> None:
    check = promotion_check([gate(f"g{number}", phase) for number, phase in enumerate(phases)], stale, "https://forge.example/1")
    assert (check.name, check.state, check.url) == (CHECK, state, "https://forge.example/1")
    assert said in check.description


def test_the_description_is_one_line_that_every_forge_takes() -> None:
    check = promotion_check([gate("soak", GatePhase.PENDING, "a\nb " * 100)], None, None)
    assert len(check.description) == 140
    assert "\n" not in check.description


def test_the_status_of_an_open_promotion_is_said_on_its_head_commit() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.publish_status(1)
    assert [check.state for check in world.forge.pull(1).checks] == [CheckState.PENDING]
    world.reviews.approve(1, GRACE)
    world.reviews.publish_status(1)
    assert [(check.name, check.state) for check in world.forge.pull(1).checks] == [(CHECK, CheckState.PASSED)]


def test_nothing_is_said_of_a_promotion_that_is_over() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.close(1, ADA, "no")
    writes = world.writes
    assert world.reviews.publish_status(1).state.value == "closed"
    assert world.writes == writes
