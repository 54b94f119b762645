"""CHECK constraints, as PostgreSQL prints them, become demands; rows meet them; anything else is refused by name."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Check, Column, ColumnType, TypeKind
from liftlock_datagen.errors import PlanError
from liftlock_datagen.synthesis.check_demands import demands_of
from liftlock_datagen.synthesis.demands import (
    Among,
    Bound,
    CaseKept,
    Demand,
    Different,
    JsonShape,
    LengthBound,
    Matching,
    Ordered,
    Presence,
)
from liftlock_datagen.synthesis.expressions import UnreadableExpressionError
from liftlock_datagen.synthesis.patterns import read_pattern
from liftlock_datagen.synthesis.read_expressions import read_expression
from tests.unit.datagen.catalogs import column, key, plan, refers, table, unique, values_of

READ: list[tuple[str, tuple[Demand, ...]]] = [
    ("(price > (0)::numeric)", (Bound("price", "0", lower=True, strict=True),)),
    ("(a >= '-5'::integer)", (Bound("a", "-5", lower=True, strict=False),)),
    ("((0)::numeric <= price)", (Bound("price", "0", lower=True, strict=False),)),
    ("((n >= 1) AND (n <= 5))", (Bound("n", "1", lower=True, strict=False), Bound("n", "5", lower=False, strict=False))),
    ("(status = ANY (ARRAY['new'::text, 'it''s'::text]))", (Among("status", ("new", "it's")),)),
    ("((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", (Among("kind", ("a", "b")),)),
    ("((kind)::text = ANY ('{a,b}'::text[]))", (Among("kind", ("a", "b")),)),
    ("(kind <> ALL (ARRAY['a'::text]))", (Among("kind", ("a",), negated=True),)),
    ("((length(code) >= 3) AND (char_length((code)::text) <= 8))", (LengthBound("code", 3, None), LengthBound("code", 0, 8))),
    ("(length(btrim(name)) > 0)", (LengthBound("name", 1, None),)),
    ("(btrim(name) <> ''::text)", (LengthBound("name", 1, None),)),
    ("(name <> ''::text)", (Among("name", ("",), negated=True),)),
    ("(starts_at <= ends_at)", (Ordered("starts_at", "ends_at", strict=False),)),
    ('("from" > "To Day")', (Ordered("To Day", "from", strict=True),)),
    ("((ends IS NULL) OR (ends > starts))", (Ordered("starts", "ends", strict=True),)),
    ("(parent_id <> id)", (Different("parent_id", "id"),)),
    ("((a IS NOT NULL) OR (b IS NOT NULL))", (Presence("a", absent=False),)),
    ("((a IS NULL) = (b IS NULL))", (Presence("a", absent=False), Presence("b", absent=False))),
    ("(((state)::text <> 'sent'::text) OR (sent_at IS NOT NULL))", (Presence("sent_at", absent=False),)),
    ("(email = lower(email))", (CaseKept("email", "lower"),)),
    ("(upper(code) = code)", (CaseKept("code", "upper"),)),
    ("(code ~ '^[A-Z]{2}$'::text)", (Matching("code", "^[A-Z]{2}$", ignore_case=False, negated=False),)),
    ("(email ~~ '%_@_%'::text)", (Matching("email", "^.*.@..*$", ignore_case=False, negated=False),)),
    ("(jsonb_typeof(data) = 'object'::text)", (JsonShape("data", "object"),)),
    ("(born < CURRENT_DATE)", (Bound("born", "now", lower=False, strict=True),)),
    ("(at > '2020-01-01 00:00:00+00'::timestamp with time zone)", (Bound("at", "2020-01-01 00:00:00+00", lower=True, strict=True),)),
    ("(NOT (a < 3))", (Bound("a", "3", lower=True, strict=False),)),
    ("(active)", (Among("active", ("true",)),)),
    ("(NOT active)", (Among("active", ("false",)),)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_read(text: str, expected: tuple[Demand, ...]) -> None:
    assert demands_of(read_expression(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "(total = (net + tax))",
        "(EXTRACT(year FROM at) > (2000)::numeric)",
        "CASE WHEN a THEN b ELSE c END",
        "is_valid(code)",
        "(a = ANY (ARRAY[b, c]))",
        "(num_nonnulls(a, b) = 1)",
        "((data ->> 'kind'::text) = 'x'::text)",
        "(a > 1",
        "",
    ],
)
def test_what_is_not_read_is_never_guessed(text: str) -> None:
    with suppress(UnreadableExpressionError):
        assert demands_of(read_expression(text)) is None


@settings(max_examples=300)
@given(st.text(alphabet="ab<=>()'\"~, :.0[]ANDORnot", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UnreadableExpressionError):
        demands_of(read_expression(text))


def test_a_check_that_cannot_be_planned_is_named_with_its_column() -> None:
    found = table("t", column("total", "int4"), column("net", "int4"), column("tax", "int4"), Check("sum", "(total = own_sum(net, tax))"))
    with pytest.raises(PlanError, match=r'public\.t\.total \[unplannable-check\]: CHECK "sum" \(\(total = own_sum\(net, tax\)\)\)'):
        plan(found)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6), st.sampled_from(["price", "quantity", "whatever", "rating"]), st.integers(0, 9))
def test_numbers_keep_any_bounds(low: int, span: int, name: str, seed: int) -> None:
    check = Check("range", f"(({name} >= '{low}'::integer) AND ({name} <= '{low + span}'::integer))")
    values = values_of(plan(table("t", column(name, "int4"), check), rows=50, seed=seed), "t", name)
    assert all(value is not None and low <= int(value) <= low + span for value in values)


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(["a", "b", "c", "d"]), st.lists(st.booleans(), min_size=3, max_size=3), st.sampled_from(["int4", "timestamptz", "date"])
)
def test_chains_of_columns_keep_their_order(names: list[str], strict: list[bool], kind: str) -> None:
    checks = [
        Check(f"{n}", f"({one} {'<' if s else '<='} {other})")
        for n, (one, other, s) in enumerate(zip(names, names[1:], strict, strict=False))
    ]
    planned = plan(table("t", *(column(name, kind) for name in "abcd"), *checks), rows=60)
    values = {name: values_of(planned, "t", name) for name in names}
    for one, other, must_differ in zip(names, names[1:], strict, strict=False):
        for lesser, greater in zip(values[one], values[other], strict=True):
            first, second = (f"{value or 0:>30}" for value in (lesser, greater))  # of one width, text sorts as the values do
            assert first < second or (not must_differ and first == second)


def test_a_narrow_decimal_leaves_room_for_what_must_be_larger() -> None:
    kind = ColumnType("numeric", precision=3, scale=1)
    narrow = [Column(name, kind, nullable=False) for name in ("cost", "price")]
    planned = plan(table("t", *narrow, Check("margin", "(cost < price)")), rows=200)
    pairs = zip(values_of(planned, "t", "cost"), values_of(planned, "t", "price"), strict=True)
    assert all(Decimal(cost or 0) < Decimal(price or 0) < 100 for cost, price in pairs)


@pytest.mark.parametrize("checks", [["(a < b)", "(b < a)"], ["(a > 5)", "(a < 3)"], ["(a IS NULL)"]])
def test_checks_that_contradict_each_other_are_named(checks: list[str]) -> None:
    found = [Check(text, text) for text in checks]
    with pytest.raises(PlanError, match=r"public\.t\.[ab] \[(empty-range|unplannable-check)\]"):
        plan(table("t", column("a", "int4"), column("b", "int4"), *found))


def test_what_a_child_demands_of_a_key_is_met_by_the_parent() -> None:
    parent = table("parent", column("code", "varchar", length=20), unique("code", primary=True))
    child = table(
        "child",
        *key(),
        column("code", "varchar", length=20),
        refers("code", "parent", "code"),
        Check("c", "((code)::text ~ '^[A-Z]{3}-[0-9]{4}$'::text)"),
    )
    values = values_of(plan(parent, child), "child", "code")
    assert all(re.fullmatch(r"[A-Z]{3}-[0-9]{4}", value or "") for value in values)


def test_a_tree_never_makes_a_row_its_own_parent() -> None:
    tree = table("t", *key(), column("parent_id", "int8", nullable=True), refers("parent_id", "t"), Check("own", "(parent_id <> id)"))
    planned = plan(tree)
    assert all(one != parent for one, parent in zip(values_of(planned, "t", "id"), values_of(planned, "t", "parent_id"), strict=True))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}$",
        r"^\d{3}-\d{4}$",
        r"^[a-z0-9][a-z0-9-]*$",
        r"^#[0-9a-f]{6}$",
        r"^[[:upper:]]{2,4}_x?$",
        r"^[^@\s]+@[^@]+\.com$",
        "^(AB|CD)-[0-9]{3}(-[A-Z]+)?$",
        "^(a|b)+$",
        "^(?:red|green|blue)$",
        r"^v\d+(\.\d+){2}$",
        "^(?!000)[1-9]{3}$",
        "ab|cd",
    ],
)
def test_simple_patterns_are_matched_by_construction(pattern: str) -> None:
    assert read_pattern(pattern) is not None
    values = values_of(plan(table("t", column("x"), Check("p", f"(x ~ '{pattern}'::text)")), rows=100), "t", "x")
    python = pattern.replace("[:upper:]", "A-Z")
    assert all(re.search(python, value or "") for value in values)
    assert len(set(values)) > 1


@pytest.mark.parametrize("pattern", ["^(?=x)", r"^(a)\1$", "^[a", "^(a", "a)"])
def test_other_patterns_are_refused(pattern: str) -> None:
    assert read_pattern(pattern) is None


def test_enums_and_arrays_hold_their_labels() -> None:
    mood = ColumnType("mood", TypeKind.ENUM, labels=("so so", 'it\'s "bad"'))
    moods = ColumnType("_mood", TypeKind.ARRAY, element=mood)
    planned = plan(table("t", Column("mood", mood, nullable=False), Column("moods", moods, nullable=False)), rows=100)
    assert set(values_of(planned, "t", "mood")) == set(mood.labels)
    texts = {element for value in values_of(planned, "t", "moods") for element in (value or "")[1:-1].split(",")}
    assert texts == {'"so so"', '"it\'s \\\\"bad\\\\""'}  # escaped once for the array and once for COPY


def test_a_rule_that_no_text_meets_is_told_in_words() -> None:
    rule = Check("rule", "(x ~ '^(?=z)[ab]+$'::text)")
    with pytest.raises(PlanError, match=r"public\.t\.x \[unplannable-check\]: no text is known that meets x matching \^\(\?=z\)\[ab\]\+\$"):
        plan(table("t", column("x"), rule))
