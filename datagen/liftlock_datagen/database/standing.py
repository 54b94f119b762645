"""What the server itself says of where it stands: the last proof before a write, for what an address alone cannot show.

A loopback port may be a tunnel, and a pooler may call any database by any name.
"""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from liftlock_datagen.database.address import says_production
from liftlock_datagen.database.connect import connected, database_of, url_of, wrapped
from liftlock_datagen.errors import UnreachableError

_NETWORKS = Path("/sys/class/net")
_NEIGHBOUR = "postgres"
_GET_ADDRESS, _GET_MASK = 0x8915, 0x891B  # SIOCGIFADDR, SIOCGIFNETMASK

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Standing:
    """address: of the server, as it sees itself; empty for a socket of this machine. cluster: its cluster_name."""

    address: str
    database: str
    cluster: str
    is_standby: bool


def why_not_written(url: str) -> str:
    """Why the database that answers is not one that may be written to; empty where nothing speaks against it.

    DatagenError where no server answers; for a database that does not exist yet its neighbour says where the server is.
    """
    try:
        found, expected = _asked_of(url), database_of(url)
    except UnreachableError:
        with suppress(UnreachableError):
            return reason_against(_asked_of(url_of(url, _NEIGHBOUR)), _NEIGHBOUR, bridges())
        raise
    return reason_against(found, expected, bridges())


def reason_against(found: Standing, database: str, containers: Sequence[Network] | None) -> str:
    """containers: the networks of this machine's containers; None where this machine cannot tell. Pure."""
    if found.database != database:
        return f"it leads to database {found.database}"
    for name in (found.cluster, found.database):
        if says_production(name):
            return f"the server calls itself {name}"
    if found.is_standby:
        return "the server is a standby"
    if not found.address:
        return ""
    address = ipaddress.ip_address(found.address.partition("/")[0])
    if address.is_loopback or any(address in network for network in containers or ()):
        return ""
    if containers is None and address.is_private:
        return ""
    return f"the server says that it is at {address}, which is neither this machine nor a container of it"


def bridges() -> Sequence[Network] | None:
    """The networks between this machine and its containers; None where the system does not show them."""
    if not _NETWORKS.is_dir():
        return None
    found: list[Network] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for device in _NETWORKS.iterdir():
            if not Path(device, "bridge").is_dir():
                continue
            try:
                address, mask = (_asked(asking, device.name, what) for what in (_GET_ADDRESS, _GET_MASK))
            except OSError:  # it has no address
                continue
            found.append(ipaddress.ip_network(f"{address}/{mask}", strict=False))
    return found


def _asked(asking: socket.socket, device: str, what: int) -> str:
    answer = fcntl.ioctl(asking.fileno(), what, struct.pack("256s", device.encode()[:15]))
    return socket.inet_ntoa(answer[20:24])


def _asked_of(url: str) -> Standing:
    query = "SELECT coalesce(host(inet_server_addr()), ''), current_database(), current_setting('cluster_name'), pg_is_in_recovery()"
    with connected(url) as connection, wrapped(url):
        row = connection.execute(query).fetchone()
    address, database, cluster, is_standby = row or ("", "", "", False)
    return Standing(str(address), str(database), str(cluster), bool(is_standby))
