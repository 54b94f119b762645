"""The planner, without anything running: state + goal + diff -> steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock_engine.events import count_changes
from liftlock_engine.model import Goal, ResourceState
from liftlock_engine.providers.port import Diff, DiffKind, PropertyDiff
from liftlock_engine.removal import blockers_of, run_in_order
from liftlock_engine.steps import (
    NO_DIFF,
    Blocked,
    Dependent,
    Op,
    Step,
    clear_the_way,
    force_replace,
    invert,
    plan_deletes,
    plan_dependents,
    plan_refresh,
    plan_registration,
)
from liftlock_engine.urns import urn_of

TYPE = "fake:index:Thing"


def urn(name: str) -> str:
    return urn_of("dev", "shop", "", TYPE, name)


def state(name: str, *needs: str, **said: object) -> ResourceState:
    base = ResourceState(urn=urn(name), type=TYPE, custom=True, id=f"{name}-1", dependencies=tuple(map(urn, needs)))
    return replace(base, **said)  # type: ignore[arg-type]


def goal(name: str, **said: object) -> Goal:
    return replace(Goal(urn=urn(name), type=TYPE, name=name, custom=True, inputs={}), **said)  # type: ignore[arg-type]


UPDATE = Diff({"size": PropertyDiff(DiffKind.UPDATE)}, ("size",))
REPLACE = Diff({"kind": PropertyDiff(DiffKind.UPDATE_REPLACE)}, ("kind",), ("kind",))
REPLACE_FIRST = replace(REPLACE, delete_before_replace=True)


def ops(steps: tuple[Step, ...] | Blocked) -> list[str]:
    assert not isinstance(steps, Blocked)
    return [f"{step.op} {step.urn.rsplit('::', 1)[1]}" for step in steps]


@pytest.mark.parametrize(
    ("old", "diff", "stated", "planned"),
    [
        (None, NO_DIFF, None, ["create a"]),
        (state("a"), NO_DIFF, None, ["same a"]),
        (state("a"), UPDATE, None, ["update a"]),
        (state("a", init_errors=("half done",)), NO_DIFF, None, ["update a"]),
        (state("a", external=True), UPDATE, None, ["create-replacement a", "replace a"]),
        (state("a"), REPLACE, None, ["create-replacement a", "replace a"]),
        (state("a"), REPLACE_FIRST, None, ["delete-replaced a", "replace a", "create-replacement a"]),
        (state("a"), REPLACE_FIRST, False, ["create-replacement a", "replace a"]),
        (state("a"), REPLACE, True, ["delete-replaced a", "replace a", "create-replacement a"]),
        (state("a", pending_replacement=True), NO_DIFF, None, ["create-replacement a", "replace a"]),
        (state("a", pending_replacement=True), REPLACE_FIRST, None, ["replace a", "create-replacement a"]),
    ],
)
def test_a_registration_is_planned(old: ResourceState | None, diff: Diff, stated: bool | None, planned: list[str]) -> None:
    assert ops(plan_registration(goal("a", delete_before_replace=stated), old, diff)) == planned


def test_dependents_go_first_in_reverse_order_and_say_why() -> None:
    chain = (Dependent(state("b"), ("uses",)), Dependent(state("c"), ("uses",)))
    steps = plan_registration(goal("a"), state("a"), REPLACE_FIRST, dependents=lambda _: chain)
    assert ops(steps)[:3] == ["delete-replaced c", "delete-replaced b", "delete-replaced a"]
    condemned = plan_registration(goal("b"), state("b", pending_replacement=True), UPDATE, condemned=("uses",))
    assert not isinstance(condemned, Blocked) and condemned[-1].keys == ("uses",) and condemned[-1].diff is NO_DIFF


def test_nothing_protected_is_replaced_as_a_dependent() -> None:
    kept = (Dependent(state("b", protect=True), ()),)
    blocked = plan_registration(goal("a"), state("a"), REPLACE_FIRST, dependents=lambda _: kept)
    assert isinstance(blocked, Blocked) and "::b" in blocked.reason


def test_a_superseded_object_makes_way_before_a_new_one_is_made() -> None:
    left = state("a", delete=True)
    user = Dependent(state("b"), ("uses",))
    steps = plan_registration(goal("a"), state("a"), REPLACE_FIRST, dependents=lambda _: (user,))
    assert not isinstance(steps, Blocked)
    cleared = clear_the_way(steps, [left], lambda _: (user,))
    assert ops(cleared) == ["delete-replaced b", "delete-replaced a", "delete-replaced a", "replace a", "create-replacement a"]
    same = (Step(Op.SAME, urn("a"), TYPE, state("a")),)
    assert clear_the_way(same, [left], lambda _: (user,)) == same


def test_only_what_must_follow_a_replacement_is_a_dependent() -> None:
    root = state("root")
    recorded = [root, state("follows", "root"), state("stays", "root"), state("behind", "stays"), state("seen", "root"), state("other")]
    found = plan_dependents(root, recorded, frozenset({urn("seen")}), lambda item, gone: ("uses",) if "follows" in item.urn else None)
    assert [(item.state.urn, item.keys) for item in found] == [(urn("follows"), ("uses",))]


def test_deletes_are_planned_by_what_stands_behind() -> None:
    left = [state("a"), state("b", delete=True), state("c", external=True), state("d", pending_replacement=True)]
    assert ops(plan_deletes(left)) == ["discard c", "delete-replaced b", "delete a"]


def test_a_refresh_reports_the_live_side_of_the_difference() -> None:
    added = Diff({"limit": PropertyDiff(DiffKind.DELETE)}, ("limit",))
    assert plan_refresh(state("a"), "a-1", added).diff.detailed["limit"].kind is DiffKind.ADD
    assert plan_refresh(state("a"), None, NO_DIFF).op is Op.DELETE
    assert plan_refresh(state("a"), "a-1", NO_DIFF).op is Op.SAME
    assert plan_refresh(state("a"), "a-2", NO_DIFF).op is Op.UPDATE
    assert invert(invert(REPLACE)) == REPLACE


@pytest.mark.parametrize(("rule", "hit"), [("size", True), ("*", True), ("other", False), ("size.deep", False)])
def test_a_change_can_be_made_one_that_replaces(rule: str, hit: bool) -> None:
    forced = force_replace(UPDATE, (rule,))
    assert (forced.replaces == ("size",), forced.detailed["size"].kind.replaces) == (hit, hit)


def test_default_providers_and_helping_steps_are_not_counted() -> None:
    default = urn_of("dev", "shop", "", "pulumi:providers:fake", "default_1_2_3")
    explicit = urn_of("dev", "shop", "", "pulumi:providers:fake", "mine")
    steps = [Step(Op.CREATE, default, "t"), Step(Op.CREATE, explicit, "t"), Step(Op.REPLACE, urn("a"), TYPE), Step(Op.READ, urn("b"), TYPE)]
    assert count_changes([*steps, Step(Op.DELETE_REPLACED, urn("a"), TYPE)]) == {"create": 1, "replace": 1}


@st.composite
def graphs(draw: st.DrawFn) -> list[ResourceState]:
    """States in dependency order, some of them superseded by a later one of the same name."""
    made: list[ResourceState] = []
    for place in range(draw(st.integers(0, 12))):
        needs = draw(st.lists(st.sampled_from([item.urn for item in made]), max_size=3, unique=True)) if made else []
        name = draw(st.sampled_from([f"t{place}", f"t{max(0, place - 2)}"]))
        dependencies = tuple(item for item in needs if item != urn(name))
        made.append(replace(state(name, delete=draw(st.booleans())), dependencies=dependencies))
    return made


@given(graphs(), st.integers(1, 4), st.data())
def test_deletes_keep_the_order_and_stop_behind_a_failure(states: list[ResourceState], parallel: int, data: st.DataObject) -> None:
    steps = plan_deletes(states)
    blockers = blockers_of(steps)
    bad = data.draw(st.sets(st.sampled_from(range(len(steps)))) if steps else st.just(set()))
    done: list[int] = []

    def do(step: Step) -> bool:
        place = next(place for place, other in enumerate(steps) if other is step)
        assert blockers[place] <= set(done), "everything that needs it is gone"
        if place not in bad:
            done.append(place)
        return place not in bad

    never = run_in_order(steps, do, parallel=1 if parallel == 1 else parallel)
    tried = {place for place, step in enumerate(steps) if all(step is not other for other in never)}
    assert tried == set(done) | (bad & tried)
    assert all(blockers[place] - set(done) for place in set(range(len(steps))) - tried), "only what is blocked is left out"
