"""Columns that CHECKs tie together: every row meets every condition, as an oracle in plain Python says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Check
from liftlock_datagen.synthesis.evaluate import evaluate
from liftlock_datagen.synthesis.read_expressions import read_expression
from liftlock_datagen.synthesis.sql_values import OPAQUE, NotEvaluableError
from tests.unit.datagen.catalogs import column, plan, table, values_of

NOW = datetime(2025, 1, 1)
Oracle = Callable[[int | None, int | None, int | None, int], bool]

# What may be asked of three numbers, as SQL with a constant in it, and in Python. NULL passes, as in SQL.
CONDITIONS: list[tuple[str, Oracle]] = [
    ("((a + b) <= c)", lambda a, b, c, _: None in {a, b, c} or a + b <= c),  # type: ignore[operator]  # no None is left
    ("((a - b) >= {k})", lambda a, b, _, k: None in {a, b} or a - b >= k),  # type: ignore[operator]
    ("(c = (a * {k}))", lambda a, _, c, k: None in {a, c} or c == a * k),  # type: ignore[operator]
    ("((b % {k}) = 0)", lambda _, b, __, k: b is None or b % k == 0),
    ("((a > {k}) OR (b IS NOT NULL))", lambda a, b, _, k: b is not None or a is None or a > k),
    ("(num_nonnulls(a, b, c) = 2)", lambda a, b, c, _: [a, b, c].count(None) == 1),
    ("CASE WHEN (a > {k}) THEN (b > a) ELSE (b <= {k}) END", lambda a, b, _, k: b is None or (b > a if a and a > k else b <= k)),
    ("((COALESCE(a, 0) + COALESCE(c, 0)) > {k})", lambda a, _, c, k: (a or 0) + (c or 0) > k),
    ("((c >= a) AND (c <= b))", lambda a, b, c, _: c is None or ((a is None or c >= a) and (b is None or c <= b))),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CONDITIONS), st.integers(1, 60), st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 2**32))
def test_every_row_meets_conditions_between_numbers(chosen: tuple[str, Oracle], constant: int, nullable: list[bool], seed: int) -> None:
    text, oracle = chosen
    free = ["num_nonnulls" in text or flag for flag in nullable]
    columns = [column(name, "int4", nullable=flag) for name, flag in zip("abc", free, strict=True)]
    planned = plan(table("t", *columns, Check("c", text.format(k=constant))), rows=60, seed=seed)
    rows = zip(*(values_of(planned, "t", name) for name in "abc"), strict=True)
    for row in rows:
        numbers = [None if value is None else int(value) for value in row]
        assert oracle(numbers[0], numbers[1], numbers[2], constant), (text, numbers)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400), st.integers(0, 9), st.booleans())
def test_an_amount_is_its_price_times_its_quantity(rows: int, seed: int, generated: bool) -> None:
    checks = [Check("total", "(total = (price * (quantity)::numeric))")]
    checks += [Check("most", "((price * (quantity)::numeric) <= (900)::numeric)")] if generated else []
    columns = [column("price", "numeric"), column("quantity", "int4"), column("total", "numeric")]
    planned = plan(table("t", *columns, *checks), rows=rows, seed=seed)
    for price, quantity, total in zip(*(values_of(planned, "t", name) for name in ("price", "quantity", "total")), strict=True):
        assert Decimal(total or "x") == Decimal(price or "x") * int(quantity or "x")
        assert not generated or Decimal(total or "x") <= 900


EVALUATED: list[tuple[str, dict[str, Any], Any]] = [
    ("((a = 1) AND (b = 1))", {"a": None, "b": Decimal(2)}, False),
    ("((a = 1) OR (b = 2))", {"a": None, "b": Decimal(2)}, True),
    ("((a = 1) OR (b = 1))", {"a": None, "b": Decimal(2)}, None),
    ("(NOT (a = 1))", {"a": None}, None),
    ("(a IS NOT NULL)", {"a": OPAQUE}, True),
    ("(num_nulls(a, b) = 1)", {"a": OPAQUE, "b": None}, True),
    ("(a IS DISTINCT FROM b)", {"a": None, "b": None}, False),
    ("(a = ANY (ARRAY['x'::text, 'y'::text]))", {"a": "y"}, True),
    ("('y'::text = ANY (tags))", {"tags": ["x", "y"]}, True),
    ("((at)::date > '2024-02-29'::date)", {"at": datetime(2024, 3, 1)}, True),
    ("((ends - starts) <= '7 days'::interval)", {"starts": datetime(2024, 1, 1), "ends": datetime(2024, 1, 9)}, False),
    ("(EXTRACT(year FROM at) = (2024)::numeric)", {"at": date(2024, 1, 1)}, True),
    ("(took > '01:30:00'::interval)", {"took": timedelta(hours=2)}, True),
    ("(round((a / (3)::numeric), 2) = 3.33)", {"a": Decimal(10)}, True),
    ("((data ->> 'kind'::text) = 'x'::text)", {"data": {"kind": "x"}}, True),
    ("(char_length(TRIM(BOTH FROM a)) > 0)", {"a": "  "}, False),
    ("(a ~~* 'AB%'::text)", {"a": "abc"}, True),
    ("CASE WHEN (a > 1) THEN 'many'::text ELSE 'one'::text END", {"a": None}, "one"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "row", "expected"), EVALUATED)
def test_expressions_have_the_value_that_sql_gives_them(text: str, row: dict[str, Any], expected: object) -> None:
    assert evaluate(read_expression(text), row, NOW) == expected


@pytest.mark.parametrize("text", ["own(a)", "(a = 1)", "(a > b)"])
def test_what_is_not_known_is_never_guessed(text: str) -> None:
    with pytest.raises(NotEvaluableError):
        evaluate(read_expression(text), {"a": OPAQUE}, NOW)
