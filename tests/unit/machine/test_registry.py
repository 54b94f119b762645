"""The registry's port is chosen once and kept."""

from __future__ import annotations

import socket

import pytest

from machine.registry import FIRST_PORT, Found, Registry, parse_container, port_is_free, ports_to_try
from machine.steps import StepError


def test_the_first_port_is_tried_first_on_a_fresh_machine() -> None:
    assert list(ports_to_try(None, None))[:2] == [FIRST_PORT, FIRST_PORT + 1]


def test_a_port_once_chosen_is_kept() -> None:
    candidates = list(ports_to_try(Found("image", running=False, port=5483), None))
    assert candidates[0] == 5483
    assert candidates.count(5483) == 1


def test_a_port_that_is_asked_for_is_the_only_one() -> None:
    assert list(ports_to_try(Found("image", running=True, port=5480), "6000")) == [6000]


@pytest.mark.parametrize("wanted", ["x", "0", "65536", "-1", "5480 "])
def test_what_is_no_port_is_refused(wanted: str) -> None:
    with pytest.raises(StepError, match="LIFTLOCK_REGISTRY_PORT"):
        ports_to_try(None, wanted)


def test_a_container_is_read_from_what_docker_says() -> None:
    inspected = {
        "Config": {"Image": "liftlock/registry:1"},
        "State": {"Running": True},
        "HostConfig": {"PortBindings": {"5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5481"}]}},
    }
    assert parse_container(inspected) == Found("liftlock/registry:1", running=True, port=5481)
    assert parse_container({"Config": {"Image": "x"}, "HostConfig": {"PortBindings": None}}) == Found("x", running=False, port=None)


def test_a_port_in_use_is_seen_and_nothing_there_is_no_registry() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        assert not port_is_free(port)
    assert not Registry(port).answers()
    assert Registry(port).digest("shop/api", "v1") is None
