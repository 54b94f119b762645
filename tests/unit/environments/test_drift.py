"""Drift as a comparison of three sides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.drift import Cause, ResourceDrift, compare, find_drift, find_strays, flatten, judge, unseen
from liftlock.core.ports import Health, LiveState, Observation, RunningPart

SCALARS = st.one_of(st.booleans(), st.integers(-5, 5), st.text("abc", min_size=1, max_size=3))
PROPERTIES = st.dictionaries(
    st.sampled_from(["memory", "image", "command", "healthcheck"]),
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xy", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_size=4,
)


def seen(declared: Any = None, applied: Any = None, live: Any = None, state: LiveState = LiveState.PRESENT, **more: Any) -> Observation:
    return Observation("urn:1", "docker:index/container:Container", "api", declared, applied, live or {}, state, **more)


@given(PROPERTIES)
def test_three_equal_sides_are_in_sync(properties: dict[str, Any]) -> None:
    assert judge(seen(properties, properties, properties)).drift is ResourceDrift.IN_SYNC


@given(PROPERTIES, PROPERTIES, PROPERTIES)
def test_in_sync_means_that_all_sides_have_the_same_leaves(declared: Any, applied: Any, live: Any) -> None:
    same = flatten(declared) == flatten(applied) == flatten(live)
    assert (judge(seen(declared, applied, live)).drift is ResourceDrift.IN_SYNC) == same


@given(st.permutations(["A=1", "B=2", "C=3"]))
def test_the_order_of_variables_and_labels_says_nothing(envs: list[str]) -> None:
    labels: Any = [{"label": item[0], "value": item[2]} for item in envs]
    one: Any = {"envs": sorted(envs), "labels": sorted(labels, key=str)}
    other: Any = {"envs": envs, "labels": labels}
    assert compare(one, one, other) == ()


@pytest.mark.parametrize(
    ("declared", "applied", "live", "cause"),
    [(1, 1, 2, Cause.OUTSIDE), (2, 1, 1, Cause.UNAPPLIED), (3, 1, 2, Cause.BOTH), (2, 1, 2, Cause.BOTH)],
)
def test_each_change_has_its_cause(declared: int, applied: int, live: int, cause: Cause) -> None:
    (found,) = compare({"memory": declared}, {"memory": applied}, {"memory": live})
    assert (found.path, found.cause) == ("memory", cause)


def test_a_changed_variable_is_named_by_its_name() -> None:
    before: Any = {"envs": ["A=1", "B=2"]}
    live: Any = {"envs": ["B=3", "A=1"]}
    (found,) = compare(before, before, live)
    assert (found.path, found.applied, found.live) == ("envs.B", "2", "3")


def test_a_secret_is_compared_and_never_shown() -> None:
    before: Any = {"envs": ["PASSWORD=hunter2"]}
    after: Any = {"envs": ["PASSWORD=hunter3"]}
    (found,) = compare(before, before, after, frozenset({"envs.PASSWORD"}))
    assert "hunter" not in repr(found)
    assert (found.applied, found.live) == ("[secret]", "[another secret]")


def test_what_cannot_be_seen_is_never_clean() -> None:
    report = find_drift("dev", [seen({}, {}, {}), seen({}, {}, None, LiveState.UNKNOWN, reason="timed out")])
    assert (report.clean, report.complete, report.coverage) == (False, False, 0.5)


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        (seen({"a": 1}, {"a": 1}, None, LiveState.MISSING), ResourceDrift.MISSING),
        (seen({"a": 1}, None, None, LiveState.MISSING), ResourceDrift.NOT_CREATED),
        (seen(None, {"a": 1}, {"a": 1}), ResourceDrift.UNDECLARED),
        (seen({"a": 1}, {"a": 1}, {"a": 1}, recreated=True), ResourceDrift.RECREATED),
        (seen({"a": 1}, {"a": 1}, None, LiveState.UNKNOWN), ResourceDrift.UNKNOWN),
    ],
)
def test_what_became_of_a_resource(observation: Observation, expected: ResourceDrift) -> None:
    assert judge(observation).drift is expected


def test_an_environment_without_resources_is_clean() -> None:
    assert find_drift("dev", []).clean


def test_a_container_of_the_environment_that_the_state_did_not_make_is_drift() -> None:
    running = [RunningPart("dev", "api", "service", "", Health.HEALTHY, None, name=name) for name in ("shop-dev-api", "left-behind")]
    report = find_drift("dev", [seen({}, {}, {})], strays=find_strays(running, frozenset({"shop-dev-api", "shop-dev"})))
    assert [(item.name, item.drift) for item in report.resources] == [("left-behind", ResourceDrift.STRAY)]
    assert (report.clean, report.complete) == (False, True)


def test_an_environment_that_could_not_be_looked_at_is_incomplete() -> None:
    report = unseen("dev", "the passphrase is missing")
    assert (report.clean, report.complete, report.coverage) == (False, False, 0.0)
