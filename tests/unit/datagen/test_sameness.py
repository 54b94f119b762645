"""Whether a finished copy is what a new run would make: every difference is seen, the first one is told, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.masking.resuming import PartKey, Recorded, untouched
from liftlock_datagen.masking.sameness import Fact, in_order_of_reading, other_fact, other_part, touched

_NAMES = st.sampled_from(["", "public.a", "public.b"])
_FACTS = st.dictionaries(st.tuples(st.sampled_from(Fact), _NAMES), st.sampled_from(["x", "y"]), max_size=8)
_TABLES = st.builds(TableName, st.just("public"), st.sampled_from("abc"))
_KEYS = st.builds(PartKey, _TABLES, _TABLES, st.sampled_from([0, 10, 20]), st.sampled_from([None, 10]))
_RECIPES = st.dictionaries(_KEYS, st.sampled_from(["r", "s"]), max_size=6)
_ORDER = list(Fact)


@given(_FACTS, _FACTS)
@settings(max_examples=150)
def test_the_first_fact_that_differs_is_told_and_none_where_all_are_the_same(
    then: dict[tuple[Fact, str], str], now: dict[tuple[Fact, str], str]
) -> None:
    different = [one for one in {**then, **now} if then.get(one) != now.get(one)]
    said = other_fact(then, now)
    assert bool(said) == bool(different)
    if different:
        first = min(different, key=lambda one: (_ORDER.index(one[0]), one[1]))
        assert said == other_fact({}, {first: "x"})


@pytest.mark.parametrize("kind", Fact)
def test_every_kind_of_fact_has_words_of_its_own(kind: Fact) -> None:
    said = other_fact({(kind, "public.orders"): "x"}, {(kind, "public.orders"): "y"})
    assert said
    assert all(said != other_fact({}, {(other, "public.orders"): "x"}) for other in Fact if other is not kind)


def test_a_table_that_was_written_to_is_named() -> None:
    assert other_fact({(Fact.SOURCE_TABLE, "public.orders"): "x"}, {}) == "public.orders was written to in the source"


@given(_RECIPES, _RECIPES)
@settings(max_examples=150)
def test_parts_are_the_same_only_where_all_of_them_have_their_recipe(planned: dict[PartKey, str], there: dict[PartKey, str]) -> None:
    recorded = [Recorded(key, recipe, "digest", 1) for key, recipe in there.items()]
    assert (other_part(planned, recorded) == "") == (planned == there)


@given(st.dictionaries(_KEYS, st.integers(0, 3), max_size=6), st.integers(-1, 1), st.booleans())
@settings(max_examples=150)
def test_a_table_with_one_row_more_or_less_or_of_another_was_touched(rows: dict[PartKey, int], more: int, foreign: bool) -> None:
    recorded = [Recorded(key, "r", "d", count, writer=str(place)) for place, (key, count) in enumerate(rows.items())]
    found: dict[TableName, dict[str, int]] = {}
    for one in recorded:
        if one.rows:
            found.setdefault(one.key.into, {})[one.writer] = one.rows
    assert touched(recorded, lambda table: found.get(table, {})) == ""
    if not found:
        return
    table, writers = next(iter(found.items()))
    writer = next(iter(writers))
    changed = {**found, table: {**writers, writer: writers[writer] + more, **({"foreign": 1} if foreign else {})}}
    assert (touched(recorded, lambda name: changed.get(name, {})) == "") == (more == 0 and not foreign)
    assert len(untouched(recorded, lambda name: changed.get(name, {}))) == len(recorded) or more or foreign


@given(st.dictionaries(_KEYS, st.integers(0, 40_000), max_size=8))
def test_all_parts_are_read_small_tables_first_and_the_end_of_a_table_before_its_begin(pages: dict[PartKey, int]) -> None:
    order = in_order_of_reading(pages)
    assert sorted(order, key=repr) == sorted(pages, key=repr)
    assert [pages[key] for key in order] == sorted(pages.values())
    parts = {replace(PartKey(TableName("public", "a"), TableName("public", "a")), first=first): 9 for first in (0, 5, 10)}
    assert [key.first for key in in_order_of_reading(parts)] == [10, 5, 0]
