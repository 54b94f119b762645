"""Gives a finished database another one's name, in one transaction, while nobody is connected to either."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql

from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.settings import carry_over, let_others_in
from liftlock_datagen.errors import DatagenError

_PAUSE = 0.05
_IN_USE = ("55006", "55P03")  # object in use, lock not available
_SESSION = (
    "format('process %%s of role %%s, %%s in database %%s', pid, usename, coalesce(nullif(application_name, ''), 'unnamed'), datname)"
)
_BLOCKING = f"SELECT string_agg({_SESSION}, '; ') FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(%s))".encode()  # noqa: S608 - our own
_CONNECTED = f"SELECT string_agg({_SESSION}, '; ') FROM pg_stat_activity WHERE datid = ANY(%s) AND usesysid IS NOT NULL".encode()  # noqa: S608
_AGAIN = "run the same command again"


@dataclass(frozen=True, slots=True)
class Swap:
    """`new` becomes `target`. old: the name that the present target gets, with the marker as its comment; None: there is no target yet."""

    new: str
    target: str
    old: str | None
    marker: str
    patience: float


def refuse_unswappable(keeper: Connection, target: str) -> None:
    """DatagenError where something ties the database to its name or keeps it from being dropped."""
    for what, query in (
        ("prepared transactions", "SELECT gid FROM pg_prepared_xacts WHERE database = %s"),
        ("logical replication slots", "SELECT slot_name FROM pg_replication_slots WHERE database = %s"),
    ):
        found = [str(name) for (name,) in keeper.execute(query, [target]).fetchall()]
        if found:
            raise DatagenError(
                f"database {target} has {what} ({', '.join(found)}), so it cannot be replaced",
                hint="end them first; a database that others replicate from is not one to be replaced",
            )


def swap_in(keeper: Connection, worker: Connection, swap: Swap, on_note: Callable[[str], None]) -> None:
    """Renames both, or neither. The sessions of both are ended while the renaming holds their names locked, so that none comes back.

    keeper, worker: two sessions of another database. DatagenError where the sessions cannot be ended within swap.patience.
    """
    _announce(worker, swap, on_note)
    ends = time.monotonic() + swap.patience
    query = "SELECT oid FROM pg_database WHERE datname = ANY(%s)"
    databases = [oid for (oid,) in keeper.execute(query, [[swap.new, swap.target]]).fetchall()]
    ending = _Ending(keeper, worker.info.backend_pid, databases)
    while True:
        try:
            with ending.sessions():
                _rename(worker, swap, on_note)
        except psycopg.Error as err:
            if err.sqlstate not in _IN_USE:
                raise
            if time.monotonic() > ends:
                raise _given_up(keeper, swap, ending.in_the_way) from None
        else:
            return


def _given_up(keeper: Connection, swap: Swap, in_the_way: str) -> DatagenError:
    within = f"within {swap.patience:.0f} s"
    if in_the_way:
        text = f"database {swap.target} could not be renamed {within}: another session holds a lock on it: {in_the_way}"
        return DatagenError(text, hint="end that session, or wait for it; then run the same command again")
    text = f"database {swap.target} is in use and its sessions could not be ended {within}"
    who = sessions_of(keeper, swap.target) or "its applications"
    return DatagenError(text, hint=f"end what is connected to it ({who}), then run the same command again")


def _rename(worker: Connection, swap: Swap, on_note: Callable[[str], None]) -> None:
    """The one transaction. PostgreSQL waits five seconds for sessions to end, with the name locked against new ones."""
    with worker.transaction():
        worker.execute("SELECT set_config('lock_timeout', '5s', true)")
        let_others_in(worker, swap.new)
        if swap.old is not None:
            carry_over(worker, swap.target, swap.new, on_note)
            _rename_one(worker, swap.target, swap.old)
            old = sql.Identifier(swap.old)
            worker.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(old, sql.Literal(swap.marker)))
            worker.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(old))  # a template cannot be dropped
        else:
            worker.execute(sql.SQL("COMMENT ON DATABASE {} IS NULL").format(sql.Identifier(swap.new)))
        _rename_one(worker, swap.new, swap.target)


def _rename_one(worker: Connection, name: str, new_name: str) -> None:
    worker.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new_name)))


class _Ending:
    """Ends every session of the databases, again and again. in_the_way: whose lock the renaming waits for, in words; not theirs."""

    def __init__(self, keeper: Connection, renaming: int, databases: list[int]) -> None:
        self._keeper, self._renaming, self._databases = keeper, renaming, databases
        self._failed: psycopg.Error | None = None
        self.in_the_way = ""

    @contextmanager
    def sessions(self) -> Iterator[None]:
        """Until the block is left."""
        done = threading.Event()
        thread = threading.Thread(target=self._end, args=(done,), name="end-sessions", daemon=True)
        thread.start()
        try:
            yield
        except psycopg.Error:
            done.set()
            thread.join()
            if self._failed is not None:  # why they could not be ended says more than that they are there
                raise self._stubborn(self._failed) from None
            raise
        finally:
            done.set()
            thread.join()

    def _end(self, done: threading.Event) -> None:
        while not done.is_set():
            try:
                _terminate(self._keeper, self._databases)
                row = self._keeper.execute(_BLOCKING, [self._renaming]).fetchone()
            except psycopg.Error as err:
                self._failed = err
                return
            self.in_the_way = str(row[0]) if row and row[0] else self.in_the_way
            done.wait(_PAUSE)

    def _stubborn(self, err: psycopg.Error) -> DatagenError:
        if err.diag.message_primary is None:
            return DatagenError("the connection was lost while sessions of the database to be replaced were ended", hint=_AGAIN)
        with suppress(psycopg.Error):
            row = self._keeper.execute(_CONNECTED, [self._databases]).fetchone()
            who = f" ({row[0]})" if row and row[0] else ""
            text = f"the sessions of the database to be replaced could not be ended{who}: {err.diag.message_primary}"
            return DatagenError(
                text, hint="end them, or let an administrator GRANT pg_signal_backend to your role; a superuser's end themselves"
            )
        return DatagenError(f"the sessions of the database to be replaced could not be ended: {err.diag.message_primary}", hint=_AGAIN)


def _terminate(keeper: Connection, databases: list[int]) -> None:
    # background workers have no user; PostgreSQL ends those itself
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity(NULL) WHERE datid = ANY(%s) AND usesysid IS NOT NULL"
    keeper.execute(query, [databases])


def _announce(worker: Connection, swap: Swap, on_note: Callable[[str], None]) -> None:
    who = sessions_of(worker, swap.target) if swap.old else ""
    if who:
        on_note(f"ending the sessions of {swap.target} to swap: {who}")


def sessions_of(keeper: Connection, database: str) -> str:
    """Applications and how many sessions each has of the database, without ours."""
    query = (
        # the function behind pg_stat_activity, whose own query takes longer to plan than to answer
        "SELECT coalesce(nullif(application_name, ''), 'unnamed'), count(*) FROM pg_stat_get_activity(NULL)"
        " WHERE datid = (SELECT oid FROM pg_database WHERE datname = %s) AND usesysid IS NOT NULL"
        " AND application_name NOT LIKE 'liftlock%%' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"
    )
    return ", ".join(f"{count} of {name}" for name, count in keeper.execute(query, [database]).fetchall())
