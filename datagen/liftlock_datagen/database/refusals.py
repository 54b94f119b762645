"""Errors of the database without the values that it quotes: DETAIL, CONTEXT and the message of a bad value hold rows.

The one place that turns PostgreSQL's errors into ours. The rows may be production's, so a message is shown only where PostgreSQL itself
wrote it and it cannot hold a value; otherwise the condition's name stands for it, with the names of table, column and constraint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import pq

from liftlock_datagen.errors import DatagenError, NoRoomError, UnreachableError

_RIGHT, _POLICY = "42501", "row-level security"
_WHOLE_ROWS = "row security hides rows from this role: name one with BYPASSRLS, or the tables' owner where it is not forced on the owner"
_SAID = ("08", "0A", "25", "28", "3D", "3F", "40", "53", "54", "55", "57", "58")
"""Classes of SQLSTATE whose messages are of connections, rights, resources and settings; values are in none of them."""
_NAMED = frozenset({"42501", "42P01", "XX001", "XX002"})
_AS_IT_WAS = "nothing was swapped in; the target is as it was"
DISK_FULL = "53100"
_LOST = frozenset({"57P01", "57P02", "57P03"})
_CONNECTION = "08"
_AGAIN = "is its server up? Then run the same command again"
_HINTS = {
    DISK_FULL: "the server's disk is full; nothing was changed: free some, then run the same command again",
    "53200": "the server has too little memory: lower its work, then run the same command again",
    "55P03": "another session holds a lock on the table: wait for it, then run the same command again",
    "42501": "the role of this address lacks a right: use the role that owns the database and its tables, or let an administrator grant it",
    "57014": "a statement was cancelled, by a person or a time limit of the role",
}


@contextmanager
def masked_errors(about: str, *urls: str, hint: str = _AS_IT_WAS) -> Iterator[None]:
    """The database's refusals as DatagenError, with names and no values."""
    try:
        yield
    except psycopg.Error as err:
        raise refusal(about, err, *urls, hint=hint) from None


@contextmanager
def synthetic_errors(url: str) -> Iterator[None]:
    """The same with what the database quotes: only where every row that it can see was made here, in tables that were empty."""
    try:
        yield
    except psycopg.Error as err:
        quoted = [err.diag.message_primary or str(err).strip(), err.diag.message_detail, (err.diag.context or "").partition("\n")[0]]
        text = without_password("; ".join(part for part in quoted if part), url)
        hint = _HINTS.get(err.sqlstate or "", "nothing was written; the database is as it was")
        if _is_lost(err):
            raise UnreachableError(f"the connection to the database was lost: {text}", hint=f"{hint}. {_AGAIN}") from None
        raise DatagenError(f"the database refused a synthetic row: {text}", hint=hint) from None


def refusal(about: str, err: psycopg.Error, *urls: str, hint: str = _AS_IT_WAS) -> DatagenError:
    """What the database said, without values and passwords."""
    names = (err.diag.table_name, err.diag.column_name, err.diag.constraint_name)
    return _error(about, err.sqlstate or "", told(err), names, urls, hint, lost=_is_lost(err))


def told(err: psycopg.Error) -> str:
    """What the database said, without values."""
    diagnostic = err.diag
    if not diagnostic.sqlstate:  # the driver's own: of connections, or of a value that it cannot read
        return str(err).strip() if type(err) in {psycopg.OperationalError, psycopg.InterfaceError} else type(err).__name__
    own = bool(diagnostic.statement_position) and not diagnostic.internal_query
    return shown(diagnostic.sqlstate, diagnostic.message_primary or "", diagnostic.context or "", own_statement=own)


def result_refusal(about: str, result: pq.abc.PGresult) -> DatagenError:
    """The same for a result of libpq."""

    def said(name: pq.DiagnosticField) -> str:
        return (result.error_field(name) or b"").decode(errors="replace")

    fields = pq.DiagnosticField
    state = said(fields.SQLSTATE)
    if not state:  # the library's own
        return _error(about, state, "it does not answer any more", (), (), _AS_IT_WAS, lost=True)
    text = shown(state, said(fields.MESSAGE_PRIMARY), said(fields.CONTEXT))
    return _error(about, state, text, tuple(map(said, (fields.TABLE_NAME, fields.COLUMN_NAME, fields.CONSTRAINT_NAME))), (), _AS_IT_WAS,
                  lost=_is_lost_state(state))  # fmt: skip


def shown(state: str, primary: str, context: str = "", *, own_statement: bool = False) -> str:
    """The message where it is PostgreSQL's own and of a kind without values, else the condition's name.

    context: what ran; a function there may have written the message itself. own_statement: it is about a place in the text that was sent.
    """
    ours = all(line.startswith("COPY ") for line in context.splitlines())
    harmless = state[:2] in _SAID or state in _NAMED or (state[:2] == "42" and own_statement)
    return primary if ours and harmless else _condition(state)


def _is_lost(err: psycopg.Error) -> bool:
    """Whether the connection is gone; errors without a state are the driver's own."""
    if err.sqlstate:
        return _is_lost_state(err.sqlstate)
    return type(err) in {psycopg.OperationalError, psycopg.InterfaceError}


def _is_lost_state(state: str) -> bool:
    return state in _LOST or state[:2] == _CONNECTION


def _error(
    about: str, state: str, text: str, names: tuple[str | None, ...], urls: tuple[str, ...], hint: str, *, lost: bool
) -> DatagenError:
    for url in urls:
        text = without_password(text, url)
    where = ".".join(name for name in names if name)
    if lost:
        return UnreachableError(f"{about}: the connection was lost: {text}", hint=f"{hint}. {_AGAIN}")
    kind = NoRoomError if state == DISK_FULL else DatagenError
    hidden = state == _RIGHT and _POLICY in text
    return kind(f"{about}: {text}{f' ({where})' if where else ''}", hint=_WHOLE_ROWS if hidden else _HINTS.get(state, hint))


def _condition(state: str) -> str:
    """What PostgreSQL calls the state, in words."""
    try:
        name = psycopg.errors.lookup(state).__name__
    except KeyError:
        return f"refused (SQLSTATE {state})"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return f"{words} (SQLSTATE {state})"


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
