"""The plan that people review: every column with its privacy, every problem with an id that stays, acceptances with reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Catalog, Column, ColumnType, Index, IndexPart, Table, TableKind, TableName
from liftlock_datagen.classify.propose import propose
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.review.build import review
from liftlock_datagen.review.markdown import markdown
from liftlock_datagen.review.model import DataPlan
from liftlock_datagen.spec.model import AcceptedProblem, ColumnSpec, DataSpec, Kind, Privacy, Rows, Rule, TableSpec, ValueSpec

T = TableName("public", "people")
TEXT = ColumnType("text")
CATALOG = Catalog(
    (
        Table(
            T,
            (
                Column("id", ColumnType("int8"), nullable=False),
                Column("email", TEXT),
                Column("town", TEXT),
                Column("doc", ColumnType("jsonb")),
            ),
            (Index("pk", (IndexPart("id", "id"),), True, True, ""),),
        ),
    )
)


def value(kind: Kind, rule: Rule, line: int = 7, reason: str = "") -> ColumnSpec:
    return ColumnSpec(ValueSpec(kind, rule, line=line, reason=reason))


DOCUMENT = ColumnSpec(
    ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.mail": ValueSpec(Kind.EMAIL, Rule.PSEUDONYM), "$.n.*": ValueSpec(Kind.NUMBER, Rule.KEEP)}
)
COLUMNS = {
    "id": value(Kind.IDENTIFIER, Rule.KEEP),
    "email": value(Kind.EMAIL, Rule.PSEUDONYM),
    "town": value(Kind.CITY, Rule.KEEP),
    "doc": DOCUMENT,
}
SPEC = DataSpec("shop", {T: TableSpec(T, COLUMNS, line=3)}, key="env:K", file="data/shop.yaml")


def plan(spec: DataSpec, catalog: Catalog = CATALOG, **seen: set[str]) -> DataPlan:
    return review(catalog, spec, propose(catalog), {(T, column): paths for column, paths in seen.items()})


def with_column(name: str, column: ColumnSpec) -> DataSpec:
    return replace(SPEC, tables={T: replace(SPEC.tables[T], columns={**COLUMNS, name: column})})


def without_column(name: str) -> DataSpec:
    left = {column: spec for column, spec in COLUMNS.items() if column != name}
    return replace(SPEC, tables={T: replace(SPEC.tables[T], columns=left, undecided={name: 9})})


def ids(found: DataPlan) -> list[str]:
    return [item.id for item in (*found.errors, *found.warnings)]


def test_every_column_and_path_has_its_line_and_its_class_of_privacy() -> None:
    found = plan(SPEC)
    lines = {(line.column, line.path): line for line in found.tables[0].lines}
    assert lines["email", ""].privacy is Privacy.PSEUDONYMISED
    assert lines["email", ""].domain == "email"
    assert lines["email", ""].why == "its name says email"
    assert plan(with_column("town", value(Kind.CATEGORY, Rule.KEEP))).tables[0].lines[2].why == "data/shop.yaml:7"
    assert lines["doc", "$.mail"].privacy is Privacy.PSEUDONYMISED
    assert found.counts == {Privacy.KEPT: 3, Privacy.PSEUDONYMISED: 2, Privacy.ANONYMISED: 0, Privacy.SYNTHETIC: 0}
    assert ids(found) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (replace(SPEC, tables={}), "unclassified-table:public.people"),
        (without_column("town"), "unclassified-column:public.people.town"),
        (with_column("email", value(Kind.EMAIL, Rule.KEEP)), "kept-sensitive:public.people.email"),
        (with_column("gone", value(Kind.FLAG, Rule.KEEP)), "not-in-database:public.people.gone"),
        (replace(SPEC, tables={**SPEC.tables, TableName("s", "t"): TableSpec(TableName("s", "t"), {})}), "not-in-database:s.t"),
        (replace(SPEC, tables={T: replace(SPEC.tables[T], quasi_identifiers=("town",))}), "ungated-quasi-identifiers:public.people"),
        (with_column("doc", replace(DOCUMENT, undecided={"$.x": 12})), "unclassified-path:public.people.doc $.x"),
        (replace(SPEC, accepted=(AcceptedProblem("kept-sensitive:a.b.c", "why", 20),)), "stale-acceptance:kept-sensitive:a.b.c"),
    ],
)
def test_each_problem_has_an_id_that_does_not_change(spec: DataSpec, expected: str) -> None:
    assert ids(plan(spec)) == [expected]


def test_what_is_unclassified_is_an_error_with_its_line_and_nobody_can_accept_it() -> None:
    accepted = AcceptedProblem("unclassified-column:public.people.town", "we hope for the best")
    found = plan(replace(without_column("town"), accepted=(accepted,)))
    assert [(item.problem.code, item.line) for item in found.errors] == [("unclassified-column", 9)]
    assert [item.problem.text for item in found.warnings] == ["nobody can accept what nobody classified"]


def test_the_copy_itself_refuses_what_the_plan_refuses() -> None:
    path = replace(DOCUMENT, undecided={"$.x": 12})
    for spec in (without_column("town"), with_column("doc", path), replace(SPEC, tables={})):
        found = plan(spec)
        accepting = replace(spec, accepted=tuple(AcceptedProblem(item.id, "hope") for item in found.errors))
        assert {problem.id for problem in plan_mask(CATALOG, accepting).problems} == {item.id for item in found.errors} != set()


def test_what_nobody_classified_stands_in_the_table_with_what_it_may_be() -> None:
    found = plan(without_column("town"))
    line = next(line for line in found.tables[0].lines if line.column == "town")
    assert (line.kind, line.privacy, line.what, line.why, line.line) == ("unclassified", None, "stops the copy", "it may be city", 9)
    assert [line.column for line in found.tables[0].lines if not line.path] == ["id", "email", "town", "doc"]
    assert "| town | **unclassified** | stops the copy |" in markdown(found)
    assert "| **unclassified** | 1 |" in markdown(found)
    assert found.unclassified == 1


def test_paths_that_nobody_classified_stand_in_the_table() -> None:
    found = plan(with_column("doc", replace(DOCUMENT, undecided={"$.x": 12})), doc={"$.mail", "$.new"})
    assert [(line.path, line.line) for line in found.tables[0].lines if line.privacy is None] == [("$.x", 12), ("$.new", 0)]
    assert "| doc $.new | **unclassified** |" in markdown(found)


def test_a_table_that_nobody_classified_is_shown_with_all_its_columns_and_not_as_kept() -> None:
    (table,) = plan(replace(SPEC, tables={})).tables
    assert [line.kind for line in table.lines] == ["unclassified"] * 4
    assert not table.untouched
    assert "no value changes" not in markdown(plan(replace(SPEC, tables={})))


def test_an_accepted_warning_is_told_with_its_reason_and_no_longer_counts() -> None:
    accepted = AcceptedProblem("kept-sensitive:public.people.email", "addresses of machines")
    found = plan(replace(with_column("email", value(Kind.EMAIL, Rule.KEEP)), accepted=(accepted,)))
    assert ids(found) == []
    assert [item.accepted for item in found.accepted] == ["addresses of machines"]
    assert "email is kept as it is; accepted: addresses of machines |" in markdown(found)


def test_paths_that_a_sample_shows_and_nobody_classified_stop_the_plan() -> None:
    assert ids(plan(SPEC, doc={"$.mail", "$.n.x", "$.new"})) == ["unclassified-path:public.people.doc $.new"]
    kept = with_column("doc", replace(DOCUMENT, paths={"$.all": ValueSpec(Kind.TECHNICAL, Rule.KEEP)}))
    assert ids(plan(kept, doc={"$.all.of.it", "$.all[*].too"})) == []


def test_a_table_without_rows_needs_no_classification() -> None:
    assert ids(plan(replace(SPEC, tables={T: TableSpec(T, {}, rows=Rows.NONE)}))) == []


def test_a_partition_is_what_its_partitioned_table_is() -> None:
    whole = replace(CATALOG.tables[0], kind=TableKind.PARTITIONED)
    part = replace(CATALOG.tables[0], name=TableName("public", "people_1"), partition_of=T)
    found = plan(SPEC, Catalog((whole, part)))
    assert ids(found) == []
    assert [table.table for table in found.tables] == ["public.people"]


def test_markdown_keeps_text_of_the_database_in_its_cell() -> None:
    odd = Catalog((replace(CATALOG.tables[0], columns=(*CATALOG.tables[0].columns, Column("a|b`<i>\n# x", TEXT))),))
    text = markdown(plan(with_column("a|b`<i>\n# x", value(Kind.FREE_TEXT, Rule.EMPTY)), odd))
    line = next(line for line in text.splitlines() if line.startswith("| a\\"))
    assert line.replace("\\|", "").count("|") == 7
    assert "<i>" not in text


def test_markdown_shows_the_id_of_a_problem_to_the_letter() -> None:
    """It is copied into the classification. Inside a code span nothing is markup, and nothing is unescaped but the bar of a table."""
    odd = Catalog((replace(CATALOG.tables[0], columns=(*CATALOG.tables[0].columns, Column("<b>&`x", TEXT))),))
    assert "| `` unclassified-column:public.people.<b>&`x `` |" in markdown(plan(SPEC, odd))


_VALUES = st.builds(ValueSpec, st.sampled_from(list(Kind)), st.sampled_from([Rule.KEEP, Rule.EMPTY, Rule.PSEUDONYM, Rule.SYNTHETIC]))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "email", "town", "doc", "other"]), st.builds(ColumnSpec, _VALUES)))
def test_every_column_is_in_the_plan_as_an_error_or_not_and_every_problem_has_one_id(columns: dict[str, ColumnSpec]) -> None:
    found = plan(replace(SPEC, tables={T: TableSpec(T, columns)}))
    undecided = {line.column for line in found.tables[0].lines if line.privacy is None}
    missing = {item.problem.column for item in found.errors if item.problem.code == "unclassified-column"}
    assert {line.column for line in found.tables[0].lines} == {"id", "email", "town", "doc"}
    assert undecided == missing
    assert len(set(ids(found))) == len(ids(found))
    assert markdown(found)
