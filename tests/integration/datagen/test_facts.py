"""What a database says of its own rows."""

from __future__ import annotations

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.snapshots.facts import Origin
from liftlock_datagen.snapshots.markers import Anonymised, mark_anonymised
from liftlock_datagen.synthesis.load import seed
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker
_SCHEMA = "CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL); CREATE TABLE schema_migrations (version text)"


def test_facts_tell_where_rows_are_from_and_how_many_there_are(postgres: RunningPostgres) -> None:
    engine = PostgresEngine()
    with postgres.database(_SCHEMA) as name:
        before = engine.facts(postgres.url(name))
        seed(postgres.url(name), rows=50, seed=7, on_progress=lambda *_: None)
        after = engine.facts(postgres.url(name))
        with postgres.connect(name) as connection:
            mark_anonymised(connection, Anonymised("0123abcd", "blake2b:ff", "liftlock 1"))
        masked = engine.facts(postgres.url(name))

    assert (before.origin, before.rows) == (Origin.OTHER, 0)
    assert (after.origin, after.tables) == (Origin.SYNTHETIC, {TableName("public", "person"): 50})
    assert after.data.startswith("seed 7, 50 rows, vocabulary ")
    assert (masked.origin, masked.data) == (Origin.ANONYMISED, "key 0123abcd, spec blake2b:ff, liftlock 1")
    assert before.catalog == after.catalog == masked.catalog
