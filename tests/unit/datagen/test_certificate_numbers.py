"""Numbers of people are found however they are written, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.certificate.blocks import Block, fold
from liftlock_datagen.certificate.hashing import make_hasher
from liftlock_datagen.certificate.numbers import NumberBuilder, NumberTable
from liftlock_datagen.spec.model import Kind

HASHER = make_hasher(b"a key of the tests")


def _block(*cells: str) -> Block:
    return Block(fold("\n".join([*cells, ""]).encode()), 1)


def _table(folder: Path, kind: Kind, *values: str) -> NumberTable:
    builder = NumberBuilder(HASHER, folder, 1, 100)
    builder.add(_block(*values), 0, 0, kind, np.arange(len(values), dtype=np.uint64))
    return builder.table()


def _found(table: NumberTable, text: str) -> list[bytes]:
    block = _block("first", text)
    hits = table.find(block, ["place"])
    return [block.data[begin:end] for begin, end in zip(hits.begins.tolist(), hits.ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    "was", ["+41 79 123 45 67", "0041 79 123 45 67", "+41791234567", "+41 (0)79 123-45-67", "079 123 45 67", "0791234567"]
)
@pytest.mark.parametrize(
    "text",
    [
        "+41791234567",
        "0041 79 123 45 67",
        "call 079/123.45.67 now",
        "0791234567",
        "+41 (0)79 1234567",
        "tel:+41-79-123\u201145\u00a067;",
        "12 079 123 45 67",
    ],
)
def test_a_phone_number_is_found_with_other_signs_and_with_and_without_its_country(tmp_path: Path, was: str, text: str) -> None:
    assert len(_found(_table(tmp_path, Kind.PHONE, was, "+1 303 555 9999"), text)) == 1


@pytest.mark.parametrize(
    ("kind", "was", "text"),
    [
        (Kind.PAYMENT_CARD, "4111 1111 1111 1234", "paid with 4111-1111-1111-1234."),
        (Kind.PAYMENT_CARD, "4111111111111234", "4111 1111 1111 1234"),
        (Kind.IBAN, "CH93 0076 2011 6238 5295 7", "to ch9300762011623852957"),
        (Kind.IBAN, "GB29NWBK60161331926819", "GB29 NWBK 6016 1331 9268 19"),
        (Kind.NATIONAL_ID, "756.1234.5678.97", "AHV 7561234567897"),
        (Kind.NATIONAL_ID, "123-45-6789", "123 45 6789"),
    ],
)
def test_other_numbers_are_found_with_other_signs(tmp_path: Path, kind: Kind, was: str, text: str) -> None:
    assert len(_found(_table(tmp_path, kind, was), text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "7912345679",
        "1791234567",
        "79 123 45",
        "79 123 45 678x9 791 2345678",
        "79-1234, 567",
        "79 123 45\t67",
        "791234567123",
        "",
        "1979-12-31",
    ],
)
def test_other_digits_are_not_found(tmp_path: Path, text: str) -> None:
    assert _found(_table(tmp_path, Kind.PHONE, "079 123 45 67", "19791231"), text) == []


@settings(max_examples=60, deadline=None)
@given(
    digits=st.text("123456789", min_size=7, max_size=18),
    cuts=st.sets(st.integers(1, 17), max_size=5),
    sign=st.sampled_from([" ", "-", ".", " - ", "\u2013", "/"]),
    around=st.sampled_from(["{}", "no. {}!", "x{}y", "12, {} 7 times", "\u00e9 {}"]),
)
def test_a_number_is_found_wherever_it_is_parted(
    tmp_path_factory: pytest.TempPathFactory, digits: str, cuts: set[int], sign: str, around: str
) -> None:
    parted = "".join((sign if place in cuts else "") + digit for place, digit in enumerate(digits))
    table = _table(tmp_path_factory.mktemp("numbers"), Kind.NATIONAL_ID, digits)
    assert len(_found(table, around.format(parted))) == (0 if _is_date(parted) else 1)


def _is_date(text: str) -> bool:
    return (
        len(text) == 10
        and sum(sign.isdigit() for sign in text) == 8
        and {at for at in range(10) if not text[at].isdigit()} in ({4, 7}, {2, 5})
    )


def test_chance_is_counted_by_place_and_length(tmp_path: Path) -> None:
    table = _table(tmp_path, Kind.BANK_ACCOUNT, *[f"{number:07}" for number in range(1_000_000, 10_000_000, 100)])
    table.find(_block("1234567 12345678", "7654321", "x"), ["place"])
    assert table.expected("place", 0) == pytest.approx(2 * 90_000 / 9_000_000)
    assert table.expected("elsewhere", 0) == 0


def test_numbers_that_begin_alike_meet_more_often(tmp_path: Path) -> None:
    """Moments counted in seconds begin as mobile numbers without their zero do."""
    table = _table(tmp_path, Kind.PHONE, *[f"01{number}" for number in range(700_000_000, 800_000_000, 50_000)])
    table.find(_block(*[f"at {1_700_000_000 + number * 301}" for number in range(1000)]), ["place"])
    assert table.expected("place", 0) == pytest.approx(1000 * 2000 / 100_000_000)


def test_numbers_that_nearly_fill_what_begins_alike_explain_no_leak(tmp_path: Path) -> None:
    table = _table(tmp_path, Kind.BANK_ACCOUNT, *[str(number) for number in range(5_500_000, 5_590_000)])
    table.find(_block("5512345", "6512345"), ["place"])
    assert table.expected("place", 0) == pytest.approx(90_000 / 9_000_000)
