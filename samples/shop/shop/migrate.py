"""`python3 -m shop.migrate`: brings the database to the schema of this version. May be run again, and by several at once."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shop import database
from shop.release import this_release

if TYPE_CHECKING:
    from psycopg import Connection

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_305_808  # any number, the same for every version
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL and its place in the order."""

    number: int
    name: str
    sql: str


def read_migrations(folder: Path = _FOLDER) -> tuple[Migration, ...]:
    """Every `NNNN_name.sql` of the folder, in order."""
    return tuple(Migration(int(path.stem[:4]), path.stem[5:], path.read_text()) for path in sorted(folder.glob("[0-9]*.sql")))


def pending(migrations: Iterable[Migration], applied: int, wanted: int) -> tuple[Migration, ...]:
    """What is to be applied, in order. An older version never takes back what a newer one has applied."""
    return tuple(migration for migration in migrations if applied < migration.number <= wanted)


def migrate(connection: Connection[Any], wanted: int) -> tuple[Migration, ...]:
    """Applies what is pending, each migration whole or not at all; returns it."""
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # the session's end releases it
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    todo = pending(read_migrations(), database.schema_number(connection), wanted)
    for migration in todo:
        with connection.transaction():
            connection.execute(migration.sql.encode())
            connection.execute("INSERT INTO schema_migrations (number, name) VALUES (%s, %s)", (migration.number, migration.name))
    return todo


def _connect_patiently(url: str) -> Connection[Any]:
    from psycopg import OperationalError  # noqa: PLC0415

    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return database.connect(url)
        except OperationalError:
            if time.monotonic() > deadline:
                raise SystemExit(f"migrate: the database does not answer after {_PATIENCE:.0f} s") from None
            time.sleep(0.2)


def main() -> None:
    """Migrates the database of SHOP_DATABASE_URL to the schema of this image's version, and says what it did."""
    url = os.environ.get("SHOP_DATABASE_URL")
    if not url:
        raise SystemExit("migrate: SHOP_DATABASE_URL is not set")
    release = this_release(os.environ)
    with _connect_patiently(url) as connection:
        done = migrate(connection, release.schema)
    for migration in done:
        sys.stdout.write(f"migrate: applied {migration.number:04} {migration.name}\n")
    sys.stdout.write(f"migrate: {release.version} has the schema it needs ({release.schema})\n")


if __name__ == "__main__":
    main()
