"""Validation and completion of inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from liftlock_engine.providers.docker import DockerProvider
from liftlock_engine.providers.docker.schema import CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME
from liftlock_engine.providers.port import Checked, ProviderError
from liftlock_engine.values import UNKNOWN
from tests.unit.docker_provider.strategies import ANY_ADDRESS, CONTAINERS

PROVIDER = DockerProvider()


def check(type_: str, inputs: dict[str, Any], old: dict[str, Any] | None = None, name: str = "box") -> Checked:
    return PROVIDER.check(f"urn:pulumi:stack::project::{type_}::{name}", type_, old, inputs, seed=b"seed")


def failures(inputs: dict[str, Any], type_: str = CONTAINER) -> dict[str, str]:
    return {failure.property: failure.reason for failure in check(type_, inputs).failures}


def test_a_container_gets_the_defaults_of_the_real_provider_and_lists_them() -> None:
    checked = check(CONTAINER, {"image": "sha256:1", "name": "box", "ports": [{"internal": 80}], "healthcheck": {"tests": ["CMD", "true"]}})
    assert checked.inputs == {
        "__defaults": [
            "containerReadRefreshTimeoutMilliseconds",
            "mustRun",
            "networkMode",
            "removeVolumes",
            "restart",
            "start",
            "waitTimeout",
        ],
        "containerReadRefreshTimeoutMilliseconds": 15000,
        "healthcheck": {
            "__defaults": ["interval", "startInterval", "startPeriod", "timeout"],
            "interval": "0s",
            "startInterval": "0s",
            "startPeriod": "0s",
            "tests": ["CMD", "true"],
            "timeout": "0s",
        },
        "image": "sha256:1",
        "mustRun": True,
        "name": "box",
        "networkMode": "bridge",
        "ports": [{"__defaults": ["ip", "protocol"], "internal": 80, "ip": ANY_ADDRESS, "protocol": "tcp"}],
        "removeVolumes": True,
        "restart": "no",
        "start": True,
        "waitTimeout": 60,
    }


@pytest.mark.parametrize(
    ("type_", "inputs", "expected"),
    [
        (NETWORK, {"name": "n"}, {"__defaults": ["ipamDriver"], "ipamDriver": "default", "name": "n"}),
        (VOLUME, {"name": "v"}, {"__defaults": [], "name": "v"}),
        (REMOTE_IMAGE, {"name": "r@sha256:1", "keepLocally": True}, {"__defaults": [], "keepLocally": True, "name": "r@sha256:1"}),
        (
            VOLUME,
            {"name": "v", "labels": [{"label": "a", "value": "b"}]},
            {"__defaults": [], "name": "v", "labels": [{"__defaults": [], "label": "a", "value": "b"}]},
        ),
    ],
)
def test_the_other_resources_are_completed_as_recorded(type_: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert check(type_, inputs).inputs == expected


def test_a_name_is_made_up_from_the_resource_and_seven_hex_digits_and_listed_as_a_default() -> None:
    checked = check(VOLUME, {}, name="auto")
    name = str(checked.inputs["name"])
    assert name.startswith("auto-")
    assert len(name) == len("auto-") + 7
    assert checked.inputs["__defaults"] == ["name"]


def test_a_made_up_name_is_kept_and_a_chosen_one_is_not_mistaken_for_it() -> None:
    made_up = check(VOLUME, {}, old={"__defaults": ["name"], "name": "auto-0000000"})
    chosen = check(VOLUME, {}, old={"__defaults": [], "name": "chosen"})
    assert made_up.inputs["name"] == "auto-0000000"
    assert chosen.inputs["name"] != "chosen"


@pytest.mark.parametrize(
    ("inputs", "property_", "words"),
    [
        ({"image": "i", "comand": ["x"]}, "comand", "did you mean 'command'?"),
        ({}, "image", "missing required property"),
        ({"image": "i", "networksAdvanced": [{"alias": "x", "name": "n"}]}, "networksAdvanced[0].alias", "did you mean 'aliases'?"),
        ({"image": "i", "networksAdvanced": [{}]}, "networksAdvanced[0].name", "missing required"),
        ({"image": "i", "restart": "sometimes"}, "restart", "no, on-failure, always, unless-stopped"),
        ({"image": "i", "memory": "much"}, "memory", "a whole number"),
        ({"image": "i", "memory": -1}, "memory", "negative"),
        ({"image": "i", "healthcheck": {"interval": "soon"}}, "healthcheck.interval", "a duration"),
        ({"image": "i", "gpus": "all"}, "gpus", "not supported"),
        ({"image": "i", "uploads": [{"file": "/x", "source": "/etc/x", "content": ""}]}, "uploads[0].source", "not supported"),
        ({"image": "i", "uploads": [{"file": "/x"}]}, "uploads[0]", "content"),
        ({"image": "i", "volumes": [{"volumeName": "v"}]}, "volumes[0]", "containerPath"),
        ({"image": "i", "ports": [{"internal": 70000}]}, "ports[0].internal", "not a port"),
        ({"image": "i", "envs": ["=x"]}, "envs[0]", "needs a name"),
        ({"image": "i", "name": "bad name"}, "name", "not allowed"),
    ],
)
def test_bad_input_is_refused_at_its_path_with_a_way_out(inputs: dict[str, Any], property_: str, words: str) -> None:
    assert words in failures(inputs)[property_]


def test_every_failure_is_told_at_once() -> None:
    assert set(failures({"memory": "x", "restrat": "no"})) == {"memory", "restrat", "image"}


def test_unknown_values_pass_anywhere_in_a_preview() -> None:
    inputs = {"image": UNKNOWN, "envs": [UNKNOWN], "networksAdvanced": [{"name": UNKNOWN}], "ports": UNKNOWN, "memory": UNKNOWN}
    checked = check(CONTAINER, inputs)
    assert not checked.failures
    assert checked.inputs["networksAdvanced"] == [{"name": UNKNOWN, "__defaults": []}]


def test_whole_floats_become_integers_and_nulls_go() -> None:
    checked = check(CONTAINER, {"image": "i", "memory": 64.0, "cpuSet": None})
    assert checked.inputs["memory"] == 64
    assert isinstance(checked.inputs["memory"], int)
    assert "cpuSet" not in checked.inputs


def test_a_type_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(ProviderError, match="docker:index/tag:Tag is not offered"):
        check("docker:index/tag:Tag", {})


def test_a_function_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(ProviderError, match=r"getRegistryImage:getRegistryImage is not offered"):
        PROVIDER.invoke("docker:index/getRegistryImage:getRegistryImage", {})


@settings(max_examples=100, deadline=None)
@given(CONTAINERS)
def test_checking_checked_inputs_changes_nothing(inputs: dict[str, Any]) -> None:
    once = check(CONTAINER, inputs)
    assert once.failures == ()
    again = check(CONTAINER, {name: value for name, value in once.inputs.items() if name != "__defaults"}, old=dict(once.inputs))
    unlisted = [name for name in again.inputs if name != "__defaults"]
    assert {name: _plain(again.inputs[name]) for name in unlisted} == {name: _plain(once.inputs[name]) for name in unlisted}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name != "__defaults"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
