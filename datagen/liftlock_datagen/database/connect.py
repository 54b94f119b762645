"""Connections to PostgreSQL whose errors are ours: what, where, what to do next, and no password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from liftlock_datagen.database.address import refuse_stray
from liftlock_datagen.database.refusals import masked_errors, without_password
from liftlock_datagen.errors import UnreachableError

Connection = psycopg.Connection[Any]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """An autocommitting connection, closed at the end; UnreachableError where there is none to be had."""
    if "://" in url:
        refuse_stray(url)
    try:
        connection = psycopg.connect(url, autocommit=True, application_name="liftlock-datagen", client_encoding="utf8")
    except psycopg.Error as err:
        # "from None": the driver's own message may quote the URL
        raise unreachable(without_password(str(err), url)) from None
    with connection:
        yield connection


_WAYS_OUT = (
    ("password authentication failed", "mend the user or the password in the address"),
    ("no password supplied", "the address, PGPASSWORD or the file of PGPASSFILE has to say the password"),
    (
        "permission denied for database",
        "an administrator runs: GRANT CONNECT ON DATABASE … TO this role; or say another role in the address",
    ),
    ('database "', "mend the name of the database in the address, or make it"),
    ('role "', "mend the user in the address"),
    ("resolve", "mend the name of the host in the address"),
    ("pg_hba.conf", "an administrator of the server lets this role in from here (pg_hba.conf)"),
    ("starting up", "wait until the server has started, then run the same command again"),
    ("connection slots", "end sessions there, then run the same command again"),
    ("too many c", "end sessions there, then run the same command again"),
    ("SSL", "say another sslmode in the address, or have the server take encrypted connections"),
)
_OTHERWISE = "start the server, or mend host and port in the address"


def unreachable(text: str) -> UnreachableError:
    """What libpq said of a connection that failed, in one line, and what to do next. text: without a password."""
    said = (
        re.sub(r" +", " ", re.sub(r"\s*\n\s*", "; ", text.strip())).removeprefix("connection failed: ").removeprefix("connection is bad: ")
    )
    hint = next((hint for sign, hint in _WAYS_OUT if sign in said), _OTHERWISE)
    return UnreachableError(f"no connection to the database: {said}", hint=hint)


@contextmanager
def wrapped(url: str) -> Iterator[None]:
    """The database's refusals as DatagenError, without the values that it quotes: the rows may be production's."""
    with masked_errors("the database refused", url, hint="nothing was written; the database is as it was"):
        yield


def database_of(url: str) -> str:
    """The name of the database that the URL or connection string leads to."""
    known = psycopg.conninfo.conninfo_to_dict(url)
    return str(known.get("dbname") or known.get("user") or "postgres")


def url_of(url: str, database: str) -> str:
    """The same server and role, another database. By libpq's own reading: a URL may name its database in more than one way."""
    return psycopg.conninfo.make_conninfo(url, dbname=database)
