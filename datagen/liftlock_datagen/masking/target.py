"""Whether a database may be replaced by an anonymised copy."""

from __future__ import annotations

import psycopg
from psycopg import sql

from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.connect import Connection, connected, database_of, url_of
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.snapshots.markers import anonymised, seeded

_HINT = "name another target, or say --replace if nothing there is needed"


class TargetError(DatagenError):
    """The target is not to be written to."""


def refuse_target(source: Connection, target_url: str, *, replace: bool) -> None:
    """TargetError for the source itself, and (unless replace) for a database that others use or whose rows nobody marked as ours."""
    name = database_of(target_url)
    with connected(url_of(target_url, "postgres" if name != "postgres" else "template1")) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            return
    with connected(target_url) as target:
        if _identities(source) & _identities(target):
            raise TargetError("source and target are the same database", hint="name another target")
        if replace:
            return
        others = _others(target)
        if others:
            raise TargetError(f"{name} is in use: {others}", hint=_HINT)
        if anonymised(target) is None and seeded(target) is None and (filled := _filled(target)):
            raise TargetError(f"{name} holds rows that neither synthesis nor anonymisation made ({filled})", hint=_HINT)


def _identities(connection: Connection) -> set[tuple[str, ...]]:
    """Two names of a database: by its server's start, and by its cluster (also behind a replica) where the role may ask."""
    row = connection.execute(
        "SELECT pg_postmaster_start_time()::text, oid::text FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    found = {("started", *map(str, row or ()))}
    try:
        with connection.transaction():
            cluster = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return found
    return found | {("cluster", str((cluster or ("",))[0]), str((row or ("", ""))[1]))}


def _others(connection: Connection) -> str:
    query = (
        "SELECT coalesce(nullif(application_name, ''), 'unnamed'), count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name NOT LIKE 'liftlock%' GROUP BY 1 ORDER BY 1"
    )
    return ", ".join(f"{count} sessions of {name}" for name, count in connection.execute(query).fetchall())


def _filled(connection: Connection) -> str:
    tables = [table.name for table in read_catalog(connection).tables]
    for table in tables:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table.schema, table.name))
        row = connection.execute(query).fetchone()
        if row and row[0]:
            return str(table)
    return ""
