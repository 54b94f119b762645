"""What a classification promises beside privacy: a copy that breaks it is named, with a stable code."""

from __future__ import annotations

import dataclasses

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, PromiseCode, Sides, Verdict
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_TABLES = """
CREATE TABLE people (id int PRIMARY KEY, email text, code text, phone text, gone text, fixed text);
CREATE UNIQUE INDEX people_email ON people (lower(email)) WHERE id > 0;
CREATE TABLE visits (phone text);
"""
_ROWS = """
INSERT INTO people SELECT i, '{0}' || i || '@{0}-mail.net', '{0}x' || (i % 50 + {1}) * 91, nullif('{0} tel ' || i % 7, '{0} tel 0'),
  CASE '{0}' WHEN 'old' THEN 'said ' || i END, CASE WHEN i % 3 > 0 THEN CASE '{0}' WHEN 'old' THEN 'made by ' || i ELSE 'a firm' END END
  FROM generate_series(1, 200) i;
INSERT INTO visits SELECT nullif('{0} visitor ' || i % 5, '{0} visitor 0') FROM generate_series(1, 60) i;
"""
_CLEAN = _TABLES + _ROWS.format("new", 50)
_PROMISED = {
    "email": (Kind.EMAIL, Rule.PSEUDONYM),
    "code": (Kind.IDENTIFIER, Rule.PSEUDONYM),
    "phone": (Kind.PHONE, Rule.PSEUDONYM),
    "gone": (Kind.FREE_TEXT, Rule.EMPTY),
    "fixed": (Kind.COMPANY, Rule.CONSTANT),
}


def _spec() -> DataSpec:
    columns = {name: ColumnSpec(ValueSpec(kind, rule, options={"value": "a firm"})) for name, (kind, rule) in _PROMISED.items()}
    people, visits = TableName("public", "people"), TableName("public", "visits")
    tables = {
        people: TableSpec(people, {"id": ColumnSpec(ValueSpec(Kind.IDENTIFIER, Rule.KEEP)), **columns}),
        visits: TableSpec(visits, {"phone": columns["phone"]}),
    }
    return DataSpec("shop", tables, digest="spec")


def _check(server: RunningPostgres, copy: str) -> Certificate:
    with server.database(_TABLES + _ROWS.format("old", 0)) as source, server.database(copy) as other:
        sides = Sides(server.url(source), server.url(other), "production", "copy", "test")
        return check_copy(sides, _spec(), naming=b"a secret of the tests", on_progress=lambda *_: None)


def test_a_copy_that_keeps_its_promises_breaks_none(postgres: RunningPostgres) -> None:
    found = _check(postgres, _CLEAN)
    assert (found.promises, found.unread) == ((), ())
    assert found.verdict in {Verdict.CLEAN, Verdict.CHANCE}


@pytest.mark.parametrize(
    ("change", "column", "code", "said"),
    [
        ("UPDATE people SET phone = 'new tel 9' WHERE id = 7", "phone", PromiseCode.NULLS, "1 rows have a value where the source has NULL"),
        ("UPDATE people SET phone = '' WHERE id = 7", "phone", PromiseCode.NULLS, "1 rows have a value where the source has NULL"),
        ("UPDATE people SET fixed = NULL WHERE id < 3", "fixed", PromiseCode.NULLS, "2 rows are NULL where the source has a value"),
        ("UPDATE visits SET phone = 'new visitor 8' WHERE phone IS NULL", "phone", PromiseCode.NULLS, "0 rows are NULL, and 12 of the"),
        ("UPDATE people SET code = 'newx77' WHERE id % 50 < 2", "code", PromiseCode.MERGED, "1 values of the copy stand for several"),
        (
            "DROP INDEX people_email; UPDATE people SET email = 'NEW3@new-mail.net' WHERE id = 5", "people_email", PromiseCode.DUPLICATES,
            '2 rows share 1 values that "people_email" of the source keeps unique',
        ),
    ],
)  # fmt: skip
def test_a_broken_promise_is_named_and_no_leak(postgres: RunningPostgres, change: str, column: str, code: PromiseCode, said: str) -> None:
    found = _check(postgres, f"{_CLEAN}; {change}")
    assert [(item.column, item.code) for item in found.promises] == [(column, code)]
    assert said in found.promises[0].text
    assert (found.verdict, found.complete, found.leaks) == (Verdict.BROKEN, True, 0)


def test_a_literal_in_an_index_of_the_source_is_in_no_report(postgres: RunningPostgres) -> None:
    index = "CREATE UNIQUE INDEX vips ON people ((CASE WHEN email = 'Wachtveitl' THEN '0' ELSE email END));"
    twice = "DROP INDEX people_email; UPDATE people SET email = 'new3@new-mail.net' WHERE id = 5"
    with postgres.database(_TABLES + index + _ROWS.format("old", 0)) as source, postgres.database(_CLEAN + twice) as copy:
        sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
        found = check_copy(sides, _spec(), naming=b"a secret of the tests", on_progress=lambda *_: None)
    assert [item.column for item in found.promises if item.code is PromiseCode.DUPLICATES] == ["people_email", "vips"]
    assert "wachtveitl" not in str(found).lower()


def test_a_leak_is_worse_than_a_broken_promise(postgres: RunningPostgres) -> None:
    changes = "UPDATE people SET phone = NULL WHERE id = 5; UPDATE people SET email = 'old3@old-mail.net' WHERE id = 3"
    found = _check(postgres, _CLEAN + changes)
    assert found.verdict is Verdict.LEAK
    assert [item.code for item in found.promises] == [PromiseCode.NULLS]
    assert "tel" not in str(dataclasses.asdict(found)["promises"])
