"""Vectorised text is what Python would write, value by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liftlock_datagen.primitives.encoding import (
    FIRST_DAY,
    LAST_DAY,
    SECONDS_OF_DAY,
    blank,
    code_letters,
    dates,
    decimals,
    digits,
    escape,
    hexadecimal,
    join,
    moments,
    text_table,
    times,
)

WHOLE = st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=20)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lines(pieces: list[object], count: int) -> list[str]:
    return join([*pieces, b"\n"], count).decode().split("\n")[:-1]  # type: ignore[list-item]  # pieces, as the encoders give them


@given(WHOLE)
def test_whole_numbers(values: list[int]) -> None:
    assert lines([*digits(np.array(values, np.int64))], len(values)) == [str(value) for value in values]


@given(WHOLE, st.integers(1, 9))
def test_decimals(values: list[int], scale: int) -> None:
    found = lines([*decimals(np.array(values, np.int64), scale)], len(values))
    assert [Decimal(text) for text in found] == [Decimal(value).scaleb(-scale) for value in values]
    assert all(len(text.partition(".")[2]) == scale for text in found)


@given(st.lists(st.integers(-2_000_000_000, 7_000_000_000), min_size=1, max_size=20))
def test_moments_dates_and_times(values: list[int]) -> None:
    seconds = np.array(values, np.int64)
    expected = [EPOCH + timedelta(seconds=value) for value in values]
    assert lines([*moments(seconds)], len(values)) == [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in expected]
    assert lines([*dates(seconds // 86400)], len(values)) == [moment.strftime("%Y-%m-%d") for moment in expected]
    assert lines([*times(seconds)], len(values)) == [moment.strftime("%H:%M:%S") for moment in expected]


def test_every_day_and_second_that_can_be_written() -> None:
    days = np.arange(FIRST_DAY, LAST_DAY + 1)
    assert lines([*dates(days)], len(days)) == np.datetime_as_string(days.astype("datetime64[D]")).tolist()
    seconds = np.arange(SECONDS_OF_DAY)
    of_numpy = np.datetime_as_string(seconds.astype("datetime64[s]"))
    assert lines([*times(seconds)], len(seconds)) == [text.partition("T")[2] for text in of_numpy.tolist()]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_hexadecimal_digits(values: list[int]) -> None:
    assert lines([*hexadecimal(np.array(values, np.uint64), 4)], len(values)) == [f"{value:016x}" for value in values]


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=20))
def test_codes_are_numbers_in_the_base_of_their_alphabet(values: list[int]) -> None:
    assert lines([code_letters(np.array(values, np.uint64), b"0123456789", 4)], len(values)) == [f"{value:04d}" for value in values]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=20))
def test_texts_are_escaped_as_copy_asks(texts: list[str]) -> None:
    found = join([text_table(texts), b"\n"], len(texts)).decode()
    assert found == "".join(escape(text) + "\n" for text in texts)
    assert found.count("\n") == len(texts)
    assert "\t" not in found


def test_blanked_rows_leave_nothing() -> None:
    pieces = blank([b"[", *digits(np.array([1, 22, 333], np.int64)), b"]"], np.array([False, True, False]))
    assert lines([*pieces], 3) == ["[1]", "", "[333]"]
