"""What a certificate may call clean: nothing that was neither compared nor searched for, and no raw copy of anything."""

from __future__ import annotations

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, Form, Method, Sides, Verdict
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rows, Rule, TableSpec, ValueSpec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker
KEY = PseudonymKey(bytes(range(32)))
_NO_KEY = (
    "its rows have no key that is kept, or whose pseudonyms can be made again: check where the pseudonym key is at hand,"
    " or give the table a unique key without NULLs that is kept or pseudonymised"
)
_VISITS = """
CREATE TABLE visit (id int {0}, at date); INSERT INTO visit SELECT {1}, date '1950-01-01' + i + {2} FROM generate_series(1, 90) i;
"""


def said(kind: Kind, rule: Rule = Rule.PSEUDONYM, **options: str) -> ValueSpec:
    return ValueSpec(kind, rule, options=options)


def table(name: str, /, rows: Rows = Rows.ALL, **columns: ValueSpec) -> TableSpec:
    return TableSpec(TableName("public", name), {column: ColumnSpec(value) for column, value in columns.items()}, rows)


def check(
    server: RunningPostgres, source: str, copy: str, *tables: TableSpec, key: PseudonymKey | None = None, missing: float = 0.0
) -> Certificate:
    spec = DataSpec("shop", {item.name: item for item in tables}, missing=missing, digest="spec")
    sides = Sides(server.url(source), server.url(copy), "production", "copy", "test")
    return check_copy(sides, spec, naming=b"a secret of the tests", key=key, on_progress=lambda *_: None)


VISITS = table("visit", id=said(Kind.IDENTIFIER, Rule.KEEP), at=said(Kind.BIRTH_DATE, Rule.SHIFT))
_PAY = """
CREATE TABLE pay (id int PRIMARY KEY, born date, salary numeric(10, 2), ahv bigint);
CREATE TABLE log (at date, ahv bigint);
INSERT INTO pay SELECT i, date '1950-01-01' + i * 7, 4000 + i * 3.05, 7560000000000 + i * 91 FROM generate_series(1, 300) i;
INSERT INTO log SELECT born, ahv FROM pay;
"""
_PAY_SPEC = (
    table(
        "pay", id=said(Kind.IDENTIFIER), born=said(Kind.BIRTH_DATE, Rule.SHIFT), salary=said(Kind.AMOUNT, Rule.GENERALISE, to="1000"),
        ahv=said(Kind.NATIONAL_ID),
    ),
    table("log", at=said(Kind.BIRTH_DATE, Rule.SHIFT), ahv=said(Kind.NATIONAL_ID)),
)  # fmt: skip


@pytest.mark.parametrize("key", [None, KEY])
def test_a_raw_copy_of_columns_that_are_not_searched_is_a_leak_although_no_rows_meet(
    postgres: RunningPostgres, key: PseudonymKey | None
) -> None:
    with postgres.database(_PAY) as source, postgres.database(_PAY) as copy:
        found = check(postgres, source, copy, *_PAY_SPEC, key=key)
    assert found.verdict is Verdict.LEAK
    leaks = {(item.table, item.column): form.form for item in found.columns for form in item.forms if form.verdict is Verdict.LEAK}
    assert leaks == {
        ("public.pay", "id"): Form.OTHER_ROWS,
        ("public.pay", "born"): Form.OTHER_ROWS,
        ("public.pay", "salary"): Form.LEFTOVER,
        ("public.pay", "ahv"): Form.OTHER_ROWS,
        ("public.log", "at"): Form.OTHER_ROWS,
        ("public.log", "ahv"): Form.OTHER_ROWS,
    }


def test_a_column_that_was_neither_compared_nor_searched_is_a_gap_with_its_name(postgres: RunningPostgres) -> None:
    half = "UPDATE log SET at = at - 9000, ahv = ahv + 5 WHERE at > '1953-01-01'; TRUNCATE pay"
    with postgres.database(_PAY) as source, postgres.database(_PAY + half) as copy:
        found = check(postgres, source, copy, _PAY_SPEC[1], table("pay", Rows.NONE))
    assert found.verdict is Verdict.INCOMPLETE
    assert not found.complete
    assert found.unread == (f"copy: public.log: at, ahv: neither compared row by row nor searched for ({_NO_KEY})",)


def test_rows_that_meet_no_row_of_the_source_are_a_gap(postgres: RunningPostgres) -> None:
    rows = _VISITS.format("PRIMARY KEY", "i", 0), _VISITS.format("PRIMARY KEY", "i + 10", 500)
    with postgres.database(rows[0]) as source, postgres.database(rows[1]) as copy:
        found = check(postgres, source, copy, VISITS)
    assert (found.verdict, found.tables[0].matched, found.tables[0].alone) == (Verdict.INCOMPLETE, 80, 10)
    (gap,) = found.unread
    assert gap.startswith("copy: public.visit: 10 of 90 rows (11.1%) have no row in the source: deleted there since, or new in the copy")
    assert "check a copy when it is made, make it again, or accept so many (--accept-missing" in gap


@pytest.mark.parametrize(("share", "verdict"), [(0.11, Verdict.INCOMPLETE), (0.12, Verdict.ACCEPTED)])
def test_rows_that_were_deleted_in_the_source_since_are_accepted_up_to_a_share(
    postgres: RunningPostgres, share: float, verdict: Verdict
) -> None:
    rows = _VISITS.format("PRIMARY KEY", "i", 0), _VISITS.format("PRIMARY KEY", "i + 10", 500)
    with postgres.database(rows[0]) as source, postgres.database(rows[1]) as copy:
        found = check(postgres, source, copy, VISITS, missing=share)
        with postgres.connect(copy) as connection:
            connection.execute("UPDATE visit SET at = date '1950-01-01' + id WHERE id IN (20, 30)")
        leaky = check(postgres, source, copy, VISITS, missing=share)
    assert (found.verdict, found.complete) == (verdict, verdict is Verdict.ACCEPTED)
    assert (
        any("10 of 90 rows (11.1%) have no row in the source, and up to 12.0% are accepted" in said for said in found.remarks)
        is found.complete
    )
    assert leaky.verdict is Verdict.LEAK


@pytest.mark.parametrize(("key", "rule", "least"), [("PRIMARY KEY", Rule.KEEP, ""), ("", Rule.KEEP, ""), ("", Rule.PSEUDONYM, "at least ")])
def test_rows_without_one_in_the_source_are_a_gap_although_all_columns_are_searched(
    postgres: RunningPostgres, key: str, rule: Rule, least: str
) -> None:
    """A person who was deleted in the source is no value to look for any more."""
    spec = table("person", id=said(Kind.TECHNICAL, rule), mail=said(Kind.EMAIL))
    rows = "CREATE TABLE person (id text {0}, mail text); INSERT INTO person SELECT '{1}key' || i, '{1}' || i || '@x.net' FROM {2};"
    both = "generate_series(3, 30) i", "generate_series(1, 30) i"
    mine = "new" if rule is Rule.PSEUDONYM else "old"
    raw = f"UPDATE person SET mail = 'new' || mail; UPDATE person SET mail = 'old@x.net' WHERE id IN ('{mine}key1', '{mine}key2')"  # noqa: S608
    with postgres.database(rows.format(key, "old", both[0])) as source, postgres.database(rows.format(key, mine, both[1])) as copy:
        with postgres.connect(copy) as connection:
            connection.execute(raw.encode())
        found = check(postgres, source, copy, spec)
    assert found.verdict is Verdict.INCOMPLETE
    assert any(f"public.person: {least}2 of 30 rows (6.7%) have no row in the source: deleted" in gap for gap in found.unread)


def test_a_table_of_which_no_row_meets_its_own_is_never_accepted(postgres: RunningPostgres) -> None:
    rows = _VISITS.format("PRIMARY KEY", "i", 0), _VISITS.format("PRIMARY KEY", "i + 500", 0)
    with postgres.database(rows[0]) as source, postgres.database(rows[1].replace("1950", "1990")) as copy:
        found = check(postgres, source, copy, VISITS, missing=0.99)
    assert found.unread == ("copy: public.visit: no row has one in the source, so none was compared: is it a copy of this source?",)


def test_rows_do_not_meet_by_a_key_that_may_be_null(postgres: RunningPostgres) -> None:
    rows = _VISITS.format("UNIQUE", "NULL", 0)
    with postgres.database(rows) as source, postgres.database(rows + "DELETE FROM visit WHERE at > '1950-03-01'") as copy:  # noqa: S608
        found = check(postgres, source, copy, VISITS)
    assert [(item.method, item.matched, item.alike) for item in found.tables] == [(Method.TOGETHER, 0, found.rows)]
    assert found.verdict is Verdict.INCOMPLETE
    assert "0 of 59 rows met their own by what they hold together in columns that are known, 59 are not told apart" in found.unread[0]
    assert found.remarks == ("public.visit: it has no key to meet by, so rows are compared with those that hold the same in id",)


def test_values_that_are_not_looked_for_are_a_gap_where_no_rows_meet(postgres: RunningPostgres) -> None:
    spec = table("person", name=said(Kind.PERSON_NAME), city=said(Kind.CITY), mail=said(Kind.EMAIL))
    rows = "CREATE TABLE person (name text, city text, mail text);"
    source_rows = "INSERT INTO person SELECT 'Li', 'Genf ' || i, 'old' || i || '@x-mail.net' FROM generate_series(1, 30) i"
    copy_rows = "INSERT INTO person SELECT 'Li', 'Bern ' || i, 'new' || i || '@y-mail.net' FROM generate_series(1, 20) i"
    with postgres.database(rows + source_rows) as source, postgres.database(rows + copy_rows) as copy:
        found = check(postgres, source, copy, spec)
    assert found.verdict is Verdict.INCOMPLETE
    assert found.unread == (
        f"copy: public.person: city: not compared row by row, and so common that finding one elsewhere says nothing ({_NO_KEY})",
        f"copy: public.person: name: not compared row by row, and some values are too common or too short to be searched for ({_NO_KEY})",
    )


def test_a_copy_of_synthetic_rows_is_a_copy_although_it_says_that_its_rows_are_synthetic(postgres: RunningPostgres) -> None:
    marked = """
    CREATE SCHEMA liftlock_data; CREATE TABLE liftlock_data.seeded (seed int, rows int, catalog_hash text, vocabulary_hash text);
    INSERT INTO liftlock_data.seeded VALUES ({}, 300, 'c', 'v');"""
    with postgres.database(_PAY + marked.format(1)) as source, postgres.database(_PAY + marked.format(1)) as copy:
        same = check(postgres, source, copy, *_PAY_SPEC)
    assert "the same data generate made the rows of both sides (seed 1)" in same.remarks[0]
    with postgres.database(_PAY) as source, postgres.database(_PAY + marked.format(2)) as copy:
        claimed = check(postgres, source, copy, *_PAY_SPEC)
    for found in (same, claimed):
        leaks = {(item.table, item.column) for item in found.columns if item.verdict is Verdict.LEAK}
        assert {("public.pay", "born"), ("public.pay", "salary"), ("public.pay", "ahv"), ("public.log", "ahv")} <= leaks


_RULES = """
CREATE TABLE rules (
  id int PRIMARY KEY, gone text, fixed text, year date, coarse numeric(10, 2), start varchar(9), moment timestamptz, listed int[]);
"""
_RULES_SPEC = table(
    "rules", id=said(Kind.IDENTIFIER, Rule.KEEP), gone=said(Kind.FREE_TEXT, Rule.EMPTY),
    fixed=said(Kind.COMPANY, Rule.CONSTANT, value="a firm"), year=said(Kind.BIRTH_DATE, Rule.GENERALISE, to="year"),
    coarse=said(Kind.AMOUNT, Rule.GENERALISE, to="100"), start=said(Kind.POSTAL_CODE, Rule.GENERALISE, to="2"),
    moment=said(Kind.MOMENT, Rule.GENERALISE, to="month"), listed=said(Kind.NUMBER, Rule.GENERALISE, to="10"),
)  # fmt: skip


def test_what_a_rule_should_not_have_left_is_a_leak(postgres: RunningPostgres) -> None:
    raw = "INSERT INTO rules VALUES (1, 'said', 'Meier AG', '1980-05-06', 123.45, '8005', '2020-02-03 10:00+00', '{12,20}')"
    good = "INSERT INTO rules VALUES (1, NULL, 'a firm', '1980-01-01', 100, '80', '2020-02-01 00:00+00', '{10,20}')"
    other = "INSERT INTO rules VALUES (1, 'other', 'Muster AG', '1980-05-07', 123, '800', '2020-02-03 00:00+00', '{10,21}')"
    with postgres.database(_RULES + raw) as source:
        with postgres.database(_RULES + good) as copy:
            kept = check(postgres, source, copy, _RULES_SPEC)
        with postgres.database(_RULES + other) as copy:
            broken = check(postgres, source, copy, _RULES_SPEC)
    assert (kept.verdict, kept.unread) == (Verdict.CLEAN, ())
    left = [(item.column, form.rows) for item in broken.columns for form in item.forms if form.form is Form.LEFTOVER]
    assert left == [(column, 1) for column in ("gone", "fixed", "year", "coarse", "start", "moment", "listed")]
    assert broken.verdict is Verdict.LEAK


def test_rows_of_a_table_that_should_have_none_are_a_leak(postgres: RunningPostgres) -> None:
    with postgres.database(_PAY) as source, postgres.database(_PAY + "TRUNCATE pay") as copy:
        found = check(postgres, source, copy, table("pay", Rows.NONE), table("log", Rows.NONE))
    assert [(item.place, item.part, item.cells, item.verdict) for item in found.findings] == [("public.log", "row", 300, Verdict.LEAK)]


def test_a_foreign_table_is_a_gap(postgres: RunningPostgres) -> None:
    with postgres.database(_PAY) as source, postgres.database(_PAY) as copy:
        postgres.administer("ALTER ROLE liftlock SUPERUSER")
        try:
            with postgres.connect(copy) as connection:
                connection.execute("CREATE EXTENSION postgres_fdw; CREATE SERVER crm FOREIGN DATA WRAPPER postgres_fdw")
                connection.execute("CREATE FOREIGN TABLE vip (email text) SERVER crm")
        finally:
            postgres.administer("ALTER ROLE liftlock NOSUPERUSER")
        found = check(postgres, source, copy, *_PAY_SPEC)
    assert "copy: public.vip is a foreign table: its rows are on another server" in found.unread
    assert (found.verdict, found.complete) == (Verdict.LEAK, False)


def test_planted_canaries_must_be_in_the_source_and_not_in_a_copy(postgres: RunningPostgres) -> None:
    people = table("people", id=said(Kind.IDENTIFIER, Rule.KEEP), city=said(Kind.CITY), said=said(Kind.TECHNICAL, Rule.KEEP))
    canaries = "canary-5d7e of Nowhere", "canary-kept-column", "canary-left-over", "canary-lost-long-ago"
    spec = DataSpec("shop", {people.name: people}, digest="spec", canaries=canaries)
    rows = "CREATE TABLE people (id int PRIMARY KEY, city text, said text); INSERT INTO people VALUES "
    source_rows = f"(1, '{canaries[0]}', ''), (2, 'Bern', '{canaries[1]}'), (3, 'in {canaries[2].upper()}', '')"
    with postgres.database(rows + source_rows) as source:
        with postgres.database(rows + "(1, 'Zug', ''), (2, 'Zug', ''), (3, 'Zug', '')") as copy:
            sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
            good = check_copy(sides, spec, naming=b"a secret of the tests", on_progress=lambda *_: None)
        with postgres.database(rows + f"(1, 'Zug', 'x{canaries[0]}x'), (2, 'Zug', ''), (3, 'Zug', '{canaries[2]}')") as copy:
            sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
            bad = check_copy(sides, spec, naming=b"a secret of the tests", on_progress=lambda *_: None)
    assert good.unread == tuple(
        f"source: canary {number} of the classification is in no sensitive column, so either it was taken away or the check is blind for it"
        for number in (2, 4)
    )
    assert (good.verdict, good.canaries.named, good.canaries.found) == (Verdict.INCOMPLETE, 4, 2)
    leaks = {(item.source, item.place, item.form) for item in bad.findings if item.verdict is Verdict.LEAK}
    assert leaks == {
        ("canary 1 of the classification", "public.people.said", Form.GLUED),
        ("canary 3 of the classification", "public.people.said", Form.PLAIN),
    }


@pytest.mark.parametrize(("moved", "verdict"), [("i * 7919 + 13", Verdict.CHANCE), ("(1 + i % 700) * 7", Verdict.LEAK)])
def test_short_codes_meet_by_chance_and_not_all_of_them(postgres: RunningPostgres, moved: str, verdict: Verdict) -> None:
    spec = table("voucher", id=said(Kind.IDENTIFIER, Rule.KEEP), code=said(Kind.IDENTIFIER))
    rows = "CREATE TABLE voucher (id int PRIMARY KEY, code text); INSERT INTO voucher SELECT i, lpad((({}) % 10000)::text, 4, '0')"
    rows += " FROM generate_series(1, 1000) i; ANALYZE voucher"
    with postgres.database(rows.format("i * 7")) as source, postgres.database(rows.format(moved)) as copy:
        found = check(postgres, source, copy, spec)
    said_there = {item.verdict for item in found.findings if (item.place, item.form) == ("public.voucher.code", Form.PLAIN)}
    assert said_there == {verdict}
    assert found.verdict is verdict


_NOBODY = "source: no sensitive column holds a value, so there was nothing to look for: is --from the right place?"


@pytest.mark.parametrize("rows", ["", "INSERT INTO person SELECT i, NULL FROM generate_series(1, 9) i"])
def test_two_databases_without_a_value_give_no_certificate(postgres: RunningPostgres, rows: str) -> None:
    schema = "CREATE TABLE person (id int PRIMARY KEY, mail text);"
    spec = table("person", id=said(Kind.IDENTIFIER, Rule.KEEP), mail=said(Kind.EMAIL))
    with postgres.database(schema + rows) as source, postgres.database(schema + rows) as copy:
        found = check(postgres, source, copy, spec)
    assert (found.verdict, found.complete, found.unread) == (Verdict.INCOMPLETE, False, (_NOBODY,))


def test_two_databases_of_nothing_at_all_give_no_certificate(postgres: RunningPostgres) -> None:
    with postgres.database("") as source, postgres.database("") as copy:
        found = check(postgres, source, copy)
    assert found.unread == ("copy: it has no rows, and the classification names no sensitive column, so nothing was looked at",)
    assert found.verdict is Verdict.INCOMPLETE


def test_rows_of_a_table_that_is_empty_in_the_source_are_a_gap(postgres: RunningPostgres) -> None:
    both = _VISITS.format("PRIMARY KEY", "i", 0) + "CREATE TABLE person (id int PRIMARY KEY, mail text);"
    spec = table("person", id=said(Kind.IDENTIFIER, Rule.KEEP), mail=said(Kind.EMAIL))
    kept = table("visit", id=said(Kind.IDENTIFIER, Rule.KEEP), at=said(Kind.MOMENT, Rule.SHIFT))
    moved = "UPDATE visit SET at = at + 9000; INSERT INTO person VALUES (1, 'x@y-mail.net')"
    with postgres.database(both) as source, postgres.database(both + moved) as copy:
        found = check(postgres, source, copy, spec, kept)
    assert found.unread == ("copy: public.person has 1 rows and the source none, so there was nothing to hold them against",)
    assert found.verdict is Verdict.INCOMPLETE
