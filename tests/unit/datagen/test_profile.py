"""What of a database's statistics leaves it, and in which form."""

from __future__ import annotations

import json
from itertools import pairwise

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.profile.coarsen import COARSE, FINE, Grain, Observed, coarse_frequencies, coarse_histogram
from liftlock_datagen.profile.file import ProfileFile, parse_profile, profile_text
from liftlock_datagen.profile.model import ColumnProfile, Histogram, Profile, TableProfile, Unit
from liftlock_datagen.profile.showing import ColumnFacts, Showing, showing_of
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec

_T = TableName("public", "t")


@st.composite
def _observed(draw: st.DrawFn) -> Observed:
    bounds = tuple(sorted(draw(st.lists(st.floats(-1e6, 1e6), max_size=40))))
    values = draw(st.lists(st.floats(-1e6, 1e6), max_size=8, unique=True))
    common = tuple((value, 0.5 / len(values)) for value in values)
    return Observed(common, bounds, draw(st.sampled_from((0.0, 0.3, 1.0))), draw(st.sampled_from((0, 40, 400, 1e6))))


@settings(max_examples=60)
@given(_observed(), st.sampled_from((FINE, COARSE)), st.sampled_from(Unit), st.booleans())
def test_a_histogram_rises_has_rows_enough_in_each_bucket_and_stays_inside_what_was_seen(
    observed: Observed, grain: Grain, unit: Unit, whole: bool
) -> None:
    found = coarse_histogram(observed, unit, grain, whole=whole)
    present = observed.rows * (1 - observed.nulls)
    if found is None:
        assert present < 2 * grain.rows or not (observed.common or len(observed.bounds) > 1)
        return
    assert all(before <= after for before, after in pairwise(found.bounds))
    buckets = len(found.bounds) - 1
    assert present / (sum(found.weights) or buckets) >= grain.rows
    assert buckets <= grain.buckets
    assert not found.weights or len(found.weights) == buckets


def test_a_histogram_shows_neither_extremes_nor_exact_values() -> None:
    bounds = (13.37, *(float(x) + 0.01 for x in range(1000, 2000, 10)), 987654.32)
    found = coarse_histogram(Observed(((1234.56, 0.1),), bounds, 0, 1e6), Unit.NUMBER, FINE, whole=False)
    assert found is not None
    assert min(found.bounds) >= 1000
    assert max(found.bounds) <= 2000
    assert all(bound % 20 == 0 for bound in found.bounds)


def test_bounds_that_fall_together_by_rounding_are_no_common_value() -> None:
    bounds = tuple(float(x) for x in range(100)) + (10000.0,) * 100
    found = coarse_histogram(Observed(((7.0, 0.4),), bounds, 0, 1e6), Unit.NUMBER, FINE, whole=True)
    assert found is not None
    assert [(low, high) for low, high in pairwise(found.bounds) if low == high] == [(0, 0), (10000, 10000)]
    assert sum(found.weights) == 25


def test_birth_dates_are_shown_in_years_at_least() -> None:
    days = tuple(float(day) for day in range(-10000, 5000, 150))
    found = coarse_histogram(Observed((), days, 0, 1e5), Unit.DAY, COARSE, whole=True)
    assert found is not None
    assert all(bound % 365 == 0 for bound in found.bounds)


def test_a_common_value_that_few_rows_have_leaves_no_share() -> None:
    assert coarse_frequencies([0.5, 0.03, 0.1], 1000) == (0.5, 0.1)


@pytest.mark.parametrize(
    ("facts", "value", "showing"),
    [
        (ColumnFacts(_T, "name", "text"), None, Showing.COUNTS),
        (ColumnFacts(_T, "name", "text"), ValueSpec(Kind.PERSON_NAME, Rule.KEEP), Showing.COUNTS),
        (ColumnFacts(_T, "state", "text"), ValueSpec(Kind.CATEGORY, Rule.KEEP), Showing.VALUES),
        (ColumnFacts(_T, "state", "text"), ValueSpec(Kind.CATEGORY, Rule.PSEUDONYM), Showing.COUNTS),
        (ColumnFacts(_T, "state", "text", unique=True), ValueSpec(Kind.CATEGORY, Rule.KEEP), Showing.COUNTS),
        (ColumnFacts(_T, "state", "mood", enum=True), None, Showing.VALUES),
        (ColumnFacts(_T, "ill", "bool"), ValueSpec(Kind.HEALTH, Rule.SYNTHETIC), Showing.COUNTS),
        (ColumnFacts(_T, "n", "int4"), None, Showing.COUNTS),
        (ColumnFacts(_T, "n", "int4"), ValueSpec(Kind.NUMBER, Rule.KEEP), Showing.FINE),
        (ColumnFacts(_T, "n", "int4"), ValueSpec(Kind.NATIONAL_ID, Rule.KEEP), Showing.COUNTS),
        (ColumnFacts(_T, "n", "int4", unique=True), ValueSpec(Kind.NUMBER, Rule.KEEP), Showing.COUNTS),
        (ColumnFacts(_T, "n", "int4", refers=True), ValueSpec(Kind.NUMBER, Rule.KEEP), Showing.COUNTS),
        (ColumnFacts(_T, "salary", "numeric"), ValueSpec(Kind.AMOUNT, Rule.KEEP), Showing.COARSE),
        (ColumnFacts(_T, "born", "date"), ValueSpec(Kind.BIRTH_DATE, Rule.SHIFT), Showing.COARSE),
        (ColumnFacts(_T, "at", "timestamptz"), ValueSpec(Kind.MOMENT, Rule.SHIFT), Showing.FINE),
        (ColumnFacts(_T, "paid", "money"), ValueSpec(Kind.AMOUNT, Rule.KEEP), Showing.COUNTS),
    ],
)
def test_what_is_shown_follows_from_type_and_classification(facts: ColumnFacts, value: ValueSpec | None, showing: Showing) -> None:
    assert showing_of(facts, value) is showing


def _profile() -> Profile:
    columns = {
        "ü 1": ColumnProfile(0.25, -0.5, 12, 0.98, (0.5, 0.125)),
        "state": ColumnProfile(0, 3, 4, None, (), (("new", 0.75), ('"x"', 0.25))),
        "n": ColumnProfile(0, 10, 4, 1, (), (), Histogram(Unit.NUMBER, (0.5, 2.0, 1000.0), (1, 2))),
        "day": ColumnProfile(histogram=Histogram(Unit.DAY, (-365.0, 0.0, 0.0, 365.0))),
        "at": ColumnProfile(histogram=Histogram(Unit.MOMENT, (-86400.0, 0.0, 1e9))),
    }
    return Profile({_T: TableProfile(1000, 8192, 16384, columns), TableName("Zwei", "t"): TableProfile(None)})


def test_a_profile_is_read_back_as_it_was_written() -> None:
    text = profile_text(_profile())
    assert parse_profile(text, "f") == _profile()
    assert profile_text(parse_profile(text, "f")) == text
    jsonschema.validate(json.loads(text), ProfileFile.model_json_schema())


def test_an_empty_profile_is_a_file_too() -> None:
    assert parse_profile(profile_text(Profile()), "f") == Profile()


def _with_histogram(text: str) -> str:
    column = '{"c": {"histogram": {"unit": ' + text + "}}}"
    return '{"format": "liftlock/data-profile/v1", "tables": {"a": {"b": {"rows": 1, "columns": ' + column + "}}}}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "f: Invalid JSON"),
        ('{"format": "liftlock/data-profile/v2", "tables": {}}', "f: format: Input should be"),
        ('{"format": "liftlock/data-profile/v1", "tables": {"a": {"b": {"rows": -1}}}}', "f: tables.a.b.rows: "),
        (_with_histogram('"number", "bounds": [1, 3, 2]'), "f: the bounds of a histogram must rise"),
        (_with_histogram('"day", "bounds": ["x", "y", "z"]'), "f: Invalid isoformat string"),
    ],
)
def test_a_broken_profile_says_where(text: str, message: str) -> None:
    with pytest.raises(DatagenError) as caught:
        parse_profile(text, "f")
    assert caught.value.message.startswith(message)
