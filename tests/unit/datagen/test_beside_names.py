"""Names and URLs of databases that are built beside others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock_datagen.database.connect import database_of, url_of
from liftlock_datagen.database.leftovers import beside_name, lock_of


@given(st.text(min_size=1, max_size=63).filter(lambda name: len(name.encode("utf-8", "ignore")) <= 63 and "\0" not in name))
def test_a_neighbours_name_fits_postgresql_and_begins_like_its_neighbours(name: str) -> None:
    found = beside_name(name)
    assert len(found.encode()) <= 63
    assert name.startswith(found[: found.rindex("_liftlock_")])
    assert beside_name(name) != found


@given(st.text(max_size=80))
def test_a_lock_is_a_pair_of_signed_32_bit_numbers(name: str) -> None:
    assert all(-(2**31) <= number < 2**31 for number in lock_of(name))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%40ss@127.0.0.1:5432/shop?sslmode=disable",
        "postgresql://me@/shop?host=/tmp",
        "host=127.0.0.1 user=me dbname=shop",
        "postgresql://me@h/?dbname=shop",
    ],
)
def test_another_database_of_the_same_server_keeps_all_else(url: str) -> None:
    other = url_of(url, "Über/ all?")
    assert database_of(url) == "shop"
    assert database_of(other) == "Über/ all?"
    assert url_of(other, "shop") == url_of(url, "shop")
