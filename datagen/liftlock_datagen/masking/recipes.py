"""Hashes of everything that decides what comes out of the same rows: two copies with one recipe and the same rows are the same.

All of them are keyed with the pseudonym key: another key is another recipe, and none of them says anything to who has not got it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import liftlock_datagen
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.worker import Part

_BYTES = 16


def part_recipe(key: PseudonymKey, part: Part) -> str:
    """How the part's rows are read and changed: the columns, their types, what is done to each, and by which program."""
    columns = [(column.name, column.type, column.transformer) for column in part.table.columns]
    return keyed(key, repr((part.table.name, columns, part.table.generated, part.binary)), program())


def schema_recipe(key: PseudonymKey, schema: str) -> str:
    """What the empty database looks like that the rows go into. schema: a hash of its SQL."""
    return keyed(key, schema, program())


@cache
def program() -> str:
    """A hash of the data library itself, with its word lists: no version goes on with what another one began."""
    root = Path(liftlock_datagen.__file__).parent
    found = hashlib.blake2b(digest_size=_BYTES)
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def keyed(key: PseudonymKey, *said: str) -> str:
    """A hash that says nothing to who has not got the key."""
    return hashlib.blake2b("\0".join(said).encode(), key=key.records, digest_size=_BYTES, person=b"recipe").hexdigest()
