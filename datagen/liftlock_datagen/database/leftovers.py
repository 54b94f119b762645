"""Databases that killed runs left behind: how they are known, and how they are removed."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from liftlock_datagen.database.connect import Connection

MARKER = "liftlock: in the making or replaced, not to be used "
_LONGEST_NAME = 63
_OURS = re.compile(r".*_liftlock_[0-9a-f]{8}", re.DOTALL)
_PATIENCE = 30.0  # seconds for sessions that were ended to be gone
_LOCK_CLASS = 7_236_410  # the first half of the advisory locks by which a run says that it lives


def beside_name(target: str) -> str:
    """A new name that says whose neighbour it is, short enough for PostgreSQL."""
    tail = f"_liftlock_{secrets.token_hex(4)}"
    return target.encode()[: _LONGEST_NAME - len(tail)].decode(errors="ignore") + tail


def lock_of(name: str) -> tuple[int, int]:
    """The advisory lock that the run holds which builds the database of that name."""
    number = hashlib.blake2b(name.encode(), digest_size=4).digest()
    return _LOCK_CLASS, int.from_bytes(number, "big", signed=True)


def is_held(keeper: Connection, name: str) -> bool:
    """Whether the run that builds it lives. pg_locks shows the locks of all databases."""
    query = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint = %s AND objid::bigint = %s)"
    )
    first, second = lock_of(name)
    row = keeper.execute(query, [first, second % 2**32]).fetchone()
    return bool(row and row[0])


@dataclass(frozen=True, slots=True)
class Leftover:
    """A database beside the target that no living run need have. since: when it was marked. recipe: of who may go on with it."""

    name: str
    since: str = ""
    recipe: str = ""


def marker(target: str, recipe: str = "") -> str:
    """The comment of a database that nobody is to use: what a killed run leaves is known by it. recipe: of a run that may go on with it."""
    said = {"for": target, "since": datetime.now(UTC).isoformat(timespec="seconds")}
    return MARKER + json.dumps(said | ({"resume": recipe} if recipe else {}))


def leftovers(keeper: Connection, target: str) -> list[Leftover]:
    """What runs for this target made, those that live too: our name, and our marker or not yet open to anybody."""
    query = "SELECT datname, shobj_description(oid, 'pg_database'), datallowconn FROM pg_database WHERE datname LIKE '%\\_liftlock\\_%'"
    found = []
    for name, comment, is_open in keeper.execute(query).fetchall():
        said = _said(comment or "")
        is_unborn = not comment and not is_open and target.startswith(name[: name.rindex("_liftlock_")])
        if _OURS.fullmatch(name) and (said.get("for") == target or is_unborn):
            found.append(Leftover(name, said.get("since", ""), said.get("resume", "")))
    return found


def remove_leftovers(keeper: Connection, target: str, on_note: Callable[[str], None], *, but: str | None = None) -> None:
    """Drops what runs for this target left that live no more. but: the one that is gone on with."""
    for one in leftovers(keeper, target):
        if one.name != but and not is_held(keeper, one.name):
            _remove(keeper, one.name, on_note)


def drop_database(keeper: Connection, name: str) -> None:
    """Ends its sessions and drops it; one that is not there is fine. PostgreSQL 12 cannot do both in one: first it lets nobody in."""
    identifier = sql.Identifier(name)
    if keeper.info.server_version >= 130000:
        keeper.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        return
    if keeper.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        return
    keeper.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(identifier))
    ends = time.monotonic() + _PATIENCE
    while True:
        keeper.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            keeper.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))  # waits up to five seconds for those who were ended
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > ends:
                raise
        else:
            return


def drop_without_waiting(connection: Connection, name: str) -> None:
    """Asks the server to drop it and leaves: a server carries out what it was asked before it looks for its client. If it does not come to
    that, the database is a leftover like others. connection: to another database; it is closed."""
    with suppress(psycopg.Error), closing(connection):
        if connection.info.server_version >= 140000:
            connection.execute("SELECT set_config('client_connection_check_interval', '0', false)")
        forced = " WITH (FORCE)" if connection.info.server_version >= 130000 else ""
        statement = sql.SQL("DROP DATABASE IF EXISTS {}" + forced).format(sql.Identifier(name))
        connection.pgconn.send_query(statement.as_bytes(connection))
        while connection.pgconn.flush():
            pass


def _remove(keeper: Connection, name: str, on_note: Callable[[str], None]) -> None:
    try:
        drop_database(keeper, name)
    except psycopg.Error as err:
        on_note(f"database {name}, left by a run that was killed, could not be dropped: {err.diag.message_primary}")
    else:
        on_note(f"removed database {name}, left by a run that was killed")


def _said(comment: str) -> dict[str, str]:
    """What a marker says; nothing where the comment is none of ours."""
    if not comment.startswith(MARKER):
        return {}
    try:
        found = json.loads(comment.removeprefix(MARKER))
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
