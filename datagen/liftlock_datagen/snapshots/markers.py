"""The marker of an anonymised copy: a table in our own schema, written last, in the database that it is about.

The one of synthetic rows (liftlock_data.seeded) is written in synthesis/marker.py. Both come with a seal (seal.py): what a marker says
holds for the rows of its moment, and the seal shows whether others were written since.
"""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.database.connect import Connection
from liftlock_datagen.snapshots.seal import seal

_MARKER = """
CREATE SCHEMA IF NOT EXISTS liftlock_data;
CREATE TABLE IF NOT EXISTS liftlock_data.anonymised (
  key_id text NOT NULL, spec_digest text NOT NULL, tool text NOT NULL, source text NOT NULL DEFAULT '',
  finished timestamptz NOT NULL DEFAULT now());
DELETE FROM liftlock_data.anonymised;
"""


# What an older version wrote knows neither source nor details.
_ANONYMISED = "SELECT key_id, spec_digest, tool, coalesce(to_jsonb(a) ->> 'source', '') FROM liftlock_data.anonymised a"
_SEEDED = """
SELECT seed, rows, catalog_hash, vocabulary_hash, coalesce(to_jsonb(s) ->> 'details', '') FROM liftlock_data.seeded s
"""


@dataclass(frozen=True, slots=True)
class Anonymised:
    """How the rows were anonymised. key_id: of the pseudonym key, never the key. tool: what made them, with its version.

    source: tells one source from another and says neither.
    """

    key_id: str
    spec_digest: str
    tool: str
    source: str = ""


def mark_anonymised(connection: Connection, made: Anonymised) -> None:
    """Says that every row of the database was anonymised so. Called when all of them are there and proved, before anybody may use them."""
    connection.execute(_MARKER)
    connection.execute(
        "INSERT INTO liftlock_data.anonymised (key_id, spec_digest, tool, source) VALUES (%s, %s, %s, %s)",
        [made.key_id, made.spec_digest, made.tool, made.source],
    )
    seal(connection)


def anonymised(connection: Connection) -> Anonymised | None:
    """What the marker says; None where there is none."""
    if not _exists(connection, "liftlock_data.anonymised"):
        return None
    row = connection.execute(_ANONYMISED).fetchone()
    return Anonymised(*row) if row else None


@dataclass(frozen=True, slots=True)
class Seeded:
    """How synthetic rows were made. details: a hash of what was asked beyond seed and rows, or nothing."""

    seed: int
    rows: int
    catalog: str
    vocabulary: str
    details: str = ""


def seeded(connection: Connection) -> Seeded | None:
    """What the marker of synthetic rows says; None where there is none."""
    if not _exists(connection, "liftlock_data.seeded"):
        return None
    row = connection.execute(_SEEDED).fetchone()
    return Seeded(*row) if row else None


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
    return bool(row and row[0])
