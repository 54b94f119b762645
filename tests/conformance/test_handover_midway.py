"""Hand-over in the middle of things: runs killed while they remove or replace, pending operations, what is protected or half replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_docker as docker
import pytest

from tests.conformance.cases import docker_says
from tests.conformance.cli import NEEDS_CLI
from tests.conformance.hands import ENGINES, OWNER, STACK, Hands, Shop, soon
from tests.images import tiny_image

pytestmark = NEEDS_CLI
NAMED = ("--filter", "name=ref-hand-")


@pytest.mark.parametrize("maker", ENGINES)
def test_a_removal_that_was_killed_the_other_engine_ends(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", Shop(grace=300)).succeeded
    with hands.running(maker, "destroy", Shop(), lambda: hands.pending == ["deleting"]) as run:  # the container takes its time to stop
        hands.kill(run)
    docker_says("kill", "ref-hand-box")
    _free(hands, maker)
    assert soon(lambda: second.run("destroy").succeeded)
    assert _left() == ""
    assert "resources" not in hands.latest


@pytest.mark.parametrize("maker", ENGINES)
def test_a_replacement_killed_while_its_successor_is_made_the_other_engine_ends(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", Shop()).succeeded
    before = docker_says("ps", "-q", "--filter", "name=ref-hand-box")
    with hands.running(maker, "up", Shop(waits=True), lambda: hands.pending == ["creating"] and _box() not in ("", before)) as run:
        hands.kill(run)
    assert [item["urn"].rsplit("::", 1)[1] for item in hands.latest["resources"] if item.get("pendingReplacement")] == ["box"]
    _free(hands, maker)
    assert soon(lambda: second.run("up", Shop()).succeeded)  # a killed CLI's plugin outlives it by a moment
    _settled(hands, Shop())
    assert second.run("refresh").unchanged
    assert first.run("destroy").succeeded
    assert _left() == ""


@pytest.mark.parametrize("taker", ENGINES)
def test_an_operation_that_is_pending_in_the_state_stops_neither_engine(hands: Hands, taker: str) -> None:
    second, first = hands.both(taker)
    assert first.run("up", Shop()).succeeded
    for number, kind in enumerate(("creating", "updating", "deleting", "reading", "importing")):
        _leave_pending(hands, kind)
        done = second.run("up", Shop(memory=64 + number))
        assert done.succeeded, (kind, done)
        assert first.run("preview", Shop(memory=64 + number)).unchanged, kind
        _settled(hands, Shop(memory=64 + number))
    assert second.run("destroy").succeeded
    assert _left() == ""


@pytest.mark.parametrize("maker", ENGINES)
def test_what_one_engine_protects_the_other_does_not_remove(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", Shop(protects=True)).succeeded
    refused = second.run("destroy")
    assert not refused.succeeded
    assert "data" in refused.errors and "protected" in refused.errors
    assert "ref-hand-data" in _left()
    assert second.run("up", Shop()).succeeded
    assert first.run("destroy").succeeded
    assert _left() == ""


def _autonamed(label: str) -> Callable[[], None]:
    def program() -> None:
        labels: Any = [{"label": OWNER, "value": STACK}, {"label": "kind", "value": label}]
        docker.Volume("ref-hand-auto", labels=labels)

    return program


@pytest.mark.parametrize("maker", ENGINES)
def test_what_one_engine_replaced_and_could_not_remove_the_other_removes(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", _autonamed("old")).succeeded
    (old,) = docker_says("volume", "ls", "-q", *NAMED).split()
    docker_says("create", "--name", "ref-user", "-v", f"{old}:/used", tiny_image(1))
    assert not first.run("up", _autonamed("new")).succeeded  # the old volume is in use
    assert [item["id"] for item in hands.latest["resources"] if item.get("delete")] == [old]
    docker_says("rm", "ref-user")
    assert second.run("up", _autonamed("new")).succeeded
    (new,) = docker_says("volume", "ls", "-q", *NAMED).split()
    assert new != old
    assert first.run("preview", _autonamed("new")).unchanged
    assert second.run("destroy").succeeded
    assert _left() == ""


def _with_options(*, renamed: bool) -> Callable[[], None]:
    """One of each option that leaves its mark in the state; renamed: the same things under other names."""

    def program() -> None:
        labels: Any = [{"label": OWNER, "value": STACK}]
        host = docker.Provider("host", host="unix:///var/run/docker.sock")
        before = pulumi.Alias(name="net")
        net = docker.Network(
            "network" if renamed else "net",
            name="ref-hand-net",
            labels=labels,
            opts=pulumi.ResourceOptions(provider=host, aliases=[before] if renamed else None, additional_secret_outputs=["driver"]),
        )
        kept = pulumi.ResourceOptions(retain_on_delete=True, custom_timeouts=pulumi.CustomTimeouts(create="5m"))
        docker.Volume("kept", name="ref-hand-kept", labels=labels, opts=kept)
        loose = pulumi.ResourceOptions(ignore_changes=["driver"], deleted_with=net, depends_on=[net])
        docker.Volume("loose", name="ref-hand-loose", driver="unheard of" if renamed else None, labels=labels, opts=loose)
        docker.Network.get("bridge", docker.get_network(name="bridge").id)
        pulumi.export("driver", net.driver)

    return program


@pytest.mark.parametrize("maker", ENGINES)
def test_options_mean_the_same_to_the_other_engine(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", _with_options(renamed=False)).succeeded
    assert second.run("preview", _with_options(renamed=False)).unchanged
    done = second.run("up", _with_options(renamed=True))
    assert done.unchanged, done
    assert first.run("preview", _with_options(renamed=True)).unchanged
    assert first.run("refresh").unchanged
    assert second.run("destroy").succeeded
    assert "ref-hand-kept" in _left()


def _free(hands: Hands, maker: str) -> None:
    """The lock of a killed run: the CLI is told to remove it, the embedded engine proves by itself that its owner is gone."""
    if maker == "embedded":
        hands.cli.stack("cancel", "--yes", STACK)


def _settled(hands: Hands, program: Shop) -> None:
    """The CLI leaves a pending create in the state; the embedded engine strikes it off, and the container that is there stays."""
    box = docker_says("ps", "-aq", *NAMED)
    assert len(box.split()) == 1
    assert hands.embedded.run("up", program).unchanged
    assert hands.pending == []
    assert hands.cli.run("preview", program).unchanged
    assert docker_says("ps", "-aq", *NAMED) == box


def _box() -> str:
    return docker_says("ps", "-q", "--filter", "name=ref-hand-box")


def _left() -> str:
    """What is there of ours."""
    parts = (("ps", "-a", "--format", "{{.Names}}"), ("network", "ls", "--format", "{{.Name}}"), ("volume", "ls", "-q"))
    return " ".join(docker_says(*part, *NAMED) for part in parts).strip()


def _leave_pending(hands: Hands, kind: str) -> None:
    """Makes the state say what it would say of a run that was cut off there."""
    file = hands.cli.stack.checkpoint
    document = json.loads(file.read_text())
    latest = document["checkpoint"]["latest"]
    box = next(item for item in latest["resources"] if item["urn"].endswith("::box"))
    begun = dict(box)
    if kind in ("creating", "importing", "reading"):
        del begun["id"], begun["outputs"]
    if kind == "creating":
        latest["resources"].remove(box)
    latest["pending_operations"] = [{"resource": begun, "type": kind}]
    file.write_text(json.dumps(document))
