"""PostgreSQL's own client library, where a row may cost no more than one call. Errors are ours, without values."""

from __future__ import annotations

import psycopg
from psycopg import pq

from liftlock_datagen.database.refusals import result_refusal, without_password
from liftlock_datagen.errors import UnreachableError


def connect(url: str) -> pq.abc.PGconn:
    """A connection that blocks; UnreachableError without the password where there is none to be had."""
    connection = pq.PGconn.connect(psycopg.conninfo.make_conninfo(url, application_name="liftlock-datagen").encode())
    if connection.status != pq.ConnStatus.OK:
        text = without_password(connection.error_message.decode(errors="replace").strip(), url)
        raise UnreachableError(f"no connection to the database: {text}", hint="is it up?")
    return connection


def run(connection: pq.abc.PGconn, statement: bytes, about: str) -> None:
    """Carries out one statement or several; DatagenError where it is refused."""
    result = connection.exec_(statement)
    if result.status not in {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK}:
        raise result_refusal(about, result)


def start(connection: pq.abc.PGconn, statement: bytes, expected: pq.ExecStatus, about: str) -> None:
    """Begins a COPY; DatagenError where it is refused."""
    result = connection.exec_(statement)
    if result.status != expected:
        raise result_refusal(about, result)


def finish(connection: pq.abc.PGconn, about: str) -> None:
    """Reads to the end of the COPY; DatagenError where it failed."""
    while (result := connection.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise result_refusal(about, result)
