"""Rows of a live database as blocks, from one consistent snapshot that is only read."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from liftlock_datagen.certificate.blocks import Block, plain
from liftlock_datagen.database.connect import Connection, connected, wrapped

_BLOCK = 1 << 19
_SETTINGS = {
    "search_path": "pg_catalog",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",  # a policy that hides rows becomes an error instead of rows that nobody looked at
    "client_encoding": "UTF8",
}


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """A connection in a read-only transaction that sees one moment. Both sides write values alike, whatever their settings."""
    with connected(url) as connection, wrapped(url):
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for name, value in _SETTINGS.items():
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        yield connection
        connection.execute("ROLLBACK")


def moment(connection: Connection) -> datetime:
    """When the snapshot was taken, by the server's clock."""
    row = connection.execute("SELECT now()").fetchone()
    if row is None:
        raise RuntimeError("SELECT now() gave no row")
    found: datetime = row[0]
    return found


def blocks(connection: Connection, query: sql.Composed, columns: int, last: bytes = b"") -> Iterator[Block]:
    """The rows that a COPY … TO STDOUT sends, without its escapes. last: a line that is put behind all of them."""
    waiting = b""
    for rows in _copied(connection, query.as_bytes(connection)):
        if waiting:
            yield plain(Block(waiting, columns))
        waiting = rows
    yield plain(Block(waiting + last, columns))


def _copied(connection: Connection, query: bytes) -> Iterator[bytes]:
    """The rows, a block at a time, straight from libpq: the driver's own iterator takes several times as long for a row."""
    server = connection.pgconn
    server.send_query(query)
    while server.is_busy():
        _wait(server)
    result = server.get_result()
    if result is None or result.status != ExecStatus.COPY_OUT:
        raise _error(server, result)
    finished = False
    try:
        while not finished:
            rows, finished = _block(server)
            yield rows
    finally:
        if not finished:  # nobody wants the rest
            connection.cancel_safe()
            while server.get_copy_data(0)[0] > 0:
                pass
        failed = [result for result in iter(server.get_result, None) if result.status == ExecStatus.FATAL_ERROR]
    if failed:
        raise error_from_result(failed[0])


def _block(server: PGconn) -> tuple[bytes, bool]:
    """Rows of about a block's size, and whether they were the last ones."""
    held: list[memoryview] = []
    read, keep, length = server.get_copy_data, held.append, 0
    while length < _BLOCK:
        size, row = read(1)
        if size == 0:
            _wait(server)
            continue
        if size < 0 or row is None:
            return b"".join(held), True
        keep(row)
        length += size
    return b"".join(held), False


def _wait(server: PGconn) -> None:
    """Until the server has sent more. Here, and not inside libpq, so that an interruption is heard."""
    select.select([server.socket], [], [], 1.0)
    server.consume_input()


def _error(server: PGconn, result: PGresult | None) -> psycopg.Error:
    while server.get_result() is not None:
        pass
    return error_from_result(result) if result else psycopg.OperationalError("the connection was lost")
