"""Fills a database whatever it holds: an empty one in place, a filled one by another that is built beside it and swapped in.

The new database has the old one's schema, owners and rights, and the books that migration tools keep about it (schema_migrations,
alembic_version, …), so that a service finds itself migrated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.database.beside import built_beside
from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.database.schema_copy import Section, copied_schema
from liftlock_datagen.errors import TargetError
from liftlock_datagen.synthesis.copying import Progress
from liftlock_datagen.synthesis.load import Before, SeedReport, fill, found_before, plan_database
from liftlock_datagen.synthesis.marker import Found
from liftlock_datagen.synthesis.request import RowsRequest

Note = Callable[[str], None]
_HINT = "to put synthetic rows in their place, and lose them: the same command with --yes"


def generate(
    url: str,
    request: RowsRequest,
    *,
    replace_rows: bool = False,
    image: str = "",
    on_progress: Progress,
    on_note: Note = lambda _: None,
) -> SeedReport:
    """Fills the database with what is asked; does nothing where exactly that was done before, but says what was written since.

    Synthetic rows of another request are replaced; rows that others wrote only where replace_rows says so. The old database serves until
    the new one is whole.

    Args:
        url: of a role that owns the database and its tables; to replace rows it must be allowed to create databases.
        image: an image of PostgreSQL whose pg_dump is used where this machine has none.
        on_note: told what people should know: sessions that are ended, leftovers that are removed.

    Raises:
        PlanError: parts of the schema cannot be planned. TargetError: its rows are not to be replaced. ChangedError: its schema changed
            meanwhile. DatagenError: anything else. The database is as it was.
    """
    before = found_before(url, request)
    lost = _lost(before)
    if lost and before.found is not Found.SAME and not replace_rows:
        raise TargetError(lost, hint=_HINT, may_be_lost=True)
    if before.found is Found.EMPTY or (before.found is Found.SAME and not (lost and replace_rows)):
        done = fill(url, request, on_progress=on_progress, on_note=on_note, chosen=True)
        return replace(done, since=before.since)
    plan_database(url, request)  # every problem is named before anything is built
    with copied_schema(url, image=image) as schema, built_beside(url, on_note=on_note) as beside:
        schema.make(beside.url, Section.BEFORE_ROWS, role=beside.owner)
        schema.make(beside.url, Section.BEHIND_ROWS, role=beside.owner)
        _copy_books(url, beside.url)
        done = fill(beside.url, request, on_progress=on_progress, on_note=on_note, chosen=True)
        schema.require_same(url)
        return done


def _lost(before: Before) -> str:
    """What others wrote that would be lost, in words; nothing where all of it can be made again."""
    match before.found:
        case Found.FILLED:
            return before.since or "there are rows in the database, and none of them are marked as made by this tool"
        case Found.COPY:
            return "the database holds an anonymised copy"
        case Found.SAME | Found.SYNTHETIC:
            return f"the database holds synthetic rows, and {before.since}" if before.since else ""
        case Found.EMPTY:
            return ""
        case _ as never:
            assert_never(never)


def _copy_books(source_url: str, target_url: str) -> None:
    with connected(source_url) as source, connected(target_url) as target, wrapped(target_url):
        for book in read_catalog(source).books:
            _copy_table(source, target, book.name)


def _copy_table(source: Connection, target: Connection, table: TableName) -> None:
    name = sql.Identifier(table.schema, table.name)
    with source.cursor() as reader, target.cursor() as writer:
        reading, writing = sql.SQL("COPY {} TO STDOUT").format(name), sql.SQL("COPY {} FROM STDIN").format(name)
        with reader.copy(reading) as rows, writer.copy(writing) as copy:
            for block in rows:
                copy.write(block)
