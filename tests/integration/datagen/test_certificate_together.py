"""Tables without a key: rows meet their own by what they hold together in the columns that are known, and not where that is several."""

from __future__ import annotations

import dataclasses

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, Form, Method, Sides, Verdict
from liftlock_datagen.masking.cells import column_maker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.literals import escaped
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.run import MaskRequest
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

KEY = PseudonymKey(bytes(range(32)))
NAME = TableName("public", "reading")
_TABLE = "CREATE TABLE reading (device int, place text, name text, at date, load numeric);"
_ROWS = """
INSERT INTO reading SELECT i % 20, 'room ' || i % 7, CASE WHEN i % 9 > 0 THEN 'Ann Lee' || i END, date '2001-01-01' + i * 3, i * 1.5
FROM generate_series(1, 140) i;
"""
_SOURCE = _TABLE + _ROWS


def _spec(*row_key: str, name: Rule = Rule.PSEUDONYM) -> DataSpec:
    def said(kind: Kind, rule: Rule) -> ColumnSpec:
        return ColumnSpec(ValueSpec(kind, rule))

    columns = {
        "device": said(Kind.TECHNICAL, Rule.KEEP), "place": said(Kind.TECHNICAL, Rule.KEEP), "name": said(Kind.USERNAME, name),
        "at": said(Kind.BIRTH_DATE, Rule.SHIFT), "load": said(Kind.NUMBER, Rule.SYNTHETIC),
    }  # fmt: skip
    return DataSpec("shop", {NAME: TableSpec(NAME, columns, row_key=row_key)}, digest="spec")


def _check(server: RunningPostgres, source: str, copy: str, spec: DataSpec, key: PseudonymKey | None) -> Certificate:
    sides = Sides(server.url(source), server.url(copy), "production", "copy", "test")
    return check_copy(sides, spec, naming=b"a secret of the tests", key=key, on_progress=lambda *_: None)


def _masked(server: RunningPostgres, source: str, spec: DataSpec, copy: str) -> None:
    """What a masked copy of the table holds; the load is drawn anew."""
    with server.connect(source) as connection, server.connect(copy) as other:
        made = {column.name: column.transformer for column in plan_mask(read_catalog(connection), spec).table(NAME).columns}
        rows = connection.execute("SELECT device, place, name, at::text FROM reading").fetchall()
        makers = {name: column_maker(name, made[name], KEY) for name in ("name", "at")}
        for number, (device, place, name, at) in enumerate(rows):
            new = None if name is None else makers["name"]([str(name).encode()])[0].decode()
            day = makers["at"]([str(at).encode()])[0].decode()
            other.execute("INSERT INTO reading VALUES (%s, %s, %s, %s, %s)", [device, place, new, day, -1 - number / 7])


@pytest.mark.parametrize("key", [None, KEY])
def test_rows_without_a_key_meet_by_what_they_keep_together(postgres: RunningPostgres, key: PseudonymKey | None) -> None:
    with postgres.database(_SOURCE) as source, postgres.database(_TABLE) as copy:
        _masked(postgres, source, _spec(), copy)
        good = _check(postgres, source, copy, _spec(), key)
        with postgres.connect(source) as connection:
            raw = connection.execute("SELECT device, place, load FROM reading WHERE load IN (15, 30, 45)").fetchall()
        with postgres.connect(copy) as connection:
            for device, place, load in raw:
                connection.execute("UPDATE reading SET load = %s WHERE device = %s AND place = %s", [load, device, place])
        bad = _check(postgres, source, copy, _spec(), key)
    assert [(item.method, item.matched, item.alike, item.alone) for item in good.tables] == [(Method.TOGETHER, 140, 0, 0)]
    assert (good.complete, good.unread) == (True, ())
    assert good.verdict in {Verdict.CLEAN, Verdict.CHANCE}
    leaks = {(item.column, form.form): form.rows for item in bad.columns for form in item.forms if form.verdict is Verdict.LEAK}
    assert leaks == {("load", Form.UNCHANGED): 3}


def test_rows_that_are_alike_in_all_that_is_known_are_a_gap_unless_they_say_the_same(postgres: RunningPostgres) -> None:
    with postgres.database(_SOURCE) as source, postgres.database(_SOURCE) as copy:
        for name in (source, copy):
            with postgres.connect(name) as connection:
                connection.execute("INSERT INTO reading SELECT * FROM reading WHERE device = 3")
                connection.execute("INSERT INTO reading SELECT device, place, name, at + 1, load FROM reading WHERE device = 4")
        with postgres.connect(copy) as connection:
            connection.execute("UPDATE reading SET at = at + 9000, load = -load, name = reverse(name) || 'x'")
        found = _check(postgres, source, copy, _spec(), None)
    assert [(item.matched, item.alike, item.alone) for item in found.tables] == [(140 + 7 - 7, 14, 0)]
    assert found.verdict is Verdict.INCOMPLETE
    assert "at, load: neither compared row by row nor searched for (140 of 154 rows met their own" in found.unread[0]


def test_a_row_key_names_the_columns_that_stay(postgres: RunningPostgres) -> None:
    """A kept column that went on since would part rows from their own."""
    with postgres.database(_SOURCE) as source, postgres.database(_TABLE) as copy:
        _masked(postgres, source, _spec(), copy)
        with postgres.connect(source) as connection:
            connection.execute("UPDATE reading SET name = name WHERE device < 10; ALTER TABLE reading ADD status text")
        with postgres.connect(copy) as connection:
            connection.execute("ALTER TABLE reading ADD status text DEFAULT 'old'")
        spec = _spec()
        columns = {**spec.tables[NAME].columns, "status": ColumnSpec(ValueSpec(Kind.TECHNICAL, Rule.KEEP))}
        found = {}
        for row_key in ((), ("device", "place"), ("device", "load"), ("device", "nowhere")):
            table = dataclasses.replace(spec.tables[NAME], columns=columns, row_key=row_key)
            found[row_key] = _check(postgres, source, copy, dataclasses.replace(spec, tables={NAME: table}), None)
    assert {names: (item.tables[0].matched, item.verdict) for names, item in found.items()} == {
        (): (0, Verdict.INCOMPLETE),
        ("device", "place"): (140, found["device", "place"].verdict),
        ("device", "load"): (0, Verdict.INCOMPLETE),
        ("device", "nowhere"): (0, Verdict.INCOMPLETE),
    }
    assert found["device", "place"].complete
    assert "the row key names load, of which nobody can say what stands in a copy" in found["device", "load"].unread[0]


_VISITS = """
CREATE TABLE visit (customer int, name text, email text, city text, zip text, at date, seen timestamptz, code text, note text, ip inet);
INSERT INTO visit SELECT i % 40, CASE WHEN i % 11 > 0 THEN 'Ann ' || chr(65 + i % 26) || 'ee' END, 'ann' || i % 40 || '@mail.net',
  (ARRAY['Bern', 'Basel', 'Zug'])[1 + i % 3], lpad((3000 + i % 70)::text, 5, '0'),
  CASE WHEN i % 13 > 0 THEN date '2001-01-01' + i * 3 END, timestamptz '2020-03-01 10:20:30.5+01' + i * interval '7 hours',
  CASE i % 4 WHEN 0 THEN 'a\\b' || i WHEN 1 THEN '' ELSE 'äb-' || i END, E'said\\t' || i || E'\\nand \\\\ more', '10.1.2.3'::inet + i
FROM generate_series(1, 300) i;
"""


def test_what_the_key_makes_again_tells_the_rows_of_a_real_copy_apart(postgres: RunningPostgres) -> None:
    masked, name = Rule.PSEUDONYM, TableName("public", "visit")
    said = {
        "customer": (Kind.IDENTIFIER, masked), "name": (Kind.PERSON_NAME, masked), "email": (Kind.EMAIL, masked),
        "city": (Kind.CITY, masked), "zip": (Kind.POSTAL_CODE, masked), "at": (Kind.BIRTH_DATE, Rule.SHIFT),
        "seen": (Kind.MOMENT, Rule.SHIFT),
        "code": (Kind.IDENTIFIER, masked), "note": (Kind.FREE_TEXT, masked), "ip": (Kind.IP_ADDRESS, masked),
    }  # fmt: skip
    columns = {column: ColumnSpec(ValueSpec(kind, rule)) for column, (kind, rule) in said.items()}
    spec = DataSpec("shop", {name: TableSpec(name, columns, subject="customer")}, digest="spec")
    with postgres.database(_VISITS) as source, postgres.database("") as copy:
        request = MaskRequest(postgres.url(source), postgres.url(copy), spec, KEY, replace=True)
        PostgresEngine().anonymise(request, on_progress=lambda *_: None)
        found = _check(postgres, source, copy, spec, KEY)
        without = _check(postgres, source, copy, spec, None)
    assert [(item.method, item.matched, item.alike, item.alone) for item in found.tables] == [(Method.TOGETHER, 300, 0, 0)]
    assert (found.complete, found.unread) == (True, ())
    assert found.verdict in {Verdict.CLEAN, Verdict.CHANCE}, [item for item in found.columns if item.verdict is Verdict.LEAK]
    assert without.verdict is Verdict.INCOMPLETE


def test_a_row_that_was_left_as_it_was_is_not_accepted_as_one_that_is_missing(postgres: RunningPostgres) -> None:
    """Where rows meet by what they hold, a value that was not masked looks like a row that the source has not any more."""
    spec = dataclasses.replace(_spec(), missing=0.05)
    found = []
    with postgres.database(_SOURCE) as source, postgres.database(_TABLE) as copy:
        _masked(postgres, source, spec, copy)
        with postgres.connect(source) as connection, postgres.connect(copy) as other:
            rows = connection.execute("SELECT at, load, device, place FROM reading WHERE load < 7").fetchall()
            for change in ("UPDATE reading SET at = at + 9000 WHERE load > -1.6", None):
                for row in rows if change is None else ():
                    other.execute("UPDATE reading SET at = %s, load = %s WHERE device = %s AND place = %s", row)
                if change:
                    other.execute(change.encode())
                found.append(_check(postgres, source, copy, spec, KEY))
                other.rollback()
    assert [(item.verdict, item.tables[0].raw > 0) for item in found] == [(Verdict.ACCEPTED, False), (Verdict.INCOMPLETE, True)]
    assert "so no share of missing rows accepts them" in found[1].unread[0]


def test_rows_meet_by_texts_of_several_lines(postgres: RunningPostgres) -> None:
    made = "CREATE TABLE reading (device int, name text, at date);"
    text = "E'Ann Lee\\nRoom\\t' || i || E'\\\\n'"
    rows = f"INSERT INTO reading SELECT i % 7, {text}, date '2001-01-01' + i FROM generate_series(1, 60) i;"  # noqa: S608
    spec = _spec()
    columns = {name: said for name, said in spec.tables[NAME].columns.items() if name in {"device", "name", "at"}}
    columns["name"] = ColumnSpec(ValueSpec(Kind.STREET, Rule.PSEUDONYM))
    spec = dataclasses.replace(spec, tables={NAME: TableSpec(NAME, columns)})
    with postgres.database(made + rows) as source, postgres.database(made) as copy:
        with postgres.connect(source) as connection, postgres.connect(copy) as other:
            masks = {column.name: column.transformer for column in plan_mask(read_catalog(connection), spec).table(NAME).columns}
            make = {name: column_maker(name, masks[name], KEY) for name in ("name", "at")}
            for device, name, at in connection.execute("SELECT device, name, at::text FROM reading").fetchall():
                new = [make["name"]([escaped(str(name).encode())])[0].decode(), make["at"]([str(at).encode()])[0].decode()]
                other.execute("INSERT INTO reading VALUES (%s, %s, %s)", [device, *new])
        found = _check(postgres, source, copy, spec, KEY)
    assert (found.tables[0].matched, found.unread) == (60, ())
