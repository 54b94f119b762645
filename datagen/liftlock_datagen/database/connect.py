"""Connections to PostgreSQL whose errors are ours: what, where, what to do next, and no password."""

from __future__ import annotations

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
        raise UnreachableError(f"no connection to the database: {without_password(str(err).strip(), url)}", hint="is it up?") from None
    with connection:
        yield connection


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
