"""Values that are made of numbers: of the same form afterwards, also at the ends of their types, and never passed through unread."""

from __future__ import annotations

import re

import pytest

from liftlock_datagen.catalog.model import ColumnType, TypeKind
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.choice import Choice, Domain, UnfitError
from liftlock_datagen.masking.rows import _needed
from liftlock_datagen.masking.transformers import Bounds, Coarser, Reformed, Shifted, Transformer
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec
from tests.unit.datagen.test_mask_cells import changed

DATES = ColumnType("daterange", TypeKind.RANGE, subtype=ColumnType("date"))
NUMBERS = ColumnType("int4multirange", TypeKind.MULTIRANGE, subtype=ColumnType("int4"))


def chosen(kind: ColumnType | str, rule: Rule, **options: str) -> Transformer:
    found = ColumnType(kind) if isinstance(kind, str) else kind
    return Choice(Domain, key=("id",)).value(found, ValueSpec(Kind.AMOUNT, rule, options=options))


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        ("float8", "-12.5", r"-[1-9]{2}\.[1-9]"), ("float8", "1.7976931348623157e+308", r"[1-9]\.[1-9]{16}e\+300"),
        ("float4", "1e-38", r"[1-9]e-36"), ("float8", "NaN", "NaN"), ("float8", "0", "0"),
        ("interval", "1 year 2 mons -3 days +04:05:06.7", r"[1-9] year [1-9] mons -[1-9] days \+[1-9]{2}(:[1-5]{2}){2}\.[1-9]"),
        ("interval", "178000000 years", r"[1-9]{8} years"), ("interval", "00:00:00", r"00(:[1-5]{2}){2}"),
        ("point", "(1.5,-20)", r"\([1-9]\.[1-9],-[1-9]{2}\)"), ("bit", "10110", "[01]{5}"), ("money", "-$1,234.56", r"-[1-9]\d{3}\.\d\d"),
    ],
)  # fmt: skip
def test_a_pseudonym_has_the_form_of_the_value(kind: str, value: str, form: str) -> None:
    for rule in (Rule.PSEUDONYM, Rule.SYNTHETIC):
        by = ["7"] if rule is Rule.SYNTHETIC else None
        if kind != "money" or by is None:
            assert re.fullmatch(form, changed(chosen(kind, rule), value, by=by)[0])


def test_amounts_of_money_stay_different_and_within_their_type() -> None:
    amounts = [f"${number}.00" for number in range(100, 400)]
    made = changed(chosen("money", Rule.PSEUDONYM), *amounts)
    assert len(set(made)) == len(amounts)
    largest = changed(chosen("money", Rule.PSEUDONYM), "$9,999,999,999,999,999.99")[0]
    assert 10**17 <= int(largest.replace(".", "")) < 10**18
    with pytest.raises(DatagenError, match="too large"):
        changed(chosen("money", Rule.PSEUDONYM), "$92,233,720,368,547,758.07")


def test_ranges_keep_their_order_in_every_rule() -> None:
    spans = changed(chosen(DATES, Rule.PSEUDONYM), "[2020-01-01,2020-02-01)", "empty")
    assert all(low < high for low, high in (re.findall(r"\d{4}-\d\d-\d\d", span) for span in spans))
    shifted = chosen(DATES, Rule.SHIFT, days="9")
    [moved, open_, none] = changed(shifted, "[2020-01-11,2020-01-12)", "(,2020-01-12)", "empty")
    assert (len(moved), moved[1:12] != '"2020-01-11', open_[:2], none) == (27, True, "(,", "empty")
    assert moved[14:26] == open_[2:14]
    assert changed(chosen(DATES, Rule.GENERALISE), "[2020-01-11,2020-01-12)") == ['["2020-01-01","2020-01-01"]']
    assert changed(chosen(NUMBERS, Rule.GENERALISE, to="10"), "{[3,17),[25,)}") == ['{["0","10"],["20",]}']
    assert re.fullmatch(r"\{\[\d+,\d+\)\}", changed(chosen(NUMBERS, Rule.SYNTHETIC), "{[3,17)}", by=["1"])[0])


def test_the_bounds_of_a_range_move_with_the_subject_of_their_row() -> None:
    made = Bounds(Shifted("d", 9, "person", "person"))
    assert _needed(made) == ("person",)
    first, second = changed(made, "[2020-01-11,2020-01-12)", "[2020-01-11,2020-01-12)", by=["1", "1"])
    assert first == second


def test_coarser_values_of_each_type() -> None:
    assert changed(chosen("interval", Rule.GENERALISE, to="month"), "1 year 2 mons 3 days 04:05:06", "04:05:06") == [
        "1 year 2 mons",
        "00:00:00",
    ]
    assert changed(chosen("interval", Rule.GENERALISE, to="hour"), "3 days -04:05:06") == ["3 days -04:00:00"]
    assert changed(chosen("circle", Rule.GENERALISE, to="10"), "<(12.5,-1),7e+01>") == ["<(10,-10),70>"]
    assert changed(chosen("money", Rule.GENERALISE, to="100"), "$1,234.56", "-$1.00") == ["1200", "-100"]
    assert changed(chosen("bit", Rule.GENERALISE, to="2"), "11111", "11") == ["11000", "00"]


@pytest.mark.parametrize(
    ("kind", "to"), [("interval", "week"), ("line", "5"), ("tsquery", "5"), (ColumnType("bit", length=5), "5"), (NUMBERS, "1")]
)
def test_what_cannot_be_coarser_is_said(kind: ColumnType | str, to: str) -> None:
    with pytest.raises(UnfitError):
        chosen(kind, Rule.GENERALISE, to=to)


@pytest.mark.parametrize(
    "made",
    [Reformed("d", form) for form in ("float4", "float8", "interval", "geometric", "bits")]
    + [Bounds(Shifted("d", 9)), Coarser("interval", 1), Coarser("geometric", 5), Coarser("money", 5)],
)
def test_what_cannot_be_read_never_passes_and_never_shows(made: Transformer) -> None:
    with pytest.raises(DatagenError, match=r"^t\.c: ") as caught:
        changed(made, "s3cret")
    assert "s3cret" not in str(caught.value)
