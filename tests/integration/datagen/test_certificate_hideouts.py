"""Where somebody in a hurry leaves a value in a copy: names, definitions, and texts that only look different."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, Form, Sides, Verdict
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_TABLES = """
CREATE TABLE people (id int PRIMARY KEY, email text, name text); CREATE TABLE notes (id int PRIMARY KEY, body text);
INSERT INTO people SELECT i, '{0}' || i || '.muster@{0}-mail.net', '{0} Wachtveitl' || i FROM generate_series(1, 60) i;
INSERT INTO notes SELECT i, '' FROM generate_series(1, 9) i;
"""
_LEFT = """
CREATE TABLE "prod1.muster@prod-mail.net" (x int); ALTER TABLE notes ADD "prod2.muster@prod-mail.net" int;
CREATE SCHEMA "prod3.muster@prod-mail.net"; ALTER TABLE notes ADD CONSTRAINT "prod4.muster@prod-mail.net" CHECK (id > 0);
CREATE TYPE pair AS ("prod5.muster@prod-mail.net" int); CREATE INDEX "prod6.muster@prod-mail.net" ON notes (id);
CREATE DOMAIN mail AS text DEFAULT 'prod7.muster@prod-mail.net';
CREATE FUNCTION given(a text DEFAULT 'prod8.muster@prod-mail.net') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION atomic() RETURNS text LANGUAGE sql RETURN 'prod9.muster@prod-mail.net';
CREATE STATISTICS joined ON (body || 'prod10.muster@prod-mail.net') FROM notes;
UPDATE notes SET body = E'prod12.mus\\u200Bter@prod-mail.net' WHERE id = 1; UPDATE notes SET body = 'prod  wachtveitl13' WHERE id = 2;
CREATE PUBLICATION partly FOR TABLE notes WHERE (body <> 'prod11.muster@prod-mail.net');
CREATE AGGREGATE added (text) (SFUNC = textcat, STYPE = text, INITCOND = 'prod15.muster@prod-mail.net');
CREATE COLLATION "prod16.muster@prod-mail.net" FROM "C"; CREATE TEXT SEARCH CONFIGURATION "prod17.muster@prod-mail.net" (COPY = simple);
CREATE RULE "prod18.muster@prod-mail.net" AS ON DELETE TO notes DO ALSO NOTHING;
CREATE TABLE unsaid AS SELECT 'x'::text AS "prod14.muster@prod-mail.net";
"""


@pytest.fixture(scope="module")
def found(postgres: RunningPostgres) -> Iterator[Certificate]:
    def said(kind: Kind, rule: Rule) -> ColumnSpec:
        return ColumnSpec(ValueSpec(kind, rule))

    people, notes = TableName("public", "people"), TableName("public", "notes")
    kept, masked = said(Kind.TECHNICAL, Rule.KEEP), said(Kind.EMAIL, Rule.PSEUDONYM)
    tables = {
        people: TableSpec(people, {"id": kept, "email": masked, "name": said(Kind.PERSON_NAME, Rule.PSEUDONYM)}),
        notes: TableSpec(notes, {"id": kept, "body": kept}),
    }
    with postgres.database(_TABLES.format("prod")) as source, postgres.database(_TABLES.format("copy") + _LEFT) as copy:
        sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
        yield check_copy(sides, DataSpec("shop", tables, digest="spec"), naming=b"a secret of the tests", on_progress=lambda *_: None)


@pytest.mark.parametrize(
    "place",
    [
        "name of a relation", "name of a column", "name of a schema", "name of a constraint", "domain default of mail", "function of given",
        "function of atomic", "statistics object of joined", "publication's rows of public.notes", "public.notes.body",
        "aggregate of added", "name of a collation", "name of a text search configuration", "name of a rule",
    ],
)  # fmt: skip
def test_a_value_in_a_name_or_a_definition_is_found(found: Certificate, place: str) -> None:
    assert {item.verdict for item in found.findings if item.place == place} == {Verdict.LEAK}


def test_both_texts_that_only_look_different_are_found(found: Certificate) -> None:
    assert {item.source for item in found.findings if item.place == "public.notes.body"} == {"public.people.email", "public.people.name"}


def test_a_name_that_holds_a_value_is_in_no_certificate(found: Certificate) -> None:
    text = json.dumps(dataclasses.asdict(found), default=str)
    assert "muster@" not in text
    assert "index of [a name that holds a value, " in text
    assert found.canaries.missed == ()


_NUMBERS = """
CREATE TABLE people (id int PRIMARY KEY, phone text, card text, iban text, ahv bigint); CREATE TABLE notes (id int PRIMARY KEY, body text);
INSERT INTO people SELECT i, '+41 79 {0} ' || 10000 + i * 7, '4{0} 1111 2222 ' || 1000 + i, 'CH93 0076 {0} ' || 10000 + i, 7560000{0}000 + i
FROM generate_series(1, 60) i;
INSERT INTO notes SELECT i, 'order ' || 1000000 + i FROM generate_series(1, 20) i; ANALYZE;
"""
_WRITTEN = """
UPDATE notes SET body = 'call 079-111.10007 soon' WHERE id = 1; UPDATE notes SET body = 'paid with 4111-1111-2222-1002' WHERE id = 2;
UPDATE notes SET body = 'to ch93007611110003' WHERE id = 3; UPDATE notes SET body = '756.0000.1110.04' WHERE id = 4;
COMMENT ON TABLE notes IS 'ask 004179 11110035';
"""


def test_numbers_of_people_are_found_in_another_way_and_in_columns_that_are_no_texts(postgres: RunningPostgres) -> None:
    people, notes = TableName("public", "people"), TableName("public", "notes")
    kinds = {"phone": Kind.PHONE, "card": Kind.PAYMENT_CARD, "iban": Kind.IBAN, "ahv": Kind.NATIONAL_ID}
    kept = ColumnSpec(ValueSpec(Kind.TECHNICAL, Rule.KEEP))
    tables = {
        people: TableSpec(people, {"id": kept, **{name: ColumnSpec(ValueSpec(kind, Rule.PSEUDONYM)) for name, kind in kinds.items()}}),
        notes: TableSpec(notes, {"id": kept, "body": kept}),
    }
    spec, verdicts = DataSpec("shop", tables, digest="spec"), {}
    with postgres.database(_NUMBERS.format("111")) as source:
        for name, more in (("good", ""), ("bad", _WRITTEN)):
            with postgres.database(_NUMBERS.format("999") + more) as copy:
                sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
                found = check_copy(sides, spec, naming=b"a secret of the tests", on_progress=lambda *_: None)
            verdicts[name] = {(item.source, item.place, item.verdict) for item in found.findings if item.form is Form.NUMBER}
            assert found.canaries.missed == ()
    assert verdicts["good"] == set()
    assert verdicts["bad"] == {
        *((f"public.people.{column}", "public.notes.body", Verdict.LEAK) for column in kinds),
        ("public.people.phone", "comment of notes", Verdict.LEAK),
    }
