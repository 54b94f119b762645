"""What our own makers give on both sides is chance; what only people have is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.certificate.blocks import fold
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.ours import could_agree, could_make, is_chance, odds
from liftlock_datagen.masking.invented import invented
from liftlock_datagen.masking.transformers import Invented
from liftlock_datagen.primitives.encoding import join
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.realistic import realistic
from liftlock_datagen.vocabulary.words import LOCALES, MIXED

KINDS = (
    Kind.PHONE, Kind.PERSON_NAME, Kind.FAMILY_NAME, Kind.STREET, Kind.COMPANY, Kind.CITY, Kind.FREE_TEXT, Kind.HEALTH, Kind.URL,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(KINDS), locale=st.sampled_from((MIXED, *LOCALES)), old=st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_every_pseudonym_that_may_come_twice_is_known_as_ours(kind: Kind, locale: str, old: list[str]) -> None:
    values = [f"{number} {text}".encode() for number, text in enumerate(old)]
    for made in invented(Invented(kind, "d", locale=locale), bytes(32))(values, values):
        assert could_make(locale, {kind}, fold(made)), made
    assert odds(locale, kind, Form.UNCHANGED) > 0


@pytest.mark.parametrize("locale", [MIXED, *LOCALES])
def test_every_synthetic_phone_is_known_as_ours(locale: str) -> None:
    made = realistic(Kind.PHONE, locale)
    assert made is not None
    draws = np.arange(0, made.capacity, max(1, made.capacity // 500), dtype=np.uint64)
    for text in join([*made.pieces(draws), b"\n"], len(draws)).split(b"\n")[:-1]:
        assert could_make(locale, {Kind.PHONE}, text)
        assert could_agree(locale, Kind.PHONE, Form.LAST_SEVEN, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.PHONE, "+41 79 123 45 67"),
        (Kind.PHONE, "+1-303-555-0234"),
        (Kind.PERSON_NAME, "wachtveitl qorbani"),
        (Kind.FREE_TEXT, "the patient in bed 12 is very happy with it"),
        (Kind.FREE_TEXT, "anna"),
        (Kind.FREE_TEXT, "i use it every day. she lives at muster street 5"),
        (Kind.EMAIL, "ann.lee@mail.net"),
        (Kind.IP_ADDRESS, "10.1.2.3"),
        (Kind.URL, "https://www.example.org/anna"),
        (Kind.STREET, "bahnhofstrasse 123456"),
    ],
)
def test_what_we_do_not_make_is_not_ours(kind: Kind, text: str) -> None:
    assert not could_make("en_US", {kind}, text.encode())


def test_a_kind_makes_nothing_of_another() -> None:
    assert could_make("en_US", {Kind.EMAIL, Kind.PHONE}, b"+1-303-555-0123")
    assert not could_make("en_US", {Kind.EMAIL, Kind.FREE_TEXT}, b"+1-303-555-0123")


@pytest.mark.parametrize(
    ("rows", "expected", "so"), [(1, 0.73, True), (9, 0.73, False), (1, 4e-5, False), (120, 100.0, True), (400, 100.0, False)]
)
def test_chance_gives_few_rows_and_never_most(rows: int, expected: float, so: bool) -> None:
    assert is_chance(rows, expected) is so
