"""Whatever a profile says of a schema full of constraints, rows in its shape are rows that PostgreSQL takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock_datagen.catalog.model import Catalog, Column
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.profile.read import read_profile
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from liftlock_datagen.synthesis.load import fill, seed
from liftlock_datagen.synthesis.request import RowsRequest
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_KINDS = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), Kind.NUMBER),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), Kind.MOMENT),
}


def _shows_all(catalog: Catalog) -> DataSpec:
    """A classification under which every column shows as much as its type has."""

    def spec(column: Column) -> ColumnSpec:
        return ColumnSpec(ValueSpec(_KINDS.get(column.type.name, Kind.CATEGORY), Rule.KEEP))

    return DataSpec("any", {t.name: TableSpec(t.name, {column.name: spec(column) for column in t.columns}) for t in catalog.tables})


@pytest.mark.parametrize("schema", ["odd", "references", "partitions", "checks"])
def test_a_twin_in_the_profiles_shape_is_taken(postgres: RunningPostgres, schema: str) -> None:
    text = (Path(__file__).parent / f"{schema}.sql").read_text(encoding="utf-8")
    with postgres.database(text) as source, postgres.database(text) as twin:
        seed(postgres.url(source), rows=3000, seed=1, on_progress=lambda *_: None)
        with postgres.connect(source) as connection:
            catalog = read_catalog(connection)
        profile = read_profile(postgres.url(source), _shows_all(catalog)).profile
        assert any(column.histogram for table in profile.tables.values() for column in table.columns.values())
        done = fill(postgres.url(twin), RowsRequest(2000, 2, profile=profile), on_progress=lambda *_: None)
        assert done.total >= 2000
