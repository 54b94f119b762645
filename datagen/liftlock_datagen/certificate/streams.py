"""Rows of a live database as blocks, from one consistent snapshot that is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from liftlock_datagen.certificate.blocks import Block, plain
from liftlock_datagen.database.connect import Connection, connected, wrapped

_BLOCK = 1 << 20
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
    held: list[bytes] = []
    size = 0
    for row in _copied(connection, query.as_bytes(connection)):
        held.append(row)
        size += len(row)
        if size > _BLOCK:
            yield plain(Block(b"".join(held), columns))
            held, size = [], 0
    yield plain(Block(b"".join([*held, last]), columns))


def _copied(connection: Connection, query: bytes) -> Iterator[bytes]:
    """The rows, straight from libpq: the driver's own iterator takes several times as long for a row."""
    server = connection.pgconn
    result = server.exec_(query)
    if result.status != ExecStatus.COPY_OUT:
        raise error_from_result(result)
    finished = False
    try:
        while True:
            size, row = server.get_copy_data(0)
            if size <= 0 or row is None:
                finished = True
                break
            yield bytes(row)
    finally:
        if not finished:  # nobody wants the rest
            connection.cancel_safe()
            while server.get_copy_data(0)[0] > 0:
                pass
        failed = [result for result in iter(server.get_result, None) if result.status == ExecStatus.FATAL_ERROR]
    if failed:
        raise error_from_result(failed[0])
