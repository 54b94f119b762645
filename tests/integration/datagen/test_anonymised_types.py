"""Values that are made of numbers come through PostgreSQL's own types, under every rule that they have."""

from __future__ import annotations

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.run import MaskRequest, anonymise
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from tests.postgres import RunningPostgres

pytestmark = [pytest.mark.docker, pytest.mark.every_version(since=14)]

TYPES = {
    "money": ("'-1234.56'", "100"), "float4": ("'1.5e38'", "100"), "float8": ("'1.7976931348623157e308'", ""),
    "bit(9)": ("'101010101'", "3"),
    "varbit": ("'1'", "3"), "point": ("'(47.37,-8.5)'", "5"), "lseg": ("'(1,2),(3,4e-9)'", "5"), "box": ("'(1,2),(3,4)'", "5"),
    "path": ("'[(1,2),(3,4)]'", "5"), "polygon": ("'(1,2),(3,4)'", "5"), "circle": ("'<(1,2),3.5>'", "5"), "line": ("'{1,2,3}'", ""),
    "interval": ("'-1 years +2 mons 30 days -04:05:06.7'", "month"), "daterange": ("'[2020-01-11,2020-01-12)'", "year"),
    "tstzrange": ("'(2020-01-11 10:00+00,)'", "month"), "int4range": ("'[3,5)'", "10"), "nummultirange": ("'{[3,5.5),[10,)}'", "10"),
}  # fmt: skip
RULES = (Rule.PSEUDONYM, Rule.SYNTHETIC, Rule.GENERALISE, Rule.EMPTY, Rule.CONSTANT)


@pytest.fixture
def server(postgres: RunningPostgres) -> RunningPostgres:
    """By the name that its use here has."""
    return postgres


def test_every_rule_gives_values_that_the_type_takes(server: RunningPostgres) -> None:
    columns, values, said = ["id int PRIMARY KEY"], ["1"], {"id": ColumnSpec(ValueSpec(Kind.IDENTIFIER, Rule.KEEP))}
    for number, (kind, (value, to)) in enumerate(TYPES.items()):
        for rule in RULES if to else [rule for rule in RULES if rule is not Rule.GENERALISE]:
            name = f"c{number}_{rule}"
            columns.append(f"{name} {kind}")
            values.append(value)
            options = {"to": to, "value": value.strip("'")}
            said[name] = ColumnSpec(ValueSpec(Kind.AMOUNT, rule, f"d{number}", options))
    table = TableName("public", "things")
    spec = DataSpec("shop", {table: TableSpec(table, said)}, digest="blake2b:spec")
    schema = f"CREATE TABLE things ({', '.join(columns)}); INSERT INTO things VALUES ({', '.join(values)});"  # noqa: S608 - our own
    with server.database(schema) as source, server.database("CREATE TABLE old (what text)") as target:
        request = MaskRequest(server.url(source), server.url(target), spec, PseudonymKey(bytes(range(32))), workers=1)
        anonymise(request, lambda *_: None, lambda _: None)
        found = []
        for name in (source, target):
            with server.connect(name) as connection:
                row = connection.execute(f"SELECT {', '.join(f'{column}::text' for column in said)} FROM things".encode()).fetchone()  # noqa: S608
                assert row is not None
                found.append(dict(zip(said, row, strict=True)))
    same = {column for column in said if found[0][column] == found[1][column]}
    kept = {column for column in said if column == "id" or column.endswith("constant")}
    assert kept <= same
    # one bit may stay as it is; the largest float is a whole number of hundreds
    assert same - kept <= {"c4_generalise", "c4_pseudonym", "c4_synthetic", "c1_generalise"}
    assert {column for column in said if found[1][column] is None} == {column for column in said if column.endswith("empty")}
