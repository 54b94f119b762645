"""How a certificate says where a row is without saying where: a keyed hash, which only who may read the copy and has the secret
can lead back to the row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from psycopg import sql

from liftlock_datagen.certificate.model import FoundRow
from liftlock_datagen.certificate.relations import Relation, only, read_relations, select
from liftlock_datagen.certificate.streams import blocks, snapshot
from liftlock_datagen.database.connect import Connection

_IDENTITY = """
SELECT system_identifier::text, (SELECT oid::text FROM pg_database WHERE datname = current_database()) FROM pg_control_system()"""


def position_key(copy: Connection, naming: bytes) -> bytes:
    """What row positions in a report are hashed with. naming: secret, as what a server says of itself can be guessed: servers made from one
    image say the same.
    """
    row = copy.execute(_IDENTITY)
    known = "/".join(row.fetchone() or ()).encode()
    return hashlib.blake2b(known, key=naming, digest_size=32, person=b"row-positions").digest()


def row_name(relation: bytes, ctid: bytes) -> bytes:
    """What a row's position is hashed from."""
    return relation + b" " + ctid


def position(secret: bytes, name: bytes) -> str:
    """What a report says of a row instead of where it is: only who has the secret can tell which row it is."""
    return hashlib.blake2b(name, key=secret, digest_size=8, person=b"row-position").hexdigest()


def find_rows(url: str, positions: Sequence[str], naming: bytes) -> tuple[FoundRow, ...]:
    """The rows of these positions, as far as they are still where they were. naming: the secret of the check that named them."""
    with snapshot(url) as copy:
        secret, wanted = position_key(copy, naming), frozenset(positions)
        return tuple(row for relation in read_relations(copy) for row in _find(copy, relation, secret, wanted))


def _find(copy: Connection, relation: Relation, secret: bytes, wanted: frozenset[str]) -> Iterator[FoundRow]:
    for block in blocks(copy, select(only(relation.name), [sql.SQL("ctid")]), 1):
        for ctid in block.data.split(b"\n")[:-1]:
            found = position(secret, row_name(str(relation.name).encode(), ctid))
            if found in wanted:
                yield FoundRow(found, str(relation.name), ctid.decode())
