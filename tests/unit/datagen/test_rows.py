"""Planned rows obey their keys by construction, whatever the schema; the same plan gives the same bytes, however it is cut."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Catalog, Check, Column, ForeignKey, Index, Table, TableName
from liftlock_datagen.errors import PlanError, ProblemCode
from liftlock_datagen.synthesis.plan_data import LoadPlan
from tests.unit.datagen.catalogs import column, key, plan, refers, rows_of, shop, table, text_of, unique, values_of

SHOP = shop()
NAMES = [found.name.name for found in SHOP]
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_keys_hold(planned: LoadPlan, tables: tuple[Table, ...]) -> None:
    """Every unique index, NOT NULL and foreign key, checked on the text that would be loaded."""
    texts = {found.name: rows_of(planned, found.name.name) for found in tables}
    for found in tables:
        names = [chosen.name for chosen in planned.table(found.name).columns]
        for index in (index for index in found.indexes if index.unique):
            seen = _tuples(texts[found.name], names, [part.column or "" for part in index.parts])
            assert len(set(seen)) == len(seen), f"{found.name} {index.name}"
        for needed in (chosen.name for chosen in found.columns if not chosen.nullable):
            assert all(row[names.index(needed)] is not None for row in texts[found.name]), f"{found.name}.{needed}"
        for link in found.foreign_keys:
            parents = [chosen.name for chosen in planned.table(link.target).columns]
            known = set(_tuples(texts[link.target], parents, list(link.target_columns)))
            assert set(_tuples(texts[found.name], names, list(link.columns))) <= known, f"{found.name} {link.name}"


def _tuples(rows: list[tuple[str | None, ...]], names: list[str], wanted: list[str]) -> list[tuple[str | None, ...]]:
    """The wanted columns of the rows in which none of them is NULL."""
    places = [names.index(name) for name in wanted]
    found = [tuple(row[place] for place in places) for row in rows]
    return [values for values in found if None not in values]


@pytest.mark.parametrize("rows", [1, 30, 2000])
@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_a_shop_is_valid_for_any_seed_and_size(rows: int, seed: int) -> None:
    planned = plan(*SHOP, rows=rows, seed=seed)
    assert planned.total_rows >= rows
    assert_keys_hold(planned, SHOP)


@SLOW
@given(st.integers(0, 2**32), st.integers(1, 97), st.sampled_from(NAMES))
def test_the_same_seed_gives_the_same_bytes_for_any_block_size(seed: int, block: int, name: str) -> None:
    planned = plan(*SHOP, seed=seed)
    assert text_of(planned, name, block=block) == text_of(plan(*SHOP, seed=seed), name)


def test_the_bytes_are_those_of_every_earlier_version() -> None:
    planned = plan(*SHOP, rows=1000, seed=1)
    whole = b"".join(text_of(planned, name) for name in NAMES)
    assert (
        hashlib.blake2b(whole, digest_size=8).hexdigest() == "5061fcf059a9c8a0"
    )  # changes only with the vocabularies, or a version that says so


@SLOW
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_another_seed_gives_other_rows(one: int, other: int) -> None:
    assume(one != other)
    first, second = plan(*SHOP, seed=one), plan(*SHOP, seed=other)
    assert all(text_of(first, name) != text_of(second, name) for name in NAMES)


def test_tables_in_another_order_give_the_same_bytes() -> None:
    forwards, backwards = plan(*SHOP), plan(*reversed(SHOP))
    assert all(text_of(forwards, name) == text_of(backwards, name) for name in NAMES)


@pytest.mark.parametrize(
    "added",
    [column("email"), column("created_at", "timestamptz"), column("total", "numeric"), column("tag", nullable=True), column("name")],
)
def test_an_added_column_changes_no_other(added: Column) -> None:
    before = plan(*SHOP)
    wider = tuple(
        replace(found, columns=(added, *found.columns)) if added.name not in {c.name for c in found.columns} else found for found in SHOP
    )
    after = plan(*wider)
    for found in SHOP:
        for kept in found.columns:
            assert values_of(after, found.name.name, kept.name) == values_of(before, found.name.name, kept.name), (
                f"{found.name}.{kept.name}"
            )


TYPES = ["int2", "int4", "int8", "uuid", "text", "varchar", "date", "timestamptz", "numeric", "bool", "inet"]


@st.composite
def schemas(draw: st.DrawFn) -> tuple[Table, ...]:
    """Up to four tables with random keys; foreign keys in any direction, cycles and self-references included."""
    names = ["alpha", "beta", "gamma", "delta"][: draw(st.integers(1, 4))]
    tables = []
    for name in names:
        columns: list[Column] = [column("id", draw(st.sampled_from(["int4", "int8", "uuid", "text"])))]
        links: list[ForeignKey] = []
        for number in range(draw(st.integers(0, 3))):
            kind, length = draw(st.sampled_from(TYPES)), draw(st.integers(3, 40))
            columns.append(column(f"value{number}", kind, length=length if kind == "varchar" else None, nullable=draw(st.booleans())))
        for target in draw(st.lists(st.sampled_from(names), max_size=2)):
            link = f"to_{target}_{len(links)}"
            columns.append(column(link, "int8", nullable=draw(st.booleans())))
            links.append(refers(link, target))
        keys = draw(
            st.lists(st.lists(st.sampled_from([c.name for c in columns[1:]] or ["id"]), min_size=1, max_size=3, unique=True), max_size=2)
        )
        indexes: list[Index] = [unique("id", primary=True), *(unique(*names) for names in keys)]
        tables.append(table(name, *columns, *links, *indexes))
    return tuple(tables)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(schemas(), st.integers(1, 400), st.integers(0, 2**32))
def test_any_schema_that_can_be_planned_has_valid_rows(tables: tuple[Table, ...], rows: int, seed: int) -> None:
    try:
        planned = plan(*tables, rows=rows, seed=seed)
    except PlanError as refused:
        codes = {problem.code for problem in refused.problems}
        assert codes <= {ProblemCode.UNPLANNABLE_UNIQUE, ProblemCode.UNIQUE_DOMAIN_TOO_SMALL}
        return
    assert planned.total_rows >= rows
    assert_keys_hold(planned, tables)


@SLOW
@given(
    st.integers(1, 60),
    st.integers(1, 200),
    st.sampled_from(["code", "name", "email", "slug", "sku", "phone", "whatever"]),
    st.integers(0, 9),
)
def test_short_unique_texts_differ_and_fit_or_are_refused(length: int, rows: int, name: str, seed: int) -> None:
    found = table("things", column(name, "varchar", length=length), unique(name))
    try:
        planned = plan(found, rows=rows, seed=seed)
    except PlanError as refused:
        assert {problem.code for problem in refused.problems} == {ProblemCode.UNIQUE_DOMAIN_TOO_SMALL}
        assert rows > 32**length
        return
    values = values_of(planned, "things", name)
    assert len(set(values)) == len(values)
    assert all(value is not None and len(value) <= length for value in values)


def test_composite_foreign_keys_take_whole_parents() -> None:
    parent = table("region", column("country"), column("code"), unique("country", "code", primary=True))
    child = table("depot", *key(), column("c", nullable=True), column("r", nullable=True), refers("c r", "region", "country code"))
    planned = plan(parent, child)
    assert_keys_hold(planned, (parent, child))
    assert {(row[1] is None) is (row[2] is None) for row in rows_of(planned, "depot")} == {True}


def test_a_partial_unique_index_marks_one_row_of_each_parent() -> None:
    flagged = table(
        "addresses", *key(), column("customer_id", "int8"), column("is_default", "bool"), refers("customer_id", "customers"),
        unique("customer_id", where="is_default"),
    )  # fmt: skip
    planned = plan(table("customers", *key()), flagged, rows=900)
    chosen = [row[1] for row in rows_of(planned, "addresses") if row[2] == "true"]
    assert len(chosen) == len(set(chosen)) == len({row[1] for row in rows_of(planned, "addresses")})
    assert planned.table(TableName("public", "addresses")).rows > planned.table(TableName("public", "customers")).rows


def test_few_parents_have_many_children() -> None:
    planned = plan(
        table("customers", *key()), table("orders", *key(), column("customer_id", "int8"), refers("customer_id", "customers")), rows=9000
    )
    values = values_of(planned, "orders", "customer_id")
    counts = sorted((values.count(value) for value in set(values)), reverse=True)
    assert sum(counts[: len(counts) // 10]) > len(values) // 4


def test_rows_whose_keys_are_each_others_keys_are_equally_many() -> None:
    one = table("one", column("id", "int8"), unique("id", primary=True), refers("id", "two"))
    two = table("two", column("id", "int8"), unique("id", primary=True), refers("id", "one"))
    planned = plan(one, two)
    assert planned.table(one.name).rows == planned.table(two.name).rows
    assert_keys_hold(planned, (one, two))


def _tenants() -> tuple[Table, ...]:
    tenant = table("tenant", *key())
    inner = (column("tenant_id", "int8"), *key(), refers("tenant_id", "tenant"), unique("tenant_id", "id"))
    tree = table("project", *inner, column("up_id", "int8", nullable=True), refers("tenant_id up_id", "project", "tenant_id id"))
    task = table(
        "task", *inner, column("project_id", "int8"), column("owner_id", "int8"), column("reviewer_id", "int8", nullable=True),
        refers("tenant_id project_id", "project", "tenant_id id"), refers("tenant_id owner_id", "person", "tenant_id id"),
        refers("tenant_id reviewer_id", "person", "tenant_id id"),
    )  # fmt: skip
    member = table(
        "member", column("tenant_id", "int8"), column("project_id", "int8"), column("person_id", "int8"),
        refers("tenant_id project_id", "project", "tenant_id id"), refers("tenant_id person_id", "person", "tenant_id id"),
        unique("tenant_id", "project_id", "person_id", primary=True),
    )  # fmt: skip
    return tenant, tree, table("person", *inner), task, member


@SLOW
@given(st.integers(5, 900), st.integers(0, 2**32))
def test_foreign_keys_that_share_a_tenant_refer_to_rows_of_that_tenant(rows: int, seed: int) -> None:
    tables = _tenants()
    assert_keys_hold(plan(*tables, rows=rows, seed=seed), tables)


@SLOW
@given(st.integers(1, 97))
def test_rows_that_agree_are_the_same_for_any_block_size(block: int) -> None:
    planned = plan(*_tenants(), rows=400)
    for name in ("task", "member"):
        assert text_of(planned, name, block=block) == text_of(planned, name)


def test_a_foreign_key_whose_columns_others_fill_is_named() -> None:
    tenant, project, person, *_ = _tenants()
    clashing = table(
        "both", *key(), column("tenant_id", "int8"), column("a", "int8"), column("b", "int8"),
        refers("tenant_id a", "project", "tenant_id id"), refers("b", "person"), refers("a b", "link", "x y"),
    )  # fmt: skip
    link = table("link", column("x", "int8"), column("y", "int8"), unique("x", "y", primary=True))
    with pytest.raises(PlanError, match=r"public\.both\.[ab] \[overlapping-foreign-keys\]"):
        plan(tenant, project, person, link, clashing)


@SLOW
@given(st.integers(2, 300), st.integers(0, 2**32))
def test_two_references_that_must_differ_do(rows: int, seed: int) -> None:
    account = table("account", *key())
    moved = table(
        "transfer", column("a", "int8"), column("b", "int8"), refers("a", "account"), refers("b", "account"), Check("other", "(a <> b)"),
        unique("a", "b"),
    )  # fmt: skip
    planned = plan(account, moved, rows=rows, seed=seed)
    assert_keys_hold(planned, (account, moved))
    assert all(one != other for one, other in zip(values_of(planned, "transfer", "a"), values_of(planned, "transfer", "b"), strict=True))


def test_a_catalog_without_tables_needs_no_rows() -> None:
    assert plan(rows=10).tables == ()


def test_the_digest_of_a_catalog_depends_on_content_not_on_order() -> None:
    assert Catalog(SHOP).digest == Catalog(SHOP[::-1]).digest != Catalog(SHOP[1:]).digest
