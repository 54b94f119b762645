"""Puts a database back to a pristine copy that lies in the same server: a clone by PostgreSQL itself, swapped in by renaming."""

from __future__ import annotations

from collections.abc import Callable

from liftlock_datagen.database.beside import built_beside
from liftlock_datagen.database.connect import connected, database_of, url_of, wrapped

_KEEPER = "postgres"


def restore_template(url: str, *, template: str, comment: str, on_note: Callable[[str], None]) -> bool:
    """Whether the database is now what the template is; False, with nothing touched, where the server has no such template.

    comment: what the template must carry, so that no other is taken for it. Sessions of the database are ended when the clone is ready.
    """
    if not _has(url, template, comment):
        return False
    with built_beside(url, template=template, drop_later=True, on_note=on_note):
        pass
    return True


def _has(url: str, template: str, comment: str) -> bool:
    keeper = url_of(url, _KEEPER) if database_of(url) != _KEEPER else url
    query = "SELECT shobj_description(oid, 'pg_database') = %s FROM pg_database WHERE datname = %s AND datistemplate"
    with connected(keeper) as connection, wrapped(url):
        row = connection.execute(query, [comment, template]).fetchone()
    return bool(row and row[0])
