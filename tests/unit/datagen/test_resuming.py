"""What of an earlier copy still stands, decided on records alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.masking.resuming import PartKey, Recorded, candidates, resumed

_NAMES = st.sampled_from([TableName("public", name) for name in "abc"])
_KEYS = st.builds(PartKey, _NAMES, _NAMES, st.sampled_from([0, 8]), st.sampled_from([None, 8]))
_PLANNED = st.dictionaries(_KEYS, st.sampled_from(["one", "two"]), max_size=8)
_RECORDED = st.dictionaries(
    _KEYS, st.tuples(st.sampled_from(["one", "two"]), st.integers(0, 9), st.sampled_from([True, True, True, False])), max_size=8
).map(lambda found: [Recorded(key, recipe, f"{rows}", rows, lasting) for key, (recipe, rows, lasting) in found.items()])


@given(_PLANNED, _RECORDED, st.data())
@settings(max_examples=200, deadline=None)
def test_every_planned_part_is_there_once_and_nothing_else_is(
    planned: dict[PartKey, str], recorded: list[Recorded], data: st.DataObject
) -> None:
    looked_at = candidates(planned, recorded)
    same = frozenset(one.key for one in looked_at if data.draw(st.booleans()))
    decided = resumed(planned, recorded, same)
    taken = [one.key for one in decided.taken]

    # What ends up in the target: what stood and was not emptied, and what is copied.
    standing = [one.key for one in recorded if one.key.into not in decided.emptied]
    assert sorted(standing, key=str) == sorted(taken, key=str)
    assert sorted([*taken, *decided.load], key=str) == sorted(planned, key=str)
    # Nothing stands unseen, or made in another way.
    assert set(taken) <= same
    assert all(planned[one.key] == one.recipe and one.lasting for one in decided.taken)
    # No part is copied into a table that holds rows of parts that do not stand.
    assert {key.into for key in decided.load}.isdisjoint(
        {one.key.into for one in recorded} - set(decided.emptied) - {key.into for key in taken}
    )


@given(_PLANNED)
@settings(max_examples=50, deadline=None)
def test_an_unchanged_source_leaves_nothing_to_copy(planned: dict[PartKey, str]) -> None:
    recorded = [Recorded(key, recipe, "d", 1) for key, recipe in planned.items()]
    decided = resumed(planned, recorded, frozenset(one.key for one in candidates(planned, recorded)))
    assert (decided.load, decided.emptied) == ((), ())


def test_one_changed_part_of_a_table_means_the_whole_table_again() -> None:
    table = TableName("public", "big")
    first, second, third = (PartKey(table, table, start, start + 8) for start in (0, 8, 16))
    planned = dict.fromkeys((first, second, third), "r")
    recorded = [Recorded(first, "r", "d1", 5), Recorded(second, "r", "d2", 5)]
    assert candidates(planned, recorded) == tuple(recorded)

    going_on = resumed(planned, recorded, {first, second})
    assert (going_on.load, going_on.emptied) == ((third,), ())
    again = resumed(planned, recorded, {first})
    assert (again.load, again.emptied, again.taken) == ((first, second, third), (table,), ())


def test_a_table_that_grew_into_other_parts_is_not_even_looked_at() -> None:
    table = TableName("public", "big")
    recorded = [Recorded(PartKey(table, table, 0, None), "r", "d", 5)]
    planned = {PartKey(table, table, 0, 8): "r", PartKey(table, table, 8, None): "r"}
    assert candidates(planned, recorded) == ()
    assert resumed(planned, recorded, ()).emptied == (table,)
