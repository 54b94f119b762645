"""Connections to PostgreSQL whose errors are ours: what, where, what to do next, and no password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg

from liftlock_datagen.errors import DatagenError

Connection = psycopg.Connection[Any]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """An autocommitting connection, closed at the end; DatagenError where there is none to be had."""
    try:
        connection = psycopg.connect(url, autocommit=True, application_name="liftlock-datagen", client_encoding="utf8")
    except psycopg.Error as err:
        # "from None": the driver's own message may quote the URL
        raise DatagenError(f"no connection to the database: {without_password(str(err).strip(), url)}", hint="is it up?") from None
    with connection:
        yield connection


@contextmanager
def wrapped(url: str) -> Iterator[None]:
    """The database's refusals as DatagenError."""
    try:
        yield
    except psycopg.Error as err:
        where = ".".join(part for part in (err.diag.schema_name, err.diag.table_name, err.diag.constraint_name) if part)
        text = err.diag.message_primary or str(err).strip()
        detail = f" [{err.diag.context.splitlines()[0]}]" if err.diag.context else ""
        message = f"the database refused{' ' + where if where else ''}: {without_password(text + detail, url)}"
        raise DatagenError(message, hint="nothing was written; the database is as it was") from None


def database_of(url: str) -> str:
    """The name of the database that the URL or connection string leads to."""
    known = psycopg.conninfo.conninfo_to_dict(url)
    return str(known.get("dbname") or known.get("user") or "postgres")


def url_of(url: str, database: str) -> str:
    """The same server and role, another database."""
    parts = urlsplit(url) if "://" in url else None
    if parts is None or "dbname=" in parts.query:
        return psycopg.conninfo.make_conninfo(url, dbname=database)
    return urlunsplit(parts._replace(path="/" + quote(database, safe="")))


def without_password(text: str, url: str) -> str:
    """The text without the URL's password, however it is quoted there."""
    try:
        password = psycopg.conninfo.conninfo_to_dict(url).get("password")
    except psycopg.Error:
        password = None
    parts = urlsplit(url) if "://" in url else None
    secrets = {str(password or ""), (parts.password or "") if parts else ""}
    secrets |= {unquote(secret) for secret in secrets} | {quote(secret, safe="") for secret in secrets}
    for secret in sorted(secrets - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text.replace(url, "***") if password else text
