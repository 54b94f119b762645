"""data/<database>.yaml as it is written: proposals as lines that people read, and a second run that keeps what they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.adapters.config_files.data_edit import GONE, apply_update
from liftlock.adapters.config_files.data_file import read_data
from liftlock.adapters.config_files.data_files import DataFiles
from liftlock.adapters.config_files.data_text import render_file
from liftlock.core.errors import ConfigError
from liftlock_datagen.catalog.model import Catalog, Column, ColumnType, Index, IndexPart, Table, TableName
from liftlock_datagen.classify.propose import Sample, propose
from liftlock_datagen.classify.update import SpecUpdate, plan_update
from liftlock_datagen.spec.model import DataSpec
from tests.config_repository import write

FILE = "data/shop.yaml"
CUSTOMERS = TableName("public", "customers")


def table(name: str, columns: Mapping[str, str], schema: str = "public") -> Table:
    key = Index("pk", (IndexPart("id", "id"),), True, True, "")
    made = tuple(Column(column, ColumnType(type), nullable=column != "id") for column, type in columns.items())
    return Table(TableName(schema, name), made, (key,) if "id" in columns else ())


def parsed(text: str) -> DataSpec:
    spec, problems = read_data(text.encode(), "shop", FILE)
    assert spec is not None, problems
    return spec


def first(catalog: Catalog, sample: Sample | None = None) -> str:
    return render_file("shop", plan_update(catalog, None, propose(catalog, sample)))


def again(text: str, catalog: Catalog, sample: Sample | None = None) -> str:
    return apply_update(text, FILE, plan_update(catalog, parsed(text), propose(catalog, sample)))


def joined(one: Catalog, other: Catalog) -> Catalog:
    """The tables of both, and of a table of both the columns of both."""
    tables = {table.name: table for table in one.tables}
    for table in other.tables:
        before = tables.get(table.name)
        names = {column.name for column in before.columns} if before else set()
        more = tuple(column for column in table.columns if column.name not in names)
        tables[table.name] = replace(before, columns=(*before.columns, *more)) if before else table
    return Catalog(tuple(tables.values()))


SHOP = Catalog((table("customers", {"id": "int8", "email": "text", "zzz": "text"}),))


def test_a_new_file_has_one_line_a_column_with_its_reason_behind() -> None:
    lines = first(SHOP).splitlines()
    at = lines.index("  public.customers:")
    assert lines[at + 1 :] == [
        "    subject: id",
        "    columns:",
        "      id: {kind: identifier, rule: keep}     # 0.95: it is the primary key, and no text",
        "      email: {kind: email, rule: pseudonym}  # 0.95: its name says email",
        "      zzz: unclassified                      # neither its name nor its type says what it holds",
    ]


def test_a_second_run_on_the_same_database_changes_nothing() -> None:
    text = first(SHOP)
    assert plan_update(SHOP, parsed(text), propose(SHOP)).empty
    assert again(text, SHOP) == text


def test_what_people_wrote_and_their_comments_stay_when_something_new_comes() -> None:
    text = (
        first(SHOP)
        .replace("zzz: unclassified", "zzz: {kind: flag, rule: keep, reason: 'we know'} # decided by Ada\n      #")
        .replace("k: 1", "k: 7")
    )
    more = Catalog(
        (table("customers", {"id": "int8", "email": "text", "zzz": "text", "phone": "text"}), table("odd.name", {"id": "int4"}, "s"))
    )
    result = again(text, more)
    assert [line for line in text.splitlines() if line not in result.splitlines()] == []
    spec = parsed(result)
    assert list(spec.tables[CUSTOMERS].columns) == ["id", "email", "zzz", "phone"]
    assert TableName("s", "odd.name") in spec.tables
    assert plan_update(more, spec, propose(more)).empty


def test_what_is_gone_is_marked_once_and_stays() -> None:
    less = Catalog((table("customers", {"id": "int8", "email": "text"}),))
    once = again(first(SHOP), less)
    assert once.count(GONE) == 1
    assert next(line for line in once.splitlines() if GONE in line).strip().startswith("zzz: unclassified")
    assert again(once, less) == once
    assert parsed(again(first(SHOP), Catalog(()))).tables.keys() == {CUSTOMERS}


def test_a_mark_goes_behind_what_stands_on_the_line() -> None:
    base = "key: env:K\ntables:\n  customers:\n    columns:\n"
    gone = {
        '      x: {kind: flag, rule: keep, reason: "see #12"}\n': f'      x: {{kind: flag, rule: keep, reason: "see #12"}}  # {GONE}\n',
        "      x: {kind: flag, rule: keep} # Ada\n": f"      x: {{kind: flag, rule: keep}} # Ada; {GONE}\n",
        "      x:\n        kind: flag\n        rule: keep\n": f"      x:  # {GONE}\n        kind: flag\n        rule: keep\n",
    }
    catalog = Catalog((table("customers", {}),))
    for before, after in gone.items():
        assert again(base + before, catalog) == base + after


def test_mappings_in_braces_and_missing_ones_are_filled_in_place() -> None:
    text = "tables: {customers: {columns: {id: {kind: identifier, rule: keep}}}}\nkey: env:K\n"
    assert list(parsed(again(text, SHOP)).tables[CUSTOMERS].columns) == ["id", "email"]
    text = "key: env:K\ntables:\n  customers:\n    rows: all # as always\nk: 2\n"
    assert list(parsed(again(text, SHOP)).tables[CUSTOMERS].columns) == ["id", "email"]
    for text in ("key: env:K", "key: env:K\ntables: {}\n", "key: env:K\ntables:\n", "key: env:K\ntables:\nk: 2\n"):
        assert list(parsed(again(text, SHOP)).tables[CUSTOMERS].columns) == ["id", "email"]


def test_a_table_without_rows_asks_for_no_columns() -> None:
    text = "tables:\n  customers: {rows: none}\n"
    assert again(text, SHOP) == text


PROFILES = Catalog((table("profiles", {"data": "jsonb", "other": "jsonb"}),))
FILLED: Sample = {PROFILES.tables[0].name: {"data": ['{"email": "a@b.example", "scores": {"q": 1}}'] * 5, "other": []}}


def test_an_empty_database_is_no_dead_end_rows_that_come_later_show_the_paths() -> None:
    text = first(PROFILES).replace("k: 1", "k: 7")
    assert "data: unclassified " in text
    result = again(text, PROFILES, FILLED)
    assert parsed(result).tables[PROFILES.tables[0].name].columns["data"].paths.keys() == {"$.email"}
    at = result.splitlines().index("      data:")
    assert [line.split("  # ")[0].rstrip() for line in result.splitlines()[at + 1 : at + 6]] == [
        "        kind: document",
        "        paths:",
        '          "$.email": {kind: email, rule: pseudonym}',
        '          "$.scores.q": unclassified',
        "      other: unclassified",
    ]
    assert "k: 7" in result
    assert again(result, PROFILES, FILLED) == result
    assert again(result, PROFILES) == result, "what was seen once is not forgotten"


def test_what_a_person_wrote_behind_an_undecided_document_stays() -> None:
    for owner in ("profiles:\n    columns:\n      data: unclassified # ask Ada\n", "profiles: {columns: {data: unclassified}} # ask Ada\n"):
        result = again(f"key: env:K\ntables:\n  {owner}", PROFILES, FILLED)
        assert "# ask Ada" in result
        assert list(parsed(result).tables[PROFILES.tables[0].name].columns["data"].paths) == ["$.email"]


def test_a_document_that_somebody_decided_as_a_whole_stays() -> None:
    text = "tables:\n  profiles:\n    columns:\n      data: {kind: document, rule: empty}\n      other: unclassified\n"
    assert again(text, PROFILES, FILLED) == text


def test_new_paths_of_documents_are_added_and_known_ones_are_not() -> None:
    catalog = Catalog((table("profiles", {"data": "jsonb"}),))
    name = catalog.tables[0].name
    text = first(catalog, {name: {"data": ['{"email": "a@b.example", "zz": {"q": 1}}'] * 5}})
    assert '"$.email": {kind: email, rule: pseudonym}' in text
    more: Sample = {name: {"data": ['{"email": "a@b.example", "zz": {"q": 1}, "phone": "+41 44 668 18 00"}'] * 5}}
    result = again(text, catalog, more)
    assert set(parsed(result).tables[name].columns["data"].paths) >= {"$.email", "$.phone"}
    assert again(result, catalog, more) == result
    wide = text.replace('"$.zz.q"', '"$.zz.*"')
    assert plan_update(
        catalog, parsed(wide), propose(catalog, {name: {"data": ['{"email": "a@b.example", "zz": {"other": 1}}'] * 5}})
    ).empty


def test_windows_line_endings_stay() -> None:
    text = first(SHOP).replace("\n", "\r\n")
    result = again(text, Catalog((table("customers", {"id": "int8", "email": "text", "zzz": "text", "fax": "text"}),)))
    assert result.count("\n") == result.count("\r\n")


def test_the_files_are_written_whole(tmp_path: Path) -> None:
    files = DataFiles(tmp_path)
    update = plan_update(SHOP, None, propose(SHOP))
    files.write("shop", files.updated("shop", update))
    assert files.read("shop") is not None
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["shop.yaml"]
    assert files.updated("shop", SpecUpdate()) == (tmp_path / "data" / "shop.yaml").read_text(encoding="utf-8")


def test_a_file_that_only_a_person_takes_for_the_databases_is_told_of(tmp_path: Path) -> None:
    write(tmp_path, {"data/Shop.yaml": "version: 1\ntables: {}\n"})
    files = DataFiles(tmp_path)
    with pytest.raises(ConfigError, match=r"^data/Shop\.yaml the name is not that of database shop, .*rename it to shop\.yaml") as raised:
        files.read("shop")
    assert raised.value.hint == "if it is of another database and holds here too: --spec Shop"
    assert files.read("Shop") is not None
    assert files.read("other") is None


_NAME = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=12),
    st.sampled_from(
        ["email", "true", "null", "007", "a: b", "x#y", "{", "-", "*", "&a", "unclassified", "Größe", 'say "hi"', "on", "1.5", "~"]
    ),
)
_CATALOG = st.dictionaries(
    st.tuples(st.sampled_from(["public", "odd.schema", 'q"q']), _NAME),
    st.dictionaries(_NAME, st.sampled_from(["text", "int4", "jsonb", "bool", "date"]), max_size=5),
    max_size=4,
).map(lambda tables: Catalog(tuple(table(name, columns, schema) for (schema, name), columns in tables.items())))


@settings(max_examples=40, deadline=None)
@given(_CATALOG, _CATALOG)
def test_whatever_is_proposed_is_read_back_the_same_and_a_second_run_adds_just_what_is_new(one: Catalog, other: Catalog) -> None:
    text = first(one)
    spec = parsed(text)
    proposal = propose(one)
    assert {name: {**found.columns, **found.undecided}.keys() for name, found in spec.tables.items()} == {
        name: found.columns.keys() for name, found in proposal.tables.items()
    }
    for name, found in proposal.tables.items():
        for column, proposed in found.columns.items():
            read = spec.tables[name].columns.get(column)
            assert (read and (read.value.kind, read.value.rule, read.value.options)) == (
                proposed.spec and (proposed.spec.value.kind, proposed.spec.value.rule, proposed.spec.value.options)
            )
    both = joined(one, other)
    assert plan_update(both, parsed(again(text, both)), propose(both)).empty
