"""The marker of synthetic rows, liftlock_data.seeded: written last, in the load's transaction, so never beside half a load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from liftlock_datagen.database.connect import Connection
from liftlock_datagen.errors import TargetError
from liftlock_datagen.snapshots.markers import anonymised
from liftlock_datagen.snapshots.seal import seal
from liftlock_datagen.synthesis.plan_data import LoadPlan
from liftlock_datagen.synthesis.request import RowsRequest

_MARKER = """
CREATE SCHEMA IF NOT EXISTS liftlock_data;
CREATE TABLE IF NOT EXISTS liftlock_data.seeded (
  seed bigint NOT NULL, rows bigint NOT NULL, details text NOT NULL DEFAULT '', catalog_hash text NOT NULL, vocabulary_hash text NOT NULL,
  tables jsonb NOT NULL, chosen boolean NOT NULL DEFAULT false, finished timestamptz NOT NULL DEFAULT now());
"""


_WRITE = """
INSERT INTO liftlock_data.seeded (seed, rows, details, catalog_hash, vocabulary_hash, tables, chosen) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
# An older version's marker knows neither details nor whether the rows were chosen.
_READ = """
SELECT seed, rows, coalesce(to_jsonb(s) ->> 'details', ''), tables, coalesce((to_jsonb(s) ->> 'chosen')::boolean, false), catalog_hash
FROM liftlock_data.seeded s
WHERE tables <> '{}'
"""


class Found(StrEnum):
    """What a database holds. SAME: what was asked before, now too. SYNTHETIC: rows of another request. COPY: an anonymised copy.

    FILLED: rows that are nobody's of ours.
    """

    EMPTY = "empty"
    SAME = "same"
    SYNTHETIC = "synthetic"
    COPY = "copy"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Done:
    """What the marker says: the request, and the rows per table. chosen: somebody asked for these rows by hand.

    catalog_digest: of the schema that they were made for.
    """

    request: tuple[int, int, str]
    tables: Mapping[str, int]
    chosen: bool = False
    catalog_digest: str = ""


def asked(request: RowsRequest) -> tuple[int, int, str]:
    """The request as the marker knows it."""
    return request.seed, request.rows, request.details


def read_marker(connection: Connection) -> Done | None:
    """What the marker says; None where there is none, where there was no table yet (then nothing was made), or where the rows are
    an anonymised copy's: that marker may lie beside this one."""
    if anonymised(connection) is not None:
        return None
    known = connection.execute("SELECT to_regclass('liftlock_data.seeded') IS NOT NULL").fetchone()
    if not known or not known[0]:
        return None
    done = connection.execute(_READ).fetchone()
    return Done((done[0], done[1], done[2]), {name: int(count) for name, count in done[3].items()}, done[4], done[5]) if done else None


def marked_rows(connection: Connection, request: RowsRequest) -> Mapping[str, int] | None:
    """The rows that an earlier run of the same request loaded, or that somebody chose; None where there was none.

    TargetError after another request.
    """
    done = read_marker(connection)
    if done is None or done.chosen or done.request == asked(request):
        return done.tables if done else None
    seed, rows, _ = done.request
    other = (seed, rows) == (request.seed, request.rows)
    wanted = "another locale, profile or rows per table" if other else f"seed {request.seed} and {request.rows} rows"
    raise TargetError(
        f"the database already holds synthetic rows of seed {seed} and {rows} rows; {wanted} are asked",
        hint="create the database anew, or ask for the same seed and rows",
    )


def mark(connection: Connection, plan: LoadPlan, request: RowsRequest, *, chosen: bool) -> None:
    """Writes the marker."""
    connection.execute(_MARKER)
    tables = json.dumps({str(table.name): table.rows for table in plan.tables})
    values = [plan.seed, plan.requested_rows, request.details, plan.catalog_digest, plan.vocabulary_digest, tables, chosen]
    connection.execute("DELETE FROM liftlock_data.seeded")  # one of before the first migration
    connection.execute(_WRITE, values)
    seal(connection)
