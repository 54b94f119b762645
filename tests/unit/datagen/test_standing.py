"""What the server itself says is the last proof before a write."""

from __future__ import annotations

import ipaddress

import pytest

from liftlock_datagen.database.standing import Standing, bridges, reason_against

CONTAINERS = (ipaddress.ip_network("172.17.0.0/16"),)


@pytest.mark.parametrize("address", ["", "127.0.0.1", "::1", "172.17.0.9"])
def test_this_machine_and_its_containers_are_taken(address: str) -> None:
    assert reason_against(Standing(address, "shop", "15/main", is_standby=False), "shop", CONTAINERS) == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Standing("10.4.3.2", "shop", "", is_standby=False), "10.4.3.2"),  # a tunnel
        (Standing("8.8.8.8", "shop", "", is_standby=False), "8.8.8.8"),
        (Standing("", "shop_live", "", is_standby=False), "shop_live"),  # a pooler's other name
        (Standing("", "shop", "main-production", is_standby=False), "main-production"),
        (Standing("", "shop", "", is_standby=True), "standby"),
    ],
)
def test_a_server_that_says_otherwise_is_not_written_to(found: Standing, said: str) -> None:
    assert said in reason_against(found, "shop", CONTAINERS)


def test_where_the_machine_cannot_tell_its_containers_a_private_address_is_taken_and_no_other() -> None:
    assert reason_against(Standing("172.17.0.9", "shop", "", is_standby=False), "shop", None) == ""
    assert reason_against(Standing("8.8.8.8", "shop", "", is_standby=False), "shop", None)


def test_the_networks_of_bridges_are_networks() -> None:
    assert all(network.num_addresses > 1 for network in bridges() or ())
