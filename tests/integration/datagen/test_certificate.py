"""The leak certificate on real databases: a clean copy passes, and every kind of leak is found."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, Form, Method, Sides, Verdict
from liftlock_datagen.certificate.ours import our_words
from liftlock_datagen.masking.cells import ColumnMaker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rows, Rule, SubsetSpec, TableSpec, ValueSpec
from tests.integration.datagen.leaks import ALIGNED, ANYWHERE, ROWS, TABLES, people_spec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker
NAMING = b"a secret of the tests"


def check(server: RunningPostgres, source: str, copy: str, spec: DataSpec | None = None) -> Certificate:
    sides = Sides(server.url(source), server.url(copy), "production", "copy", "test")
    return check_copy(sides, spec or people_spec(), naming=NAMING, on_progress=lambda *_: None)


@pytest.fixture(scope="module")
def source(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database(TABLES + ROWS.format("s")) as name:
        yield name


@pytest.fixture(scope="module")
def clean(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database(TABLES + ROWS.format("c")) as name:
        yield name


@pytest.fixture(scope="module")
def passed(postgres: RunningPostgres, source: str, clean: str) -> Certificate:
    return check(postgres, source, clean)


@pytest.fixture(scope="module")
def leaky(postgres: RunningPostgres) -> Iterator[str]:
    packed = gzip.compress(b"sann26.muster@s-mail.net").hex()
    with postgres.database(TABLES + ROWS.format("c") + ALIGNED + ANYWHERE.replace("{gzip}", packed)) as name:
        yield name


@pytest.fixture(scope="module")
def failed(postgres: RunningPostgres, source: str, leaky: str) -> Certificate:
    return check(postgres, source, leaky)


def test_a_clean_copy_passes(passed: Certificate) -> None:
    assert passed.unread == ()
    assert passed.canaries.missed == ()
    assert [item for item in passed.columns if item.verdict not in {Verdict.CLEAN, Verdict.CHANCE}] == []
    assert [item for item in passed.findings if item.verdict is Verdict.LEAK] == []
    assert passed.verdict in {Verdict.CLEAN, Verdict.CHANCE}
    assert passed.needles > 2000
    assert passed.canaries.planted > 50
    assert {table.table: (table.method, table.matched) for table in passed.tables} == {
        "public.people": (Method.KEY, 400),
        "public.parts": (Method.KEY, 200),
        "public.shuffled": (Method.KEY, 100),
        "public.loose": (Method.TOGETHER, 0),
    }


@pytest.mark.parametrize(
    ("column", "form", "rows"),
    [
        ("people.email", Form.UNCHANGED, 2),
        ("people.backup_email", Form.LOCAL_PART, 1),
        ("people.nick", Form.FOLDED, 1),
        ("people.name", Form.LAST_WORD, 1),
        ("people.phone", Form.LAST_SEVEN, 39),
        ("people.card", Form.LAST_FOUR, 59),
        ("people.born", Form.UNCHANGED, 29),
        ("people.contact", Form.UNCHANGED, 1),
        ("parts.email", Form.UNCHANGED, 2),
        ("shuffled.email", Form.OTHER_ROWS, 100),
    ],
)
def test_a_value_that_stayed_in_its_row_is_found(failed: Certificate, column: str, form: Form, rows: int) -> None:
    found = [
        count.rows
        for item in failed.columns
        for count in item.forms
        if f"public.{column}" == f"{item.table}.{item.column}" and count.form is form and count.verdict is Verdict.LEAK
    ]
    assert found == [rows], [item for item in failed.columns if item.table.endswith("parts")]


@pytest.mark.parametrize(
    ("place", "part", "form"),
    [
        ("public.notes.body", "value", Form.PLAIN),
        ("public.notes.body", "value", Form.GLUED),
        ("public.notes.body", "value", Form.REVERSED),
        ("public.notes.body", "value", Form.BASE64),
        ("public.notes.body", "value", Form.HEX),
        ("public.notes.body", "value", Form.MD5),
        ("public.notes.body", "value", Form.SHA256),
        ("public.notes.body", "value", Form.URL),
        ("public.notes.doc", "key", Form.PLAIN),
        ("public.notes.doc", "value", Form.PLAIN),
        ("public.notes.old", "value", Form.PLAIN),
        ("public.notes.tags", "value", Form.PLAIN),
        ("public.notes.raw", "value", Form.BYTES),
        ("public.notes.raw", "value", Form.COMPRESSED),
        ("public.notes.words", "value", Form.PLAIN),
        ("public.notes.pair", "value", Form.PLAIN),
        ("public.notes.page", "value", Form.PLAIN),
        ("public.logs.line", "value", Form.PLAIN),
        ("public.extra.unknown", "value", Form.PLAIN),
        ("public.kept_view.said", "value", Form.PLAIN),
        ("comment of notes", "value", Form.PLAIN),
        ("constraint of c", "value", Form.PLAIN),
        ("column default of public.notes.code", "value", Form.PLAIN),
        ("enum label of public.mood", "value", Form.PLAIN),
        ("view of v", "value", Form.PLAIN),
        ("function of f", "value", Form.PLAIN),
        ("index of i", "value", Form.PLAIN),
        ("statistics of public.stat.x", "value", Form.PLAIN),
        ("statistics of expressions of public.of_expression", "value", Form.PLAIN),
        ("sequence of public.numbers", "value", Form.PLAIN),
    ],
)
def test_a_value_that_moved_elsewhere_is_found(failed: Certificate, place: str, part: str, form: Form) -> None:
    found = [item for item in failed.findings if (item.place, item.part, item.form) == (place, part, form)]
    assert [item.verdict for item in found if item.source.startswith("public.people.")] != []
    assert {item.verdict for item in found} == {Verdict.LEAK}


def test_a_value_without_a_row_to_compare_is_found_by_the_search(failed: Certificate) -> None:
    found = [item for item in failed.findings if item.source == "public.loose.email"]
    assert [(item.place, item.cells) for item in found] == [("public.loose.email", 1)]


def test_a_large_object_is_looked_into(failed: Certificate) -> None:
    assert [item.form for item in failed.findings if item.place.startswith("large object of ")] == [Form.BYTES]


def test_leaks_decide_the_verdict_although_not_everything_is_known(failed: Certificate) -> None:
    assert failed.verdict is Verdict.LEAK
    assert failed.unread == ("copy: public.extra is not classified, so nobody knows what it holds (1 rows)",)
    assert failed.canaries.missed == ()


def test_no_value_of_either_side_is_in_a_certificate(failed: Certificate) -> None:
    text = json.dumps(dataclasses.asdict(failed), default=str).lower()
    for part in ("muster@", "-mail.net", "sann", "müller", "s-post", "4111", "gasse", "snick"):
        assert part not in text


def test_the_same_databases_give_the_same_certificate(postgres: RunningPostgres, source: str, leaky: str, failed: Certificate) -> None:
    again = check(postgres, source, leaky)
    same = {"source_time": datetime.min, "copy_time": datetime.min, "seconds": 0.0}
    assert dataclasses.replace(again, **same) == dataclasses.replace(failed, **same)  # type: ignore[arg-type]  # three known fields


def test_groups_of_quasi_identifiers_are_counted(postgres: RunningPostgres, source: str, clean: str, passed: Certificate) -> None:
    assert [(item.groups, item.smallest, item.groups_below) for item in passed.anonymity] == [(6, 66, 0)]
    assert passed.anonymity[0].diversity == {"hiv": 1}
    strict = check(postgres, source, clean, people_spec(k=67))
    assert strict.verdict is Verdict.LEAK
    assert [(item.groups_below, item.rows_below) for item in strict.anonymity] == [(2, 132)]


def test_an_overlap_that_the_spec_allows_is_no_leak(postgres: RunningPostgres, source: str, leaky: str) -> None:
    allowed = check(postgres, source, leaky, people_spec(overlap=0.01))
    emails = [count.verdict for item in allowed.columns if (item.table, item.column) == ("public.people", "email") for count in item.forms]
    assert emails[0] is Verdict.ACCEPTED


def test_a_table_that_cannot_be_read_makes_it_incomplete(postgres: RunningPostgres, source: str) -> None:
    with postgres.database(TABLES + ROWS.format("c")) as name:
        postgres.administer(f"ALTER DATABASE {name} SET search_path = public")
        with postgres.connect(name) as connection:
            connection.execute("REVOKE ALL ON logs FROM liftlock")
        found = check(postgres, source, name)
    assert found.verdict is Verdict.INCOMPLETE
    assert found.unread == ("copy: public.logs: permission denied for table logs",)


def test_a_column_that_nobody_classified_makes_it_incomplete(postgres: RunningPostgres, source: str, clean: str) -> None:
    spec = people_spec()
    tables = {name: table for name, table in spec.tables.items() if name.name != "logs"}
    found = check(postgres, source, clean, dataclasses.replace(spec, tables=tables))
    assert found.verdict is Verdict.INCOMPLETE
    assert found.unread == ("public.logs is not classified, so its values were not looked for",)


def test_rows_meet_by_pseudonymised_keys_where_the_key_is_known(postgres: RunningPostgres) -> None:
    schema = "CREATE TABLE account (id bigint PRIMARY KEY, email text);"
    name = TableName("public", "account")
    values = {"id": ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM), "email": ValueSpec(Kind.EMAIL, Rule.PSEUDONYM)}
    spec = DataSpec("a", {name: TableSpec(name, {column: ColumnSpec(value) for column, value in values.items()})}, digest="spec")
    key = PseudonymKey(bytes(range(32)))
    rows_too = "INSERT INTO account SELECT i, 'old' || i || '@old-mail.net' FROM generate_series(1, 100) i;"
    with postgres.database(schema + rows_too) as source, postgres.database(schema) as copy:
        with postgres.connect(source) as connection:
            mask = plan_mask(read_catalog(connection), spec).table(name)
        numbers = ColumnMaker("account.id", mask.columns[0].transformer, key)([str(number).encode() for number in range(1, 101)])
        rows = [(int(new), f"new{old}@new-mail.net" if old != 42 else "old42@old-mail.net") for old, new in enumerate(numbers, start=1)]
        with postgres.connect(copy) as connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO account VALUES (%s, %s)", rows)
        sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
        found = check_copy(sides, spec, naming=NAMING, key=key, on_progress=lambda *_: None)
        without = check_copy(sides, spec, naming=NAMING, on_progress=lambda *_: None)
    assert [(table.method, table.matched) for table in found.tables] == [(Method.PSEUDONYM, 100)]
    assert found.canaries.missed == ()
    email = next(item for item in found.columns if item.column == "email")
    assert (email.forms[0].form, email.forms[0].rows, email.forms[0].verdict) == (Form.UNCHANGED, 1, Verdict.LEAK)
    assert [(item.place, item.own_row) for item in found.findings] == [("public.account.email", 1)]
    assert [(table.method, table.matched) for table in without.tables] == [(Method.VALUES, 0)]
    assert [(item.place, item.own_row) for item in without.findings] == [("public.account.email", 0)]


def test_pseudonyms_that_are_names_of_the_source_by_chance_are_no_leak(postgres: RunningPostgres) -> None:
    words = sorted(word.decode().title() for word in our_words() if word.isalpha())[::100]
    names = [f"{first} {last}" for first in words[:10] for last in words[10:20]]
    name = TableName("public", "actor")
    values = {"id": ValueSpec(Kind.IDENTIFIER, Rule.KEEP), "name": ValueSpec(Kind.PERSON_NAME, Rule.PSEUDONYM)}
    spec = DataSpec("a", {name: TableSpec(name, {column: ColumnSpec(value) for column, value in values.items()})}, digest="spec")

    def filled(chosen: Sequence[str]) -> str:
        rows = ", ".join(f"({number}, '{value}')" for number, value in enumerate(chosen))
        return f"CREATE TABLE actor (id int PRIMARY KEY, name text); INSERT INTO actor VALUES {rows}; ANALYZE"  # noqa: S608 - our words

    with postgres.database(filled(names[:60])) as source, postgres.database(filled(names[33:93])) as copy:
        found = check(postgres, source, copy, spec)
    assert found.verdict is Verdict.CHANCE
    assert {item.place for item in found.findings} == {"public.actor.name", "statistics of public.actor.name"}


def test_a_check_that_is_blind_gives_no_certificate(postgres: RunningPostgres, source: str, clean: str) -> None:
    sides = Sides(postgres.url(source), postgres.url(clean), "production", "copy", "test")
    blind = check_copy(sides, people_spec(), naming=NAMING, on_progress=lambda *_: None, common=0)  # every value is too common, our own too
    assert blind.verdict is Verdict.INCOMPLETE
    assert {"public.notes.body", "comment", "canary: JSON key", "canary: base64 of gzip"} <= set(blind.canaries.missed)


@pytest.mark.parametrize("schema", ["", TABLES, TABLES + ROWS.format("c") + "TRUNCATE people, parts, shuffled, loose;"])
def test_a_copy_without_rows_gives_no_certificate(postgres: RunningPostgres, source: str, schema: str) -> None:
    spec = people_spec()
    emptied = {"people", "parts", "shuffled", "loose"}
    nothing = {name: dataclasses.replace(table, rows=Rows.NONE) if name.name in emptied else table for name, table in spec.tables.items()}
    with postgres.database(schema) as empty:
        found = check(postgres, source, empty)
        meant = check(postgres, source, empty, dataclasses.replace(spec, tables=nothing))
    assert found.verdict is Verdict.INCOMPLETE
    assert "copy: public.people has no rows (the source has 400), so there was nothing to look at" in found.unread
    assert len(found.unread) == 4
    assert (meant.verdict, meant.unread) == (Verdict.CLEAN, ())


def test_one_table_without_rows_is_something_that_was_not_looked_at(postgres: RunningPostgres, source: str) -> None:
    spec = people_spec()
    with postgres.database(TABLES + ROWS.format("c") + "TRUNCATE loose") as copy:
        found = check(postgres, source, copy)
        subset = check(postgres, source, copy, dataclasses.replace(spec, subset=SubsetSpec(())))
    assert found.unread == ("copy: public.loose has no rows (the source has 100), so there was nothing to look at",)
    assert subset.unread == ()
