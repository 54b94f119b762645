"""Differences between inputs: kinds, paths, costs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings

from liftlock_engine.providers.docker.check import check_inputs
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.docker.schema import CONTAINER, NETWORK, RESOURCES, VOLUME
from liftlock_engine.values import UNKNOWN
from tests.unit.docker_provider.strategies import CONTAINERS


def checked(inputs: dict[str, Any], type_: str = CONTAINER) -> dict[str, Any]:
    given_name = {"name": "box", **inputs} if type_ != CONTAINER else {"name": "box", "image": "i", **inputs}
    result = check_inputs(f"urn:pulumi:s::p::{type_}::box", type_, None, given_name, b"")
    assert not result.failures
    return dict(result.inputs)


def changes(old: dict[str, Any], new: dict[str, Any], type_: str = CONTAINER, **options: Any) -> dict[str, str]:
    diff = diff_inputs(type_, checked(old, type_), checked(new, type_), **options)
    return {path: change.kind.value for path, change in diff.detailed.items()}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"memory": 64}, {"memory": 96}, {"memory": "update"}),
        ({"restart": "no"}, {"restart": "always"}, {"restart": "update"}),
        ({"mustRun": False}, {}, {"mustRun": "update"}),
        ({"envs": ["A=1"]}, {"envs": ["A=2"]}, {"envs[0]": "update-replace"}),
        ({"envs": ["A=1", "B=1"]}, {"envs": ["A=1"]}, {"envs[1]": "delete-replace"}),
        ({"envs": ["B=1"]}, {"envs": ["A=1", "B=1"]}, {"envs[0]": "add-replace"}),
        ({"labels": []}, {"labels": [{"label": "x", "value": "1"}]}, {"labels": "add-replace"}),
        ({"labels": [{"label": "x", "value": "1"}]}, {"labels": [{"label": "x", "value": "2"}]}, {"labels[0].value": "update-replace"}),
        ({"image": "sha256:1"}, {"image": "sha256:2"}, {"image": "update-replace"}),
        ({"name": "a"}, {"name": "b"}, {"name": "update-replace"}),
        ({"command": ["a", "b"]}, {"command": ["a", "c", "d"]}, {"command[1]": "update-replace", "command[2]": "add-replace"}),
        ({"healthcheck": {"interval": "1s"}}, {"healthcheck": {"interval": "2s"}}, {"healthcheck.interval": "update-replace"}),
        ({"sysctls": {"a.b": "1"}}, {"sysctls": {"a.b": "2"}}, {'sysctls["a.b"]': "update-replace"}),
        ({"memory": 64}, {}, {"memory": "delete-replace"}),
        ({}, {"destroyGraceSeconds": 3}, {"destroyGraceSeconds": "add"}),
    ],
)
def test_a_change_has_its_path_and_kind(old: dict[str, Any], new: dict[str, Any], expected: dict[str, str]) -> None:
    assert changes(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"envs": ["A=1", "B=2"]}, {"envs": ["B=2", "A=1"]}),
        ({"healthcheck": {"interval": "90s"}}, {"healthcheck": {"interval": "1m30s"}}),
        ({}, {"privileged": False, "memory": 0, "labels": [], "user": "", "networkMode": "bridge", "shmSize": 64}),
        ({"memory": 64}, {"memory": 64}),  # and no phantom change of memorySwap
        (
            {"networksAdvanced": [{"name": "n", "aliases": ["a", "b"]}, {"name": "m"}]},
            {"networksAdvanced": [{"name": "m"}, {"name": "n", "aliases": ["b", "a"]}]},
        ),
    ],
)
def test_another_spelling_of_the_same_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert changes(old, new) == {}


def test_the_order_of_a_command_matters() -> None:
    assert changes({"command": ["a", "b"]}, {"command": ["b", "a"]}) == {"command[0]": "update-replace", "command[1]": "update-replace"}


def test_unknown_values_count_as_changed_in_a_preview() -> None:
    assert changes({"image": "sha256:1"}, {"image": UNKNOWN}) == {"image": "update-replace"}
    assert changes({"networksAdvanced": [{"name": "n"}]}, {"networksAdvanced": UNKNOWN}) == {"networksAdvanced": "update-replace"}
    nested = changes({"networksAdvanced": [{"name": "n"}]}, {"networksAdvanced": [{"name": UNKNOWN}]})
    assert nested == {"networksAdvanced[0].name": "update-replace"}


def test_a_chosen_name_must_be_free_first_and_a_made_up_one_need_not() -> None:
    chosen = diff_inputs(CONTAINER, checked({"envs": ["A=1"]}), checked({"envs": ["A=2"]}))
    assert chosen.delete_before_replace
    made_up = checked({"envs": ["A=2"]}) | {"__defaults": ["name"]}
    assert not diff_inputs(CONTAINER, checked({"envs": ["A=1"]}), made_up).delete_before_replace
    assert not diff_inputs(CONTAINER, checked({"memory": 6}), checked({"memory": 7})).delete_before_replace


def test_a_network_is_replaced_for_what_docker_cannot_change() -> None:
    diff = diff_inputs(NETWORK, checked({"internal": False}, NETWORK), checked({"internal": True}, NETWORK))
    assert (diff.diffs, diff.replaces, diff.delete_before_replace) == (("internal",), ("internal",), True)


def test_the_default_driver_said_or_unsaid_is_the_same() -> None:
    assert changes({}, {"driver": "local"}, VOLUME) == {}
    assert changes({"driver": "bridge"}, {}, NETWORK) == {}


@pytest.mark.parametrize(
    ("ignore", "left"),
    [(("envs",), {"labels[0].value"}), (("labels[*].value", "envs[0]"), set()), (("labels[1]",), {"envs[0]", "labels[0].value"})],
)
def test_ignored_paths_are_left_out(ignore: tuple[str, ...], left: set[str]) -> None:
    old = {"envs": ["A=1"], "labels": [{"label": "x", "value": "1"}]}
    new = {"envs": ["A=2"], "labels": [{"label": "x", "value": "2"}]}
    assert set(changes(old, new, ignore=ignore)) == left


@settings(max_examples=100, deadline=None)
@given(CONTAINERS)
def test_nothing_differs_from_itself(inputs: dict[str, Any]) -> None:
    assert not diff_inputs(CONTAINER, checked(inputs), checked(inputs)).changed


@settings(max_examples=100, deadline=None)
@given(CONTAINERS, CONTAINERS)
def test_every_path_of_a_difference_leads_to_a_value_on_one_side(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = checked(old), checked(new)
    diff = diff_inputs(CONTAINER, before, after)
    assert set(diff.replaces) <= set(diff.diffs) <= set(RESOURCES[CONTAINER].properties)
    for path in diff.detailed:
        assert leads_somewhere(path, before) or leads_somewhere(path, after), path


def leads_somewhere(path: str, inputs: Any) -> bool:
    value = inputs
    for name, index, quoted in re.findall(r'([\w/-]+)|\[(\d+)\]|\["([^"]+)"\]', path):
        try:
            value = value[int(index)] if index else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return False
    return True
