"""A database that a cut-off run left half filled, and that the next one goes on with instead of beginning anew.

Its comment says so, with a recipe: a hash of everything that decides what its empty schema looks like. It says so from the moment when
the schema is ready for rows until the moment when anything else is begun; in between every transaction leaves it fit to go on with.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.leftovers import is_held, leftovers, marker

_ENDING = 10.0  # seconds that sessions may take to end
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Resumption:
    """recipe: of who builds; a leftover of the same is taken over, unless fresh. stays: whether what is there is kept after an error.

    No error may leave half a transaction, so what stays is as fit as what a killed run leaves.
    """

    recipe: str
    stays: Callable[[BaseException], bool]
    fresh: bool = False


def recipe_with(recipe: str, *said: str) -> str:
    """The recipe together with how the database itself is made."""
    return hashlib.blake2b(json.dumps([recipe, *said]).encode(), digest_size=16).hexdigest()


def find_resumable(keeper: Connection, target: str, recipe: str) -> str | None:
    """The leftover that a run with this recipe can go on with, the newest where there are several."""
    found = [one for one in leftovers(keeper, target) if one.recipe == recipe and not is_held(keeper, one.name)]
    return max(found, key=lambda one: one.since).name if found else None


def end_sessions(keeper: Connection, name: str) -> bool:
    """Ends what the cut-off run still has open there; whether nothing is left. A transaction of it must not end after ours has begun."""
    ends = time.monotonic() + _ENDING
    query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL"
    try:
        while (keeper.execute(query, [name]).fetchone() or (0,))[0]:
            if time.monotonic() > ends:
                return False
            time.sleep(_PAUSE)
    except psycopg.errors.InsufficientPrivilege:  # somebody looks at it whom this role may not send away
        return False
    return True


def say_resumable(connection: Connection, name: str, target: str, recipe: str) -> None:
    """From now on the next run may go on with it. Nothing is written with an empty recipe."""
    if recipe:
        _comment(connection, name, marker(target, recipe))


def say_final(connection: Connection, name: str, target: str) -> None:
    """From now on it is either finished by this run or removed by the next."""
    _comment(connection, name, marker(target))


def _comment(connection: Connection, name: str, text: str) -> None:
    connection.execute("SELECT set_config('synchronous_commit', 'on', false)")  # it must not be lost where what follows is not
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text)))
