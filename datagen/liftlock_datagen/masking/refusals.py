"""Errors of the database without the values that it quotes: DETAIL, CONTEXT and the message of a bad value hold rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import pq

from liftlock_datagen.database.connect import without_password
from liftlock_datagen.errors import DatagenError

_VALUES = ("22", "23", "P0", "42")  # classes of SQLSTATE whose messages may quote a row
_AS_IT_WAS = "nothing was swapped in; the target is as it was"
_HINTS = {
    "53100": "the server's disk is full: free some, then run the same command again",
    "53200": "the server has too little memory: lower its work, then run the same command again",
    "55P03": "another session holds a lock on the table: wait for it, then run the same command again",
    "57014": "a statement was cancelled, by a person or a time limit of the role",
}


@contextmanager
def masked_errors(about: str, *urls: str) -> Iterator[None]:
    """The database's refusals as DatagenError, with names and no values."""
    try:
        yield
    except psycopg.Error as err:
        raise refusal(about, err, *urls) from None


def refusal(about: str, err: psycopg.Error, *urls: str) -> DatagenError:
    """What the database said, without values and passwords."""
    diagnostic = err.diag
    return told(
        about, diagnostic.sqlstate or "", diagnostic.message_primary or str(err).strip(), diagnostic.table_name,
        diagnostic.column_name, diagnostic.constraint_name, urls=urls,
    )  # fmt: skip


def result_refusal(about: str, result: pq.abc.PGresult) -> DatagenError:
    """The same for a result of libpq."""
    fields = pq.DiagnosticField
    names = [fields.SQLSTATE, fields.MESSAGE_PRIMARY, fields.TABLE_NAME, fields.COLUMN_NAME, fields.CONSTRAINT_NAME]
    texts = [(result.error_field(name) or b"").decode(errors="replace") for name in names]
    return told(about, *texts)


def told(about: str, state: str, primary: str, *names: str | None, urls: tuple[str, ...] = ()) -> DatagenError:
    """One error. names: table, column, constraint, as far as they are known."""
    text = primary
    if state[:2] in _VALUES and state not in {"42501", "42P01"}:
        text = _condition(state)
    for url in urls:
        text = without_password(text, url)
    where = ".".join(name for name in names if name)
    return DatagenError(f"{about}: {text}{f' ({where})' if where else ''}", hint=_HINTS.get(state, _AS_IT_WAS))


def _condition(state: str) -> str:
    """What PostgreSQL calls the state, in words."""
    try:
        name = psycopg.errors.lookup(state).__name__
    except KeyError:
        return f"the database refused a row (SQLSTATE {state})"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return f"the database refused a row: {words} (SQLSTATE {state})"
