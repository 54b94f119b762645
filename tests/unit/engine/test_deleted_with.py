"""What goes with another resource's object (`deleted_with`) is not removed by itself, and is on record until the other one is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock_engine import Operation
from liftlock_engine.model import ResourceState
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.removal import blockers_of, hosts_of
from liftlock_engine.steps import plan_deletes
from tests.conformance.features.turns import FakeProvider, opts
from tests.fakes.things import TYPE, Thing
from tests.unit.engine.conftest import Desk

PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:fake::"


def _urn(name: str) -> str:
    return f"urn:pulumi:dev::shop::{TYPE}::{name}"


def _thing(name: str, *needs: str, within: str = "", provider: str = "") -> ResourceState:
    made = ResourceState(urn=_urn(name), type=TYPE, custom=True, id=f"{name}-1", dependencies=tuple(map(_urn, needs)))
    return replace(made, deleted_with=_urn(within) if within else "", provider=f"{PROVIDER}{provider}::id" if provider else "")


def _provider(name: str, *needs: str) -> ResourceState:
    type_ = "pulumi:providers:fake"
    return ResourceState(urn=f"{PROVIDER}{name}", type=type_, custom=True, id="id", dependencies=tuple(map(_urn, needs)))


def _names(*states: ResourceState) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Hosts and blockers by name; the states in dependency order."""
    steps = plan_deletes(states)
    names = [step.urn.rsplit("::", 1)[1] for step in steps]
    hosts = {names[place]: names[host] for place, host in hosts_of(steps).items()}
    return hosts, {names[place]: {names[other] for other in blockers} for place, blockers in blockers_of(steps).items()}


def test_a_part_of_a_part_is_left_to_the_whole() -> None:
    hosts, _ = _names(_thing("whole"), _thing("part", within="whole"), _thing("screw", within="part"))
    assert hosts == {"part": "whole", "screw": "whole"}


def test_a_provider_is_removed_after_the_host_of_what_it_made() -> None:
    hosts, blockers = _names(_provider("p"), _thing("whole"), _thing("part", within="whole", provider="p"))
    assert (hosts, blockers["p"]) == ({"part": "whole"}, {"part", "whole"})


def test_a_provider_that_needs_the_host_is_left_to_it() -> None:
    hosts, blockers = _names(_thing("vm"), _provider("inside", "vm"), _thing("part", within="vm", provider="inside"))
    assert (hosts, blockers["vm"]) == ({"part": "vm", "inside": "vm"}, {"part", "inside"})


def test_a_provider_that_came_after_the_host_is_left_to_it() -> None:
    hosts, blockers = _names(_thing("vm"), _provider("late"), _thing("part", within="vm", provider="late"))
    assert (hosts, blockers["vm"]) == ({"part": "vm", "late": "vm"}, {"part", "late"})


def test_a_provider_inside_the_last_of_two_hosts_stays_for_the_first_one_too() -> None:
    parts = (_thing("one", within="a", provider="p"), _thing("two", within="b", provider="p"))
    hosts, blockers = _names(_thing("a"), _thing("b"), _provider("p", "a"), *parts)
    assert (hosts, blockers["a"]) == ({"one": "a", "two": "b", "p": "a"}, {"one", "p", "b"})


@pytest.mark.parametrize("kept", [{"protect": True}, {"retain_on_delete": True}])
def test_a_host_that_stays_takes_nothing_along(kept: dict[str, bool]) -> None:
    whole = replace(_thing("whole"), protect="protect" in kept, retain_on_delete="retain_on_delete" in kept)
    assert _names(whole, _thing("part", within="whole"))[0] == {}


def _inside() -> None:
    vm = Thing("vm", name="vm")
    provider = FakeProvider("inside", opts(depends_on=[vm]))
    Thing("part", name="part", within=vm.id, opts=opts(deleted_with=vm, provider=provider))


def test_it_is_on_record_with_its_provider_until_its_host_is_gone(desk: Desk) -> None:
    desk.up(_inside)
    deleted: list[str] = []

    def fails(verb: str, urn: str) -> None:
        if verb == "delete":
            deleted.append(urn.rsplit("::", 1)[1])
            raise ProviderError("not now")

    desk.things.hook = fails
    assert not desk.run(Operation.DESTROY).succeeded
    assert (deleted, desk.names) == (["vm"], ["part", "vm"])
    assert desk.recorded("part").provider_urn == desk.recorded("inside").urn

    desk.things.hook = lambda verb, urn: None
    assert desk.up(_inside).changes == {"same": 4}
    assert desk.run(Operation.DESTROY).changes == {"delete": 4}
    assert desk.names == []


def test_it_is_removed_by_itself_where_its_host_stays(desk: Desk) -> None:
    def program() -> None:
        vm = Thing("vm", name="vm", opts=opts(retain_on_delete=True))
        Thing("part", name="part", within=vm.id, opts=opts(deleted_with=vm))

    desk.up(program)
    assert desk.run(Operation.DESTROY).succeeded
    assert desk.names == ["vm"]
