"""Vocabularies are the frozen ones, groups add up, row counts meet their total."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.groups import group_starts
from liftlock_datagen.synthesis.row_counts import Shares, count_rows
from liftlock_datagen.synthesis.semantics import plain_name
from liftlock_datagen.synthesis.spreads import Grouping
from liftlock_datagen.vocabulary.words import load_vocabularies
from tests.unit.datagen.catalogs import column, key, plan, table, unique, values_of


def test_the_vocabularies_are_the_frozen_ones() -> None:
    assert load_vocabularies().digest == "blake2b:2d00b1cb953002589524eabcc8a34ad2"  # a new list changes every generated row


def test_no_word_needs_escaping_and_mailbox_names_are_plain() -> None:
    lists = load_vocabularies().lists
    assert not any(
        set(text) & set('"\\{}\t,') for name, entries in lists.items() if name != "opinion" for entry in entries for text in entry
    )
    assert all(re.fullmatch("[a-z]+", entry[1]) for name in ("given", "family") for entry in lists[name])


def test_every_address_and_number_is_from_a_reserved_range() -> None:
    people = table("people", *key(), column("email"), unique("email"), column("phone"), column("homepage"), column("last_ip", "inet"))
    planned = plan(people, rows=500)
    patterns = {
        "email": r"[a-z]+\.[a-z]+\.\d+@example\.(org|com)",
        "phone": r"\+1-\d{3}-555-01\d\d|\+(44|49|33) [\d ]+|\+(31 12|34 3|39 9|48 30)[\d ]+",
        "homepage": r"https://www\.example\.com/[a-z0-9-]+",
        "last_ip": r"192\.0\.2\.\d+",
    }
    for name, pattern in patterns.items():
        assert all(re.fullmatch(pattern, value or "") for value in values_of(planned, "people", name)), name


def test_a_person_and_an_address_agree_with_themselves() -> None:
    people = table(
        "people", *key(), column("email"), column("first_name"), column("last_name"), column("city"), column("postcode"), column("country")
    )
    planned = plan(people, rows=300)
    given, email = values_of(planned, "people", "first_name"), values_of(planned, "people", "email")
    assert all(
        (name or "")[0].lower() == (address or "")[0] for name, address in zip(given, email, strict=True) if (name or "")[0].isascii()
    )
    known = {(entry[0], entry[1], entry[4]) for entry in load_vocabularies().lists["place"]}
    assert set(zip(*(values_of(planned, "people", name) for name in ("city", "postcode", "country")), strict=True)) <= known


@given(st.integers(1, 400), st.integers(1, 200), st.integers(0, 2**64 - 1), st.integers(1, 50), st.integers(0, 3))
def test_groups_add_up_and_keep_their_bounds(rows: int, parents: int, key: int, cap: int, least: int) -> None:
    cap, least = max(cap, -(-rows // parents)), min(least, rows // parents)
    starts = group_starts(Grouping("g", rows, parents, cap, least=least), key)
    sizes = np.diff(starts)
    assert starts[0] == 0
    assert int(starts[-1]) == rows
    assert int(sizes.min()) >= least
    assert int(sizes.max()) <= cap


@given(st.lists(st.integers(1, 16), min_size=1, max_size=8), st.integers(1, 10**6), st.lists(st.integers(1, 10**5), min_size=8, max_size=8))
def test_row_counts_reach_the_total_unless_all_tables_are_full(weights: list[int], total: int, limits: list[int]) -> None:
    names = [TableName("public", f"t{number}") for number in range(len(weights))]
    caps = dict(zip(names, limits, strict=False))
    rows, full = count_rows(
        Shares(dict(zip(names, weights, strict=True)), frozenset()), [(name,) for name in names], total, lambda name, _: caps[name]
    )
    assert all(1 <= rows[name] <= caps[name] for name in names)
    assert sum(rows.values()) >= total or full == set(names)


@pytest.mark.parametrize(
    ("name", "expected"), [("createdAt", "created_at"), ("Order Line", "order_line"), ("SKU", "sku"), ("customer-ID", "customer_id")]
)
def test_names_are_understood_however_they_are_written(name: str, expected: str) -> None:
    assert plain_name(name) == expected
