"""What the forge is told of a promotion."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath

import pytest

from liftlock.core.errors import UsageError
from liftlock.core.gates.result import GateMoment, GatePhase, GateResult
from liftlock.core.ports import Check, CheckState
from liftlock.core.promotion_check import CHECK, promotion_check
from liftlock.core.proposal import ProposalKind
from liftlock.core.pull_request_body import Metadata, encode_metadata
from liftlock.services.promotion_checks import PromotionChecks
from tests.git_repositories import ADA, GRACE
from tests.promotion_world import TO_STAGING, World, ready_world


def checks(world: World) -> PromotionChecks:
    return PromotionChecks(world.project, world.parts)


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
    checks(world).publish(1)
    assert [check.state for check in world.forge.pull(1).checks] == [CheckState.PENDING]
    world.reviews.approve(1, GRACE)
    checks(world).publish(1)
    assert [(check.name, check.state) for check in world.forge.pull(1).checks] == [(CHECK, CheckState.PASSED)]


def test_nothing_is_said_of_a_promotion_that_is_over() -> None:
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.close(1, ADA, "no")
    writes = world.writes
    assert checks(world).publish(1).state.value == "closed"
    assert world.writes == writes


def ordinary(world: World, path: str, text: str, branch: str = "person/change") -> int:
    """A person's own pull request that writes this file."""
    tip = world.origin.branches["main"]
    tree = {**world.origin.trees[tip], PurePosixPath(path): text}
    world.origin.branches[branch] = world.origin.add((tip,), tree, "By hand", GRACE)
    return world.forge.open_pull(title="Change", body="by hand", head=branch, base="main", author=GRACE).number


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("environments/prod.yaml", CheckState.PASSED),
        ("releases/dev.yaml", CheckState.PASSED),
        ("releases/staging.yaml", CheckState.FAILED),
        ("releases/prod.yaml", CheckState.FAILED),
    ],
)
def test_another_pull_request_passes_unless_it_changes_what_only_a_promotion_may(path: str, state: CheckState) -> None:
    world = ready_world()
    number = ordinary(world, path, "services: {}\n")
    said = checks(world).publish(number)
    assert isinstance(said, Check)
    assert [(check.name, check.state) for check in world.forge.pull(number).checks] == [(CHECK, state)] == [(said.name, said.state)]


def test_a_body_that_claims_to_be_of_policy_alone_hides_no_release() -> None:
    world = ready_world()
    number = ordinary(world, "releases/prod.yaml", "services: {}\n")
    claim = Metadata("", "freezes", "plan-x", None, {}, kind=ProposalKind.POLICY)
    world.forge.update_pull(number, title="Freeze prod", body=encode_metadata(claim))
    with suppress(UsageError):
        checks(world).publish(number)
    assert CheckState.PASSED not in [check.state for check in world.forge.pull(number).checks]


def test_what_cannot_be_seen_is_no_pass() -> None:
    world = ready_world()
    number = ordinary(world, "README.md", "hello")
    pull = world.forge.pull(number)
    del world.origin.commits[pull.commit]
    said = checks(world).publish(number)
    assert isinstance(said, Check)
    assert said.state is CheckState.FAILED
    assert "staging, prod" in said.description
