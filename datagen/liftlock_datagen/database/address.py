"""Where a database is, read from its URL without connecting: for messages, and to tell one's own machine from anything else.

By libpq's own rules: it decides where a connection goes. What they leave to a service file or to chance is nowhere for certain.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from liftlock_datagen.errors import RequestError

SCHEMES = ("postgresql://", "postgres://")
_PRODUCTION = re.compile(
    r"(^|[^a-z])(prod|production|prd|live|primary|master)([^a-z]|$)|[a-z](prod|prd|production)([^a-z]|$)|(^|[^a-z])prod(db|shop|sql)",
    re.IGNORECASE,
)
_FORM = "write postgresql://USER@HOST:PORT/DATABASE"
_ESCAPES = "in a user or password write @ as %40, / as %2F, : as %3A and % as %25"
_DEFAULT_PORT = 5432


@dataclass(frozen=True, slots=True)
class Address:
    """host: as written, several separated by commas; a path is a socket of this machine. Holds no password.

    ports: every port that may be asked. is_certain: it is one server, and this text alone says which.
    """

    host: str
    port: str
    database: str
    user: str
    ports: frozenset[int] = frozenset({_DEFAULT_PORT})
    is_certain: bool = True

    def __str__(self) -> str:
        host = self.host or "this machine"
        where = host if not self.port or self.host.startswith("/") else f"{host}:{self.port}"
        return f"{where}/{self.database}{'' if self.is_certain else ' (or where its service or other hosts lead)'}"

    @property
    def is_local(self) -> bool:
        """Whether it is certainly this machine, by its name or number: a socket, localhost or a loopback address."""
        return self.is_certain and _is_local(self.host)

    @property
    def looks_like_production(self) -> bool:
        """Whether the host's or the database's name says so."""
        return any(map(says_production, (self.host, self.database, self.user)))


def says_production(name: str) -> bool:
    """Whether a name is one that people give to what is in production."""
    return _PRODUCTION.search(name) is not None


def parse_address(url: str) -> Address:
    """What the URL says, and PostgreSQL's own variables where it is silent; RequestError, without the URL, for what cannot be read."""
    said = read_url(url)
    value = {**_from_variables(), **said}
    names, numbers = value.get("host", "").split(","), value.get("hostaddr", "").split(",")
    count = max(len(names), len(numbers))
    hosts = [number or name for name, number in zip(_as_many(names, count), _as_many(numbers, count), strict=True)]
    ports = value.get("port", "")
    user = value.get("user", "")
    is_certain = len(hosts) == 1 and "," not in ports and not value.get("service")
    found = frozenset(int(port) if port else _DEFAULT_PORT for port in ports.split(","))
    return Address(",".join(hosts), ports, value.get("dbname") or user, user, found, is_certain)


def read_url(url: str) -> Mapping[str, str]:
    """libpq's parameters that the URL says. RequestError where it is none, or part of a password would be taken for another part."""
    if not url.startswith(SCHEMES):
        raise RequestError("this is no address of a PostgreSQL database", hint=_FORM)
    try:
        said = {key: str(text) for key, text in conninfo_to_dict(url).items() if text is not None}
    except psycopg.Error:
        # "from None": the driver's own message quotes the URL
        raise RequestError("the address of the database cannot be read", hint=f"{_FORM}; {_ESCAPES}") from None
    refuse_stray(url)
    return said


def refuse_stray(url: str) -> None:
    """RequestError where a sign in the user or password ends it too early, so that its rest would be shown as a host, port or database."""
    where = url.partition("://")[2]
    userinfo = re.match(r"[^@/]*@", where)  # as libpq reads it: up to the first of the two
    rest = where[userinfo.end() if userinfo else 0 :].partition("?")[0]
    if "@" in rest:
        raise RequestError("the address of the database cannot be read: an @ stands where none can", hint=_ESCAPES)
    try:
        ports = str(conninfo_to_dict(url).get("port") or "")
    except psycopg.Error:
        return
    if not all(not port or (port.isascii() and port.isdigit() and 0 < int(port) < 2**16) for port in ports.split(",")):
        raise RequestError("the address of the database cannot be read: its port is no number", hint=f"{_FORM}; {_ESCAPES}")


def _from_variables() -> dict[str, str]:
    """PGHOST and the like."""
    return {item.keyword.decode(): item.val.decode() for item in pq.Conninfo.get_defaults() if item.val}


def _as_many(parts: list[str], count: int) -> Iterator[str]:
    """One for each host; where nothing was said, nothing for each."""
    yield from parts
    yield from [""] * (count - len(parts))


def _is_local(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
