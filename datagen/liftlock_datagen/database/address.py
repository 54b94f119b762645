"""Where a database is, read from its URL without connecting: for messages, and to tell one's own machine from anything else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from liftlock_datagen.errors import DatagenError

SCHEMES = ("postgresql://", "postgres://")
_PRODUCTION = re.compile(r"(^|[^a-z])(prod|production|prd|live|primary|master)([^a-z]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """host: as written, several separated by commas; a path is a socket of this machine. Holds no password."""

    host: str
    port: str
    database: str
    user: str

    def __str__(self) -> str:
        where = self.host if not self.port or self.host.startswith("/") else f"{self.host}:{self.port}"
        return f"{where or 'this machine'}/{self.database}"

    @property
    def is_local(self) -> bool:
        """Whether every host is this machine, by its name or number: a socket, localhost or a loopback address."""
        return all(map(_is_local, self.host.split(",")))

    @property
    def looks_like_production(self) -> bool:
        """Whether the host's or the database's name says so."""
        return any(_PRODUCTION.search(name) for name in (self.host, self.database, self.user))

    @property
    def ports(self) -> frozenset[int]:
        """Every port that may be asked."""
        return frozenset(int(port) for port in self.port.split(",") if port.isdigit())


def parse_address(url: str) -> Address:
    """What the URL, and PostgreSQL's own variables and service file where it is silent, say; DatagenError without the URL for no URL."""
    if not url.startswith(SCHEMES):
        raise DatagenError("this is no address of a PostgreSQL database", hint="write postgresql://USER@HOST:PORT/DATABASE")
    try:
        said = conninfo_to_dict(url)
    except psycopg.Error:
        # "from None": the driver's own message quotes the URL
        raise DatagenError("the address of the database cannot be read", hint="write postgresql://USER@HOST:PORT/DATABASE") from None
    known = {item.keyword.decode(): item.val.decode() for item in pq.Conninfo.get_defaults() if item.val}
    if "service" in said or "service" in known:  # what the service file says is only known to the driver
        known.setdefault("host", "the service file's host")
    value = {**known, **{key: str(text) for key, text in said.items() if text is not None}}
    host = value.get("hostaddr") or value.get("host", "")
    user = value.get("user", "")
    return Address(host, value.get("port", ""), value.get("dbname") or user, user)


def _is_local(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
