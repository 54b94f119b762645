"""Puts a database back to a pristine copy that lies in the same server: a clone by PostgreSQL itself, swapped in by renaming."""

from __future__ import annotations

from collections.abc import Callable

from liftlock_datagen.database.beside import built_beside, keeping
from liftlock_datagen.database.connect import wrapped

_HAS = "SELECT shobj_description(oid, 'pg_database') = %s FROM pg_database WHERE datname = %s AND datistemplate"


def restore_template(url: str, *, template: str, comment: str, on_note: Callable[[str], None]) -> bool:
    """Whether the database is now what the template is; False, with nothing touched, where the server has no such template.

    comment: what the template must carry, so that no other is taken for it. Sessions of the database are ended when the clone is ready.
    """
    with keeping(url) as keeper:
        with wrapped(url):
            row = keeper.execute(_HAS, [comment, template]).fetchone()
        if not (row and row[0]):
            return False
        with built_beside(url, template=template, keeper=keeper, drop_later=True, on_note=on_note):
            pass
    return True
