"""Rows in the shape of a profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Catalog, Check, Table, TableName
from liftlock_datagen.primitives.bits import draw
from liftlock_datagen.profile.model import ColumnProfile, Histogram, Profile, TableProfile, Unit
from liftlock_datagen.synthesis.groups import group_starts, piecewise
from liftlock_datagen.synthesis.pieces import of_bounds, of_ranks, of_shares
from liftlock_datagen.synthesis.plan import plan_load
from liftlock_datagen.synthesis.plan_data import LoadPlan
from liftlock_datagen.synthesis.spreads import Grouping, Piecewise
from liftlock_datagen.vocabulary.words import load_vocabularies
from tests.unit.datagen.catalogs import column, key, refers, shop, table, text_of, unique, values_of

_BITS = draw(7, np.arange(20000, dtype=np.uint64))
_DAY = 86400


def _shaped(*tables: Table, rows: int = 3000, **shapes: TableProfile) -> LoadPlan:
    profile = Profile({TableName("public", name): shape for name, shape in shapes.items()})
    return plan_load(Catalog(tables), load_vocabularies(), rows=rows, seed=1, profile=profile)


def _one(kind: str, shape: ColumnProfile, *checks: Check, name: str = "x", rows: int = 3000, nullable: bool = False) -> list[str | None]:
    found = table("t", *key(), column(name, kind, nullable=nullable), *checks)
    plan = _shaped(found, rows=rows, t=TableProfile(rows, columns={name: shape}))
    return values_of(plan, "t", name)


# --- pieces ---------------------------------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(st.lists(st.integers(-50, 2000), min_size=3, max_size=30), st.integers(0, 400), st.integers(500, 1500))
def test_pieces_of_bounds_rise_and_stay_within_the_limits(bounds: list[int], low: int, high: int) -> None:
    found = of_bounds(sorted(bounds), (1.0,) * (len(bounds) - 1), low, high)
    assert found is not None
    assert all(before < after for before, after in pairwise(found.bounds))
    assert found.ends[-1] == 1 << 32
    numbers = piecewise(found, _BITS)
    assert low <= int(numbers.min())
    assert int(numbers.max()) <= high


@settings(max_examples=80)
@given(st.lists(st.floats(0.0001, 0.1), max_size=9), st.integers(1, 5000), st.integers(1, 3000))
def test_ranks_stay_within_their_number(shares: list[float], distinct: int, size: int) -> None:
    found = of_ranks(ColumnProfile(frequencies=tuple(sorted(shares, reverse=True))), distinct, size)
    assert found is not None
    numbers = piecewise(found, _BITS)
    assert int(numbers.min()) >= 0
    assert int(numbers.max()) < size


def test_a_number_that_is_common_is_drawn_as_often_as_the_bounds_say() -> None:
    found = of_bounds([0, 5, 5, 5, 10], (1, 1, 1, 1), 0, 100)
    assert found is not None
    counted = Counter(piecewise(found, _BITS).tolist())
    assert counted[5] / len(_BITS) == pytest.approx(0.5, abs=0.02)
    assert sum(counted[n] for n in range(5)) / len(_BITS) == pytest.approx(0.25, abs=0.02)
    assert max(counted) == 10


def test_wide_pieces_are_drawn_evenly() -> None:
    found = Piecewise((0, 10**18), (1 << 32,))
    assert float(np.mean(piecewise(found, _BITS))) == pytest.approx(5e17, rel=0.02)


def test_shares_without_any_mass_give_nothing() -> None:
    assert of_shares([0, 0]) is None


@settings(max_examples=60)
@given(st.integers(1, 400), st.integers(1, 5000), st.integers(0, 3))
def test_groups_in_a_profiles_shape_hold_all_rows_and_keep_to_their_cap(parents: int, rows: int, heads: int) -> None:
    fan = of_ranks(ColumnProfile(frequencies=(0.2,) * heads), parents, parents)
    cap = -(-rows // parents) + 3
    starts = group_starts(Grouping("g", rows, parents, cap, fan), 5)
    sizes = np.diff(starts)
    assert (len(sizes), int(starts[-1])) == (parents, rows)
    assert int(sizes.min()) >= 0
    assert int(sizes.max()) <= cap


# --- columns --------------------------------------------------------------------------------------------------------------------------


def test_nulls_are_as_common_as_in_the_profile() -> None:
    values = _one("int4", ColumnProfile(nulls=0.4), nullable=True)
    assert values.count(None) / len(values) == pytest.approx(0.4, abs=0.03)
    assert None not in _one("int4", ColumnProfile(nulls=0.4))
    assert None not in _one("int4", ColumnProfile(nulls=0), nullable=True)


def test_numbers_lie_where_the_histogram_says() -> None:
    values = [float(value or "") for value in _one("numeric", ColumnProfile(histogram=Histogram(Unit.NUMBER, (10, 20, 20, 100))))]
    assert min(values) >= 10
    assert max(values) <= 100.01
    assert sum(value == 20 for value in values) / len(values) == pytest.approx(1 / 3, abs=0.03)


def test_a_check_is_stronger_than_the_histogram() -> None:
    check = Check("c", "((x >= 0) AND (x <= 30))")
    values = _one("int4", ColumnProfile(histogram=Histogram(Unit.NUMBER, (-10, 20, 50))), check)
    assert all(0 <= int(value or "") <= 30 for value in values)


def test_birth_dates_lie_where_the_histogram_says() -> None:
    days = (-3650.0, 0.0, 3650.0)
    values = _one("date", ColumnProfile(histogram=Histogram(Unit.DAY, days)), name="birth_date")
    assert min(value or "" for value in values).startswith("196")
    assert max(value or "" for value in values).startswith("1979")


def test_times_follow_the_first_milestone_and_stay_in_order() -> None:
    begin = 1.6e9
    shape = ColumnProfile(histogram=Histogram(Unit.MOMENT, (begin, begin + 10 * _DAY, begin + 90 * _DAY)))
    orders = table("orders", *key(), column("created_at", "timestamptz"), column("shipped_at", "timestamptz"))
    plan = _shaped(orders, orders=TableProfile(3000, columns={"created_at": shape, "shipped_at": shape}))
    created, shipped = values_of(plan, "orders", "created_at"), values_of(plan, "orders", "shipped_at")
    assert all((one or "") < (other or "") for one, other in zip(created, shipped, strict=True))
    assert (min(value or "" for value in created)[:7], max(value or "" for value in created)[:7]) == ("2020-09", "2020-12")
    early = sum((value or "") < "2020-09-23 12" for value in created)
    assert early / len(created) == pytest.approx(0.5, abs=0.05)


def test_kept_categories_and_flags_have_their_shares() -> None:
    states = Counter(_one("text", ColumnProfile(values=(("open", 0.6), ("shut", 0.2)))))
    assert set(states) == {"open", "shut"}
    assert states["open"] / 3000 == pytest.approx(0.75, abs=0.03)
    flags = Counter(_one("bool", ColumnProfile(values=(("t", 0.1), ("f", 0.9)))))
    assert flags["true"] / 3000 == pytest.approx(0.1, abs=0.03)


def test_a_category_that_a_check_forbids_is_not_made() -> None:
    check = Check("c", "(length(x) <= 4)")
    states = Counter(_one("text", ColumnProfile(values=(("openly", 0.6), ("shut", 0.2))), check))
    assert max(map(len, (state or "" for state in states))) <= 4


@pytest.mark.parametrize(("name", "kind"), [("color", "text"), ("note", "text"), ("thing", "text"), ("token", "uuid"), ("data", "jsonb")])
def test_as_many_values_differ_as_in_the_profile(name: str, kind: str) -> None:
    values = Counter(_one(kind, ColumnProfile(distinct=12, frequencies=(0.5, 0.1), width=20), name=name))
    assert 10 <= len(values) <= 12
    assert values.most_common(1)[0][1] / 3000 == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("width", [30, 90, 400])
def test_running_text_is_as_wide_as_in_the_profile(width: int) -> None:
    values = _one("text", ColumnProfile(distinct=-1, width=width), name="note", rows=500)
    assert sum(len((value or "").encode()) for value in values) / 500 == pytest.approx(width, rel=0.4)


# --- references -----------------------------------------------------------------------------------------------------------------------


def _fan(rows: int, *, primary: bool) -> list[int]:
    """How many rows each parent has, most first."""
    parts = (unique("p", "n", primary=True),) if primary else ()
    parents, children = table("p", *key()), table("c", column("p", "int8"), column("n", "int4"), refers("p", "p"), *parts)
    shape = TableProfile(100_000, columns={"p": ColumnProfile(distinct=500, frequencies=(0.3, *(0.002,) * 50))})
    plan = _shaped(parents, children, rows=rows, p=TableProfile(1000), c=shape)
    return sorted(Counter(values_of(plan, "c", "p")).values(), reverse=True)


@pytest.mark.parametrize("primary", [False, True])
def test_children_spread_over_parents_as_in_the_profile(primary: bool) -> None:
    found = _fan(101_000, primary=primary)
    assert len(found) == pytest.approx(500, abs=3)
    assert found[0] / sum(found) == pytest.approx(0.3, abs=0.02)


def test_as_many_parents_have_children_as_in_the_profile() -> None:
    parents, children = table("p", *key()), table("c", *key(), column("p", "int8"), refers("p", "p"))
    plan = _shaped(parents, children, rows=2000, p=TableProfile(1000), c=TableProfile(1000, columns={"p": ColumnProfile(distinct=-1)}))
    assert set(Counter(values_of(plan, "c", "p")).values()) == {1}


def test_a_smaller_copy_keeps_the_curve() -> None:
    found = _fan(10_100, primary=False)
    assert len(found) <= 50
    assert sum(found[:5]) / sum(found) == pytest.approx(0.3 + 49 * 0.002, abs=0.05)


def test_tables_get_the_profiles_share_of_the_rows_and_small_ones_stay() -> None:
    plan = _shaped(*shop(), rows=1100, customers=TableProfile(10), products=TableProfile(1000), orders=TableProfile(10000))
    rows = {found.name.name: found.rows for found in plan.tables}
    assert rows["customers"] == 10
    assert rows["orders"] == pytest.approx(10 * rows["products"], rel=0.1)
    assert sum(rows.values()) >= 1100


def test_a_table_whose_rows_are_said_gets_them() -> None:
    counts = {TableName("public", "orders"): 77}
    plan = plan_load(Catalog(shop()), load_vocabularies(), rows=1000, seed=1, counts=counts)
    assert {found.name.name: found.rows for found in plan.tables}["orders"] == 77
    assert plan.total_rows >= 1000


# --- the whole ------------------------------------------------------------------------------------------------------------------------

_HISTOGRAMS = st.sampled_from((None, *(Histogram(unit, (0, 1, 1, 20000)) for unit in Unit)))
_SHARES = st.lists(st.floats(0.001, 0.2), max_size=4).map(lambda found: tuple(sorted(found, reverse=True)))
_COLUMNS = st.builds(
    ColumnProfile,
    nulls=st.sampled_from((0.0, 0.2, 1.0)),
    distinct=st.sampled_from((0.0, 1.0, 40.0, 1e6, -0.1, -1.0)),
    width=st.integers(0, 300),
    frequencies=_SHARES,
    values=st.sampled_from(((), (("paid", 0.5), ("x", 0.1)))),
    histogram=_HISTOGRAMS,
)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_a_profile_says_keys_references_and_checks_hold(data: st.DataObject) -> None:
    shapes = {
        found.name.name: TableProfile(data.draw(st.integers(0, 5000)), columns={part.name: data.draw(_COLUMNS) for part in found.columns})
        for found in shop()
    }
    plan = _shaped(*shop(), rows=400, **shapes)
    emails, ids = values_of(plan, "customers", "email"), values_of(plan, "customers", "id")
    assert len(set(emails)) == len(emails)
    assert set(values_of(plan, "orders", "customer_id")) <= set(ids)
    pairs = list(zip(values_of(plan, "reviews", "customer_id"), values_of(plan, "reviews", "product_id"), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert all(1 <= int(rating or "") <= 5 for rating in values_of(plan, "reviews", "rating"))
    times = zip(values_of(plan, "orders", "placed_at"), values_of(plan, "orders", "shipped_at"), strict=True)
    assert all(shipped is None or (placed or "") <= shipped for placed, shipped in times)
    assert text_of(plan, "orders", block=7) == text_of(plan, "orders")


def test_a_profile_of_another_table_changes_no_byte() -> None:
    plain = plan_load(Catalog(shop()), load_vocabularies(), rows=300, seed=1)
    other = plan_load(Catalog(shop()), load_vocabularies(), rows=300, seed=1, profile=Profile({TableName("x", "y"): TableProfile(9)}))
    assert other == replace(plain)
