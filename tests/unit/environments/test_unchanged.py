"""When `env up` may say that there is nothing to do without running: only where every doubt is excluded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from liftlock.core.environment import DataSource, DataSpec
from liftlock.core.errors import DeploymentError
from liftlock.core.ledger import Json
from liftlock.core.ports import Progress, StackResult
from liftlock.core.receipt import Receipt, differing
from tests.fakes.environments import FakeEngine, FakeProbe
from tests.samples import environment, service
from tests.unit.environments.test_environments import ADA, World


def settled() -> World:
    """A world whose last run changed nothing."""
    world = World()
    world.witness.other = {"program": "p", "configuration": "c", "references": "r", "secrets": "s", "surroundings": "u"}
    world.up(environment())
    world.up(environment())
    return world


def test_after_a_run_that_changed_nothing_the_next_is_a_look_that_tells_the_same() -> None:
    world = settled()
    looked = world.check()
    assert looked is not None
    assert looked.looked
    run = world.up(environment())
    assert replace(looked, looked=False, seconds=0) == replace(run, seconds=0)


def test_a_run_that_changed_something_proves_nothing_yet() -> None:
    world = World()
    world.up(environment())
    assert world.check() is None


def test_a_run_that_left_a_record_proves_nothing_yet() -> None:
    world = settled()
    forgetful = World(engine=world.engine)
    assert forgetful.up(environment()).recorded
    assert forgetful.check() is None


def another_runs(world: World) -> None:
    world.locks.held.add("dev")


def nothing_answers(world: World) -> None:
    world.probe.status = 0


def a_server_error(world: World) -> None:
    world.probe.status = 503


def gone(world: World) -> None:
    del world.engine.live["dev", "api"]


def changed_outside(world: World) -> None:
    world.engine.live["dev", "api"]["memory"] = 77


def a_stranger(world: World) -> None:
    world.engine.live["dev", "stranger"] = {"image": "x", "memory": None}


def a_changed_state(world: World) -> None:
    world.engine.stacks_by_name["dev"].resources["api"]["memory"] = 5


def blind(world: World) -> None:
    world.witness.blind = True


def removed(world: World) -> None:
    world.environments.down("dev", "shop", actor=ADA, protected=False)


@pytest.mark.parametrize(
    "happen", [another_runs, nothing_answers, a_server_error, gone, changed_outside, a_stranger, a_changed_state, blind, removed]
)
def test_whatever_is_otherwise_takes_a_run(happen: Callable[[World], None]) -> None:
    world = settled()
    assert world.check() is not None
    happen(world)
    assert world.check() is None


@pytest.mark.parametrize("fact", ["program", "configuration", "references", "secrets", "surroundings"])
@pytest.mark.parametrize("how", ["changes", "goes", "comes"])
def test_each_fact_counts(fact: str, how: str) -> None:
    world = settled()
    match how:
        case "changes":
            world.witness.other[fact] = "another"
        case "goes":
            del world.witness.other[fact]
        case _:
            world.witness.other[f"new {fact}"] = "x"
    assert world.check() is None


def test_a_run_takes_back_what_an_earlier_one_proved_even_where_it_fails() -> None:
    world = settled()
    world.probe.status = 500
    with pytest.raises(DeploymentError):
        world.up(environment())
    world.probe.status = 200
    assert world.check() is None


def test_what_changes_while_a_run_that_changes_nothing_goes_on_leaves_no_receipt() -> None:
    world = settled()

    class Meddled(FakeProbe):
        def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
            world.engine.live["dev", "api"]["memory"] = 77
            return 200

    world.probe = Meddled()
    assert world.up(environment()).changed == 0
    assert world.check() is None


@pytest.mark.parametrize(("by_this_run", "proved"), [(True, True), (False, False)])
def test_a_state_that_changed_during_the_run_is_proved_only_where_the_run_wrote_it(by_this_run: bool, proved: bool) -> None:
    world = settled()

    class Rewritten(FakeEngine):
        """Its state has another text after each run."""

        runs = 0

        def checksum(self, environment: str) -> str:
            return f"after run {self.runs}"

        def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
            result = super().up(environment, values, secrets, progress=progress)
            self.runs += 1
            return replace(result, checksum=self.checksum(environment) if by_this_run else "after another")

    engine = Rewritten(stacks_by_name=world.engine.stacks_by_name, live=world.engine.live)
    world.engine = world.witness.engine = world.runtime.engine = engine
    world.up(environment())
    assert (world.check() is not None) == proved


def test_an_environment_whose_database_is_asked_for_its_rows_is_always_run() -> None:
    world = World()
    declared = environment()
    seeded = replace(
        declared, databases=tuple(replace(item, published=True, data=DataSpec(DataSource.SYNTHETIC)) for item in declared.databases)
    )
    assert seeded.databases
    world.up(seeded)
    world.up(seeded)
    assert world.check() is None


def test_another_declaration_changes_the_receipt_of_no_other_environment() -> None:
    world = settled()
    world.up(environment("staging", services=(service("web", databases=()),), databases=()))
    assert world.check() is not None
    assert world.check("staging") is None


def test_facts_differ_by_name() -> None:
    world = settled()
    receipt = world.receipts.kept["dev"]
    assert isinstance(receipt, Receipt)
    assert differing(receipt.facts, receipt.facts) == ()
    assert differing(receipt.facts, {**receipt.facts, "state": "x", "more": "y"}) == ("more", "state")
