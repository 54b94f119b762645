"""How many values a rule chooses among, and what a column that has nearly all of them may have in common with its pseudonyms."""

from __future__ import annotations

from datetime import date, timedelta
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import ColumnType
from liftlock_datagen.certificate.blocks import fold
from liftlock_datagen.certificate.rooms import is_crowded, room, room_of_folded, rooms_of
from liftlock_datagen.masking.alphabets import permuted_texts, stand_ins
from liftlock_datagen.masking.transformers import Integers, Invented, Keep, Letters, Shifted
from liftlock_datagen.spec.model import Kind

TEXT = ColumnType("text")


@pytest.mark.parametrize(
    ("cells", "many"),
    [
        ([b"0042", b"1234"], 10_000),
        ([b"a1", b"b2"], 260),
        ([b"A1", b"b2"], 260 + 260),
        ([b"", b"77"], 100),
        (["я1".encode(), b"77"], len(stand_ins("я")) * 10 + 100),
        (["яб".encode(), "ЯБ".encode()], len(stand_ins("я")) ** 2 + len(stand_ins("Я")) ** 2),
        ([b"a-1", b"a-12"], 260 + 2600),
        ([b""], 0),
        ([b"x" * number for number in range(1, 1100)], 0),
    ],
)
def test_texts_of_one_shape_are_counted(cells: list[bytes], many: int) -> None:
    assert room(Letters("d"), TEXT, cells) == many


@pytest.mark.parametrize("text", ["яб", "ΩΔ", "ดด"])
def test_the_room_of_folded_letters_is_about_as_large_as_that_of_masking(text: str) -> None:
    """What a mask makes of the texts of this shape looks, folded, like a given one of them about as often as the room says."""
    made = [
        fold(other)
        for other in permuted_texts(
            bytes(32), [f"{first}{second}".encode() for first in stand_ins(text[0]) for second in stand_ins(text[1])]
        )
    ]
    looks = np.unique(made, return_counts=True)[1]
    among = len(made) ** 2 / int((looks.astype(int) ** 2).sum())
    assert among / 10 < 10 ** room_of_folded(fold(text.encode())) <= among * 1.01


def test_numbers_and_days_are_counted() -> None:
    assert room(Letters("d", Kind.NUMBER), ColumnType("numeric"), [b"42", b"9"]) == 90 + 10
    assert room(Letters("d", folded=True), ColumnType("citext"), [b"A1", b"b2"]) == 260
    assert room(Letters("d", Kind.PHONE), TEXT, [b"0042"]) == 0
    days = [str(date(2020, 1, 1) + timedelta(number)).encode() for number in range(0, 900, 2)]
    assert room(Shifted("d", 180), ColumnType("date"), days) == 899
    assert room(Shifted("d", 180), ColumnType("timestamptz"), days) == room(Invented(Kind.EMAIL, "d"), TEXT, days) == 0


@pytest.mark.parametrize(
    ("cells", "many"),
    [([b"7", b"32767", b""], 32_767), ([b"-7", b"0", b"9"], 2 * 32_767 + 1), ([b"7", b"32768"], 0), ([b"-32768"], 0), ([b"x"], 0), ([], 0)],
)
def test_integers_are_counted_among_those_that_the_smallest_type_holds(cells: list[bytes], many: int) -> None:
    assert room(Integers("d", 15), ColumnType("int4"), cells) == many


def test_a_column_with_more_values_than_there_are_is_not_crowded_but_an_estimate_may_be_off() -> None:
    assert not is_crowded(5001, 5000, 1.0)
    assert is_crowded(100_500, 100_000, 1.0)
    assert not is_crowded(105_000, 100_000, 1.0)


@settings(max_examples=40, deadline=None)
@given(filled=st.floats(0.9, 1.0), seed=st.integers(0, 10_000))
def test_a_permutation_of_a_crowded_column_is_no_leak_and_its_own_values_are_where_others_were_possible(filled: float, seed: int) -> None:
    among, dice = 5000, np.random.default_rng(seed)
    source = dice.permutation(among)[: int(filled * among)]
    made = dice.permutation(among)[source]
    assert is_crowded(len(source), among, len(np.intersect1d(source, made)) / len(source))
    if filled < 0.98:
        assert not is_crowded(len(source), among, 1.0)


@given(st.integers(1, 4000))
def test_a_column_with_few_of_the_values_is_never_crowded(distinct: int) -> None:
    assert not is_crowded(distinct, 5000, 0.0)
    assert not is_crowded(distinct, 0, 0.0)


def test_a_key_of_numbers_has_as_much_room_as_its_smallest_type() -> None:
    assert rooms_of([Integers("ids", 31)]) == 2**31
    assert rooms_of([Integers("ids", 31), Keep()]) == 2**31
    assert rooms_of([Integers("ids", 31), Shifted("d", 30)]) == inf
