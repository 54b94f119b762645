"""Amounts of bytes as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.sizes import size_text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (7_400_000, "7.4 MB"), (123_456_789, "123 MB"), (999_600, "1.0 MB"), (1_200_000_000, "1.2 GB")],
)
def test_a_size_has_the_unit_that_makes_it_short(count: int, text: str) -> None:
    assert size_text(count) == text


@given(st.integers(0, 10**16))
def test_any_size_is_off_by_less_than_a_tenth(count: int) -> None:
    amount, unit = size_text(count).split()
    assert abs(float(amount) * 1000 ** ("B", "kB", "MB", "GB", "TB").index(unit) - count) <= count / 10
