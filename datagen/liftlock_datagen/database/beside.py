"""Builds a database beside another one and swaps it in, in one transaction: the old data serve until the new ones are whole.

Killed at any moment, the old database is there under its name; what a killed run left behind carries our marker and is removed by the
next run, or gone on with where it was made in the same way (resumption.py). What the new database holds is its maker's part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from liftlock_datagen.database.ahead import Ahead
from liftlock_datagen.database.claim import LINGERING, claim
from liftlock_datagen.database.connect import Connection, connected, database_of, url_of, wrapped
from liftlock_datagen.database.leftovers import (
    beside_name,
    drop_database,
    drop_without_waiting,
    lock_of,
    marker,
    remove_leftovers,
)
from liftlock_datagen.database.resumption import Resumption, end_sessions, find_resumable, recipe_with
from liftlock_datagen.database.rights import carry_rights
from liftlock_datagen.database.settings import keep_others_out
from liftlock_datagen.database.swap import Swap, refuse_unswappable, swap_in
from liftlock_datagen.errors import DatagenError

Note = Callable[[str], None]

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Beside:
    """A database that is being built. url: of it, for the same role as the target's. owner: the role that owns the target.

    exists: whether there is a database under the target's name already. begun: a run that was cut off began to fill it. recipe: of whom it
    may be gone on by; empty where by nobody.
    """

    name: str
    url: str
    target: str
    owner: str
    exists: bool
    begun: bool = False
    recipe: str = ""


@contextmanager
def built_beside(
    target_url: str,
    *,
    template: str = "",
    keeper: Connection | None = None,
    resumption: Resumption | None = None,
    patience: float = _PATIENCE,
    drop_later: bool = False,
    on_note: Note = lambda _: None,
) -> Iterator[Beside]:
    """An empty database beside the target; it takes the target's place when the block ends well, and is dropped when it does not.

    The target's owner, rights, settings and comment are carried over, and the owner and rights of every object in it whose name the new
    database has too. Its sessions are ended at the swap. A target that does not exist comes into being.

    Args:
        target_url: of a role that owns the target and may create databases.
        template: a database of the same server that the new one starts as a copy of; nobody may be connected to it.
        keeper: a connection of keeping(target_url), where there is one already.
        resumption: where what a cut-off run began may be gone on with: it may have rows then (`begun`), and stay after errors.
        patience: seconds that the swap may wait for others to let the target go.
        drop_later: whether the server drops the old database behind our back, so that nobody waits for it.
        on_note: told of what people should know: sessions that are ended, leftovers that are removed.

    Raises:
        DatagenError: rights are missing, or the target cannot be swapped; it is as it was.
    """
    with ExitStack() as stack:
        keeper = keeper or stack.enter_context(keeping(target_url))
        ahead = stack.enter_context(Ahead(target_url, url_of(target_url, keeper.info.dbname), database_of(target_url)))
        beside = _begun(keeper, target_url, resumption, patience, on_note)
        try:
            if template and beside.exists:
                ahead.begin()
            with wrapped(target_url):
                if not beside.begun:
                    _create(keeper, beside, template)
            yield beside
            swap = _swapped(keeper, ahead, beside, patience, on_note)
        except BaseException as err:
            if resumption is not None and resumption.stays(err):
                raise
            with suppress(psycopg.Error):  # the next run finds it; what happened before matters more
                drop_database(keeper, beside.name)
            raise
        if swap.old is not None and drop_later:
            drop_without_waiting(ahead.worker(), swap.old)
        else:
            _drop_old(keeper, swap, on_note)


def _begun(keeper: Connection, target_url: str, resumption: Resumption | None, patience: float, on_note: Note) -> Beside:
    """What is to be built, with the target claimed and nothing in the way; DatagenError where something is."""
    target = database_of(target_url)
    with wrapped(target_url):
        claim(keeper, target, on_note, min(patience, LINGERING))
        beside = _chosen(keeper, target_url, target, resumption)
        remove_leftovers(keeper, target, on_note, but=beside.name)
        _require_rights(keeper, beside)
        refuse_unswappable(keeper, target)
        keeper.execute("SELECT pg_advisory_lock(%s, %s)", lock_of(beside.name))
    return beside


def _swapped(keeper: Connection, ahead: Ahead, beside: Beside, patience: float, on_note: Note) -> Swap:
    """The new database in the target's place, with all that the old one had besides its rows."""
    swap = Swap(beside.name, beside.target, beside_name(beside.target) if beside.exists else None, marker(beside.target), patience)
    if beside.exists:
        _carry_rights(ahead, beside, on_note)
    with wrapped(beside.url):
        swap_in(keeper, ahead.worker(), swap, on_note)
    return swap


@contextmanager
def keeping(target_url: str) -> Iterator[Connection]:
    """A connection to a database that is not the target: renaming needs one. It may be idle for as long as the new one is built."""
    target = database_of(target_url)
    with ExitStack() as stack:
        keeper = _maintenance(stack, target_url, target)
        with wrapped(target_url):
            keeper.execute("SELECT set_config('client_min_messages', 'warning', false), set_config('statement_timeout', '0', false)")
            if keeper.info.server_version >= 140000:
                keeper.execute("SELECT set_config('idle_session_timeout', '0', false)")
                with suppress(psycopg.errors.InvalidParameterValue):  # some systems cannot tell
                    # so that the lock of a run that is killed in a long statement goes at once
                    keeper.execute("SELECT set_config('client_connection_check_interval', '1s', false)")
        yield keeper


def _maintenance(stack: ExitStack, target_url: str, target: str) -> Connection:
    """To the database that every server has, or else to the one that new ones are copied from."""
    if target != "postgres":
        with suppress(DatagenError):  # the role may not connect to it, or it was dropped
            return stack.enter_context(connected(url_of(target_url, "postgres")))
    return stack.enter_context(connected(url_of(target_url, "template1")))


def _named(keeper: Connection, target_url: str, target: str) -> Beside:
    name = beside_name(target)
    row = keeper.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [target]).fetchone()
    owner = row or keeper.execute("SELECT current_user").fetchone()
    return Beside(name, url_of(target_url, name), target, str(owner[0]) if owner else "", exists=row is not None)


def _chosen(keeper: Connection, target_url: str, target: str, resumption: Resumption | None) -> Beside:
    """What a run with the same recipe began, where nothing of that run is alive; else a new name."""
    beside = _named(keeper, target_url, target)
    if resumption is None:
        return beside
    recipe = recipe_with(resumption.recipe, beside.owner, _like(keeper, target).as_string(keeper))
    name = None if resumption.fresh else find_resumable(keeper, target, recipe)
    if name is not None:
        keep_others_out(keeper, name)
    if name is None or not end_sessions(keeper, name):
        return replace(beside, recipe=recipe)
    return replace(beside, name=name, url=url_of(target_url, name), begun=True, recipe=recipe)


def missing_right(target_url: str) -> tuple[str, str] | None:
    """The right that a database cannot be built beside the target without, and what gives it; None where nothing is missing. Only reads."""
    target = database_of(target_url)
    with keeping(target_url) as keeper, wrapped(target_url):
        return _missing_right(keeper, _named(keeper, target_url, target))


def _missing_right(keeper: Connection, beside: Beside) -> tuple[str, str] | None:
    query = "SELECT current_user, rolcreatedb OR rolsuper, pg_has_role(%s, 'MEMBER') FROM pg_roles WHERE rolname = current_user"
    role, may_create, owns = keeper.execute(query, [beside.owner]).fetchone() or ("?", False, False)
    name, owner = (sql.Identifier(str(who)).as_string(None) for who in (role, beside.owner))
    if not may_create:
        what = f"role {role} may not create databases, and {beside.target} is built beside the old one"
        return what, f"an administrator runs: ALTER ROLE {name} CREATEDB"
    if not owns:
        what = f"role {role} does not own database {beside.target}; {beside.owner} does"
        return what, f"use a role that owns it, or an administrator runs: GRANT {owner} TO {name}"
    return None


def _require_rights(keeper: Connection, beside: Beside) -> None:
    missing = _missing_right(keeper, beside)
    if missing is not None:
        raise DatagenError(missing[0], hint=missing[1])


def _carry_rights(ahead: Ahead, beside: Beside, on_note: Note) -> None:
    ahead.begin()
    with connected(beside.url) as new, wrapped(beside.url):
        carry_rights(ahead.rights(), new, on_note)


def _create(keeper: Connection, beside: Beside, template: str) -> None:
    """The database, with its marker before anybody may connect."""
    name = sql.Identifier(beside.name)
    # Copying files is far quicker than writing a template's pages to the log, which is the default since it can be said.
    copied = " STRATEGY file_copy" if keeper.info.server_version >= 150000 else ""
    options = sql.SQL(f" TEMPLATE {{}}{copied}").format(sql.Identifier(template)) if template else _like(keeper, beside.target)
    statement = sql.SQL("CREATE DATABASE {} OWNER {} ALLOW_CONNECTIONS false").format(name, sql.Identifier(beside.owner))
    keeper.execute(statement + options)
    keeper.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(marker(beside.target))))
    keep_others_out(keeper, beside.name)
    keeper.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def _like(keeper: Connection, target: str) -> sql.Composed:
    """The options of CREATE DATABASE that give the target's encoding, collation and tablespace."""
    row = keeper.execute("SELECT to_jsonb(d), (SELECT spcname FROM pg_tablespace s WHERE s.oid = d.dattablespace)"
                         " FROM pg_database d WHERE datname = %s", [target]).fetchone()  # fmt: skip
    if row is None:
        return sql.SQL(" TEMPLATE template0").format()
    found, tablespace = row
    encoding = keeper.execute("SELECT pg_encoding_to_char(%s)", [int(found["encoding"])]).fetchone() or ("UTF8",)
    options = [sql.SQL(" TEMPLATE template0 ENCODING {}").format(sql.Literal(encoding[0]))]
    options += [sql.SQL(" TABLESPACE {}").format(sql.Identifier(tablespace))] if tablespace != "pg_default" else []
    for option, value in (("LC_COLLATE", found["datcollate"]), ("LC_CTYPE", found["datctype"])):
        options.append(sql.SQL(f" {option} {{}}").format(sql.Literal(value)))
    provider = {"i": "icu", "b": "builtin"}.get(found.get("datlocprovider") or "c")
    locale = found.get("datlocale") or found.get("daticulocale")  # 17 knows the first one, 15 and 16 the second
    if provider and locale:
        options.append(sql.SQL(f" LOCALE_PROVIDER {provider} {provider.upper()}_LOCALE {{}}").format(sql.Literal(locale)))
    if found.get("daticurules"):
        options.append(sql.SQL(" ICU_RULES {}").format(sql.Literal(found["daticurules"])))
    return sql.Composed(options)


def _drop_old(keeper: Connection, swap: Swap, on_note: Note) -> None:
    """The swap has happened: what cannot be dropped now is dropped by the next run."""
    if swap.old is None:
        return
    try:
        drop_database(keeper, swap.old)
    except psycopg.Error as err:
        on_note(f"the replaced database {swap.old} could not be dropped ({err.diag.message_primary}); the next run tries again")
