"""Whether a database may be replaced by an anonymised copy."""

from __future__ import annotations

import hashlib

import psycopg
from psycopg import sql

from liftlock_datagen.catalog.foreign import foreign_partitions
from liftlock_datagen.catalog.model import Catalog
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected, database_of, url_of
from liftlock_datagen.database.row_security import hidden_rows, seen_by_owner
from liftlock_datagen.errors import DatagenError, PlanError, TargetError
from liftlock_datagen.snapshots.markers import anonymised, seeded
from liftlock_datagen.snapshots.seal import written_or_hidden

_HINT = "are --from and --to the right way round? If nothing there is needed, say --replace"


def refuse_target(source: Connection, target_url: str, *, replace: bool, source_name: str = "") -> None:
    """TargetError for the source itself, and (unless replace) for a database that others use, or that holds anything but a copy of it.

    source_name: see origin.
    """
    if not is_there(target_url):
        return
    name = database_of(target_url)
    with connected(target_url) as target:
        if _is_same(source, target):
            raise TargetError("source and target are the same database", hint="name another target")
        if replace:
            return
        others = _others(target)
        if others:
            raise TargetError(f"{name} is in use: {others}", hint=_HINT, may_be_lost=True)
        held = seen_by_owner(target, lambda: _held(origin(source, source_name), target))
        if held:
            raise TargetError(f"{name} holds {held}", hint=_HINT, may_be_lost=True)


def is_there(target_url: str) -> bool:
    """Whether the server has a database of that name."""
    name = database_of(target_url)
    with connected(url_of(target_url, "postgres" if name != "postgres" else "template1")) as server:
        return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def require_columns(catalog: Catalog, target_url: str) -> None:
    """DatagenError where the target's schema lacks a column of the source, or would send rows to another server."""
    with connected(target_url) as connection:
        connection.execute("SELECT set_config('search_path', 'pg_catalog', false)")
        found = read_catalog(connection)
        if problems := foreign_partitions(found):
            raise PlanError(problems)
        there = {(table.name, column.name) for table in (*found.tables, *found.books) for column in table.columns}
    missing = [
        f"{table.name}.{column.name}"
        for table in (*catalog.tables, *catalog.books)
        for column in table.columns
        if (table.name, column.name) not in there
    ]
    if missing:
        raise DatagenError(f"the target's schema lacks {', '.join(missing[:5])}", hint="migrate the target, or say --schema source")


def origin(connection: Connection, name: str = "") -> str:
    """What tells this source from others, for the marker of its copies: a hash of server, place and database that says none of them.

    The server's identifier is copied with its files, so clones of one golden copy share it: they are told apart by their place. name: what
    the place is called by whoever knows better than its address, which may change with every start.
    """
    cluster = _cluster(connection)
    place = name or f"{connection.info.host}:{connection.info.port}"
    said = "\n".join((str(cluster[0]) if cluster is not None else "", place, connection.info.dbname))
    return hashlib.blake2b(said.encode(), digest_size=8, person=b"origin").hexdigest()


def _held(source: str, target: Connection) -> str:
    """What the target holds that is no copy of this source, or no longer only that; empty where all of it can be had again."""
    catalog = read_catalog(target)
    copy = anonymised(target)
    if copy is not None and copy.source == source:
        since = written_or_hidden(target, besides=[book.name for book in catalog.books])
        return f"a copy of this source, and {since}" if since else ""
    filled = _filled(target, catalog)
    if not filled:
        return (
            f"perhaps more than it shows: {hidden}"
            if (hidden := hidden_rows(target, among={table.name for table in catalog.tables}))
            else ""
        )
    if copy is not None:
        return "an anonymised copy of another source"
    made = seeded(target)
    return f"synthetic rows (seed {made.seed})" if made else f"rows that neither synthesis nor anonymisation made ({filled})"


def _is_same(source: Connection, target: Connection) -> bool:
    """Whether both are one database: on one server, or on a server and its replica.

    The cluster's identifier alone proves nothing: it is copied with the files, so clones and servers of one image share it.
    """
    if _started(source) == _started(target):
        return True
    cluster = _cluster(source)
    return cluster is not None and cluster == _cluster(target) and (_follows(source) or _follows(target))


def _started(connection: Connection) -> tuple[object, ...] | None:
    return connection.execute(
        "SELECT pg_postmaster_start_time()::text, oid::text FROM pg_database WHERE datname = current_database()"
    ).fetchone()


def _cluster(connection: Connection) -> tuple[object, ...] | None:
    """None where the role may not ask."""
    query = "SELECT system_identifier::text, d.oid::text FROM pg_control_system(), pg_database d WHERE d.datname = current_database()"
    try:
        with connection.transaction():
            return connection.execute(query).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None


def _follows(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    return bool(row and row[0])


def _others(connection: Connection) -> str:
    query = (
        "SELECT coalesce(nullif(application_name, ''), 'unnamed'), count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name NOT LIKE 'liftlock%' GROUP BY 1 ORDER BY 1"
    )
    return ", ".join(f"{count} sessions of {name}" for name, count in connection.execute(query).fetchall())


def _filled(connection: Connection, catalog: Catalog) -> str:
    tables = [table.name for table in catalog.tables]
    for table in tables:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table.schema, table.name))
        row = connection.execute(query).fetchone()
        if row and row[0]:
            return str(table)
    return ""
