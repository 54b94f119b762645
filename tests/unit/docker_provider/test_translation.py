"""Inputs to Docker's words and back: an untouched container says what was declared, a touched one says so at the property."""

from __future__ import annotations

import copy
import io
import tarfile
from typing import Any

import pytest
from hypothesis import given, settings

from liftlock_engine.providers.docker.check import check_inputs
from liftlock_engine.providers.docker.container_body import plan_container
from liftlock_engine.providers.docker.container_live import live_inputs
from liftlock_engine.providers.docker.container_outputs import container_outputs, predict_outputs
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.docker.meaning import nanoseconds, spelled_duration
from liftlock_engine.providers.docker.schema import CONTAINER
from liftlock_engine.values import UNKNOWN
from tests.unit.docker_provider.fake_engine import IMAGE_ID, inspect
from tests.unit.docker_provider.strategies import ANY_ADDRESS, CONTAINERS, DURATIONS

IMAGE: dict[str, Any] = {
    "Env": ["PATH=/bin", "A=image"],
    "Cmd": ["serve"],
    "Labels": {"maker": "yard"},
    "Healthcheck": {"Test": ["CMD", "probe"], "Interval": 5 * 10**9},
    "WorkingDir": "/app",
    "Volumes": {"/var/data": {}},
}


def checked(inputs: dict[str, Any]) -> dict[str, Any]:
    result = check_inputs(f"urn:pulumi:s::p::{CONTAINER}::box", CONTAINER, None, {"name": "box", "image": IMAGE_ID, **inputs}, b"")
    assert not result.failures
    return dict(result.inputs)


RICH = checked(
    {
        "command": ["sleep", "1000"],
        "envs": ["A=1", "B=two"],
        "labels": [{"label": "z", "value": "1"}, {"label": "a", "value": "2"}],
        "memory": 64,
        "restart": "unless-stopped",
        "user": "boatman",
        "ports": [{"internal": 80}, {"internal": 443, "external": 8443, "ip": "127.0.0.1"}],
        "networksAdvanced": [{"name": "west", "aliases": ["box"]}, {"name": "east"}],
        "volumes": [{"volumeName": "vol", "containerPath": "/data"}],
        "healthcheck": {"tests": ["CMD", "true"], "interval": "90s", "startInterval": "1s"},
    }
)


@settings(max_examples=200, deadline=None)
@given(CONTAINERS)
def test_an_untouched_container_says_exactly_what_was_declared(inputs: dict[str, Any]) -> None:
    declared = checked(inputs)
    assert live_inputs(inspect(plan_container(declared), IMAGE), IMAGE, declared) == declared


@settings(max_examples=50, deadline=None)
@given(CONTAINERS)
def test_an_untouched_container_says_so_even_when_its_image_is_gone(inputs: dict[str, Any]) -> None:
    declared = checked(inputs)
    assert live_inputs(inspect(plan_container(declared), IMAGE), None, declared) == declared


@settings(max_examples=50, deadline=None)
@given(CONTAINERS)
def test_a_container_read_without_any_inputs_would_be_made_again_the_same(inputs: dict[str, Any]) -> None:
    declared = checked({**inputs, "entrypoints": ["x"]})
    body = plan_container(declared)
    imported = live_inputs(inspect(body, IMAGE), IMAGE, None)
    again = plan_container(checked({name: value for name, value in imported.items() if name != "__defaults"}))
    keep = {"Env", "Cmd", "User", "Image", "Labels"}
    assert {key: sorted(body.body.get(key) or ()) for key in keep} == {key: sorted(again.body.get(key) or ()) for key in keep}


def touch(path: str, value: Any) -> dict[str, Any]:
    inspected = copy.deepcopy(inspect(plan_container(RICH), IMAGE))
    *steps, last = path.split("/")
    target = inspected
    for step in steps:
        target = target[step]
    target[last] = value
    return inspected


@pytest.mark.parametrize(
    ("path", "value", "changed"),
    [
        ("HostConfig/Memory", 128 << 20, {"memory"}),
        ("HostConfig/RestartPolicy", {"Name": "always", "MaximumRetryCount": 0}, {"restart"}),
        ("Config/Labels", {"maker": "yard", "z": "1", "a": "9"}, {"labels[1].value"}),
        ("Config/Labels", {"maker": "yard", "z": "1", "a": "2", "new": "x"}, {"labels[2]"}),
        ("Config/Labels", {"maker": "yard", "z": "1"}, {"labels[1]"}),
        ("Config/Env", ["PATH=/bin", "B=two", "A=7"], {"envs[0]"}),
        ("Config/Env", ["PATH=/bin", "B=two", "A=1", "C=3"], {"envs[2]"}),
        ("Config/Env", ["PATH=/sbin", "B=two", "A=1"], {"envs[2]"}),
        ("Image", "sha256:" + "2" * 64, {"image"}),
        ("Config/Cmd", ["sleep", "5"], {"command[1]"}),
        ("Config/User", "root", {"user"}),
        ("Config/Healthcheck", {"Test": ["CMD", "true"], "Interval": 10**9}, {"healthcheck.interval"}),
        ("HostConfig/Binds", ["other:/data:rw"], {"volumes[0].volumeName"}),
        ("HostConfig/PortBindings", {"80/tcp": [{"HostIp": ANY_ADDRESS, "HostPort": ""}]}, {"ports[1]"}),
        ("NetworkSettings/Networks/west/Aliases", ["other"], {"networksAdvanced[0].aliases[0]"}),
        ("NetworkSettings/Networks/north", {"Aliases": []}, {"networksAdvanced[2]"}),
        ("State", {"Running": False, "Status": "exited", "ExitCode": 137}, {"mustRun"}),
        ("State", {"Running": True, "Paused": True, "Status": "paused", "ExitCode": 0}, {"mustRun"}),
        ("HostConfig/Privileged", True, {"privileged"}),
        ("HostConfig/MemorySwap", -1, set()),  # nobody declared it: Docker's own choice
    ],
)
def test_a_change_by_hand_shows_at_its_property(path: str, value: Any, changed: set[str]) -> None:
    live = live_inputs(touch(path, value), IMAGE, RICH)
    assert set(diff_inputs(CONTAINER, RICH, live).detailed) == changed


def test_a_changed_value_is_no_longer_listed_as_a_default() -> None:
    live = live_inputs(touch("State", {"Running": False, "Status": "exited", "ExitCode": 137}), IMAGE, RICH)
    assert live["mustRun"] is False
    assert "mustRun" not in live["__defaults"]


def test_a_stopped_container_is_told_apart_by_its_exit_code() -> None:
    outputs = container_outputs(touch("State", {"Running": False, "Status": "exited", "ExitCode": 137}), IMAGE, RICH)
    assert (outputs["mustRun"], outputs["exitCode"]) == (False, 137)


def test_an_ended_job_is_no_drift() -> None:
    job = checked({"attach": True})
    assert live_inputs(inspect(plan_container(job), IMAGE, running=False), IMAGE, job) == job


def test_outputs_carry_the_port_that_docker_picked() -> None:
    inspected = touch("NetworkSettings/Ports", {"80/tcp": [{"HostIp": ANY_ADDRESS, "HostPort": "32768"}]})
    assert [port["external"] for port in container_outputs(inspected, IMAGE, RICH)["ports"]] == [32768, 8443]


def test_a_preview_knows_the_inputs_and_says_what_it_cannot_know() -> None:
    predicted = predict_outputs(CONTAINER, checked({"ports": [{"internal": 80}]}), None)
    assert predicted["id"] is UNKNOWN
    assert predicted["hostname"] is UNKNOWN
    assert predicted["name"] == "box"
    assert predicted["ports"] == [{"external": UNKNOWN, "internal": 80, "ip": ANY_ADDRESS, "protocol": "tcp"}]
    assert "__defaults" not in predicted


def test_a_preview_of_an_update_keeps_what_stays() -> None:
    old = container_outputs(inspect(plan_container(RICH), IMAGE), IMAGE, RICH)
    predicted = predict_outputs(CONTAINER, {**RICH, "memory": 96}, old)
    assert predicted == {**old, "memory": 96, "healthcheck": predicted["healthcheck"], "envs": predicted["envs"]}


def test_uploads_become_one_archive_with_their_modes() -> None:
    uploads = [{"file": "/bin/go", "content": "x", "executable": True}, {"file": "/etc/y", "contentBase64": "eQ==", "permissions": "0600"}]
    files = plan_container(checked({"uploads": uploads})).files
    assert files is not None
    with tarfile.open(fileobj=io.BytesIO(files)) as tar:
        assert [(entry.name, entry.mode, entry.size) for entry in tar] == [("bin/go", 0o744, 1), ("etc/y", 0o600, 1)]


@given(DURATIONS)
def test_durations_keep_their_meaning(duration: str) -> None:
    nanos = nanoseconds(duration)
    assert nanos is not None
    assert nanoseconds(spelled_duration(nanos)) == nanos


@pytest.mark.parametrize(
    ("nanos", "spelled"), [(0, "0s"), (10**9, "1s"), (90 * 10**9, "1m30s"), (5 * 10**8, "500ms"), (7200 * 10**9, "2h0m0s")]
)
def test_durations_are_spelled_as_docker_spells_them(nanos: int, spelled: str) -> None:
    assert spelled_duration(nanos) == spelled
