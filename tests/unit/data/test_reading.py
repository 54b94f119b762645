"""data/<database>.yaml: what it says is read, and everything that is wrong is told with its place."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from liftlock.adapters.config_files.data_file import read_data
from liftlock.adapters.config_files.schema import json_schema
from liftlock.core.config.reading import read_document
from liftlock.core.config.tree import to_plain
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.spec.model import DataSpec, Kind, Rows, Rule, SubsetRoot

CUSTOMERS = TableName("public", "customers")
WHOLE = """\
version: 1
key: env:DATA_KEY
locale: de_CH
k: 5
overlap: 0.02
tables:
  public.customers:
    subject: id
    quasi-identifiers: [city, born]
    columns:
      id: {kind: identifier, rule: keep}
      city: {kind: city, rule: keep, reason: "shown to everybody"} # a comment
      born: {kind: birth-date, rule: generalise, options: {to: 007}}
      notes: unclassified
      more:
      profile:
        kind: document
        paths:
          $.email: {kind: email, rule: pseudonym, domain: login}
          $.odd: unclassified
  '"odd.schema".log': {rows: none}
references:
  - {name: likes, table: public.likes, columns: [what], target: public.posts, target-columns: [id], when: {kind: 1.10}}
subset: {roots: [{table: customers, percent: 5}], children: {public.events: 3}, whole: [public.countries]}
sizes: {tiny: {rows: 1000}, production: {share: 1, tables: {public.events: 10}}}
accepted:
  - {problem: "kept-sensitive:public.customers.city", reason: "it is on the website"}
canaries: [canary-5d7e@canary.invalid]
"""


def read(text: str) -> DataSpec:
    spec, problems = read_data(text.encode(), "shop", "data/shop.yaml")
    assert spec is not None, problems
    return spec


def mistakes(text: str) -> list[str]:
    spec, problems = read_data(text.encode(), "shop", "data/shop.yaml")
    assert spec is None
    return [str(problem).removeprefix("data/shop.yaml").removeprefix(":") for problem in sorted(problems)]


def column(text: str) -> str:
    return f"key: env:K\ntables:\n  t:\n    columns:\n      c: {text}\n"


def test_everything_that_a_file_says_is_read() -> None:
    spec = read(WHOLE)
    table = spec.tables[CUSTOMERS]
    assert (spec.key, spec.locale, spec.k, spec.overlap, spec.file) == ("env:DATA_KEY", "de_CH", 5, 0.02, "data/shop.yaml")
    assert (table.subject, table.quasi_identifiers, table.line) == ("id", ("city", "born"), 7)
    assert [column.value.kind for column in table.columns.values()] == [Kind.IDENTIFIER, Kind.CITY, Kind.BIRTH_DATE, Kind.DOCUMENT]
    assert table.columns["city"].value.reason == "shown to everybody"
    assert table.columns["profile"].paths["$.email"].pseudonym_domain == "login"
    assert spec.tables[TableName("odd.schema", "log")].rows is Rows.NONE
    assert spec.subset is not None
    assert spec.subset.roots == (SubsetRoot(CUSTOMERS, percent=5, line=24),)
    assert spec.accepted[0].line == 27
    assert spec.canaries == ("canary-5d7e@canary.invalid",)


def test_what_nobody_decided_is_no_classification_and_keeps_its_line() -> None:
    table = read(WHOLE).tables[CUSTOMERS]
    assert table.undecided == {"notes": 14, "more": 15}
    assert table.columns["profile"].undecided == {"$.odd": 20}
    assert read(WHOLE).value(CUSTOMERS, "notes") is None


def test_options_and_conditions_are_text_as_it_is_written() -> None:
    spec = read(WHOLE)
    assert spec.tables[CUSTOMERS].columns["born"].value.options == {"to": "007"}
    assert spec.references[0].when == (("kind", "1.10"),)


def test_a_document_whose_paths_are_classified_needs_no_rule() -> None:
    assert read(WHOLE).tables[CUSTOMERS].columns["profile"].value.rule is Rule.KEEP


def test_an_empty_file_classifies_nothing() -> None:
    assert read("# nothing yet\n").tables == {}


def test_the_published_schema_takes_what_the_reader_takes() -> None:
    validator = Draft202012Validator(json_schema("data"))
    plain = to_plain(read_document(WHOLE.replace("007", '"007"').replace("1.10", '"1.10"'), "data/shop.yaml").root)  # type: ignore[arg-type]
    assert [error.message for error in validator.iter_errors(plain)] == []
    assert [error.message for error in validator.iter_errors({"tables": {"public.t": {"columns": {"c": {"kind": "emal"}}}}})]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tabels: {}\n", '1:1 tabels: unknown key "tabels"; did you mean "tables"?'),
        ("tables: {a..b: {}}\n", "1:10 tables.a..b: a table is SCHEMA.NAME;"),
        ("tables: {t: {}, public.t: {}}\n", '1:17 tables.public.t: this is the table "t" of above; keep one of the two'),
        ("canaries: [short]\n", "1:12 canaries[0]:"),
        (column("{kind: emal, rule: keep}"), '5:17 tables.t.columns.c.kind: unknown kind "emal"; did you mean "email"?'),
        (
            column("{kind: email, rule: pseudonymise}"),
            '5:30 tables.t.columns.c.rule: unknown rule "pseudonymise"; did you mean "pseudonym"?',
        ),
        (column("{kind: email, rul: keep}"), '5:24 tables.t.columns.c.rul: unknown key "rul"; did you mean "rule"?'),
        (column("{kind: email}"), "5:7 tables.t.columns.c: rule is missing"),
        (column("{kind: gender, rule: pseudonym}"), "5:31 tables.t.columns.c.rule: rule pseudonym does not fit gender (so few values"),
        (
            column("{kind: reference, rule: synthetic}"),
            "5:34 tables.t.columns.c.rule: rule synthetic does not fit reference (it must go on",
        ),
        (column("{kind: flag, rule: constant}"), "5:10 tables.t.columns.c: rule constant needs the value"),
        (column("{kind: flag, rule: keep, domain: d}"), "5:43 tables.t.columns.c.domain: a domain is the map of pseudonyms"),
        (
            column("{kind: flag, rule: keep, options: {a: 1}}"),
            '5:48 tables.t.columns.c.options.a: rule keep has no option "a"; it takes none',
        ),
        (column("{kind: email, rule: keep, paths: {$.a: unclassified}}"), "5:43 tables.t.columns.c.paths: only a document has paths"),
        (column("{kind: document, paths: {a: {kind: flag, rule: keep}}}"), "5:38 tables.t.columns.c.paths.a: a path is $.key.key"),
        (column("{kind: email, rule: pseudonym}").replace("key: env:K\n", ""), "4:30 tables.t.columns.c.rule: rule pseudonym needs a key"),
        ("tables: {t: {quasi-identifiers: [c]}}\n", '1:34 tables.t.quasi-identifiers[0]: the table has no classified column "c"'),
        ("sizes: {s: {rows: 1, share: 1}}\n", "1:12 sizes.s: say rows or share, not both"),
        ("subset: {roots: [{table: t}]}\n", "1:18 subset.roots[0]: say percent or where, one of them"),
        ("key: 0f1e2d\n", "1:6 key: a secret is never written here; say where it is found: env:NAME or file:PATH"),
        ("k: five\n", "1:4 k: this is a whole number, without quotes"),
        ("- a\n", "1:1 the file is a mapping of key: value lines"),
    ],
)
def test_each_mistake_is_told_with_its_place_and_what_to_do(text: str, expected: str) -> None:
    found = mistakes(text)
    assert len(found) == 1, found
    assert found[0].startswith(expected)


def test_all_mistakes_are_told_together() -> None:
    text = column("{kind: emal, rule: keep}") + "      d: {kind: email, rule: kep}\nk: 0\n"
    assert len(mistakes(text)) == 3
