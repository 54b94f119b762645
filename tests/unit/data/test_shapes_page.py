"""The page that shows generated rows beside a profile."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.adapters.data_shapes_page import render_shapes
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.profile.compare import compare_profiles
from liftlock_datagen.profile.model import ColumnProfile, Histogram, Profile, TableProfile, Unit

_T = TableName("public", "<script>t")
_COLUMNS = {
    "n": ColumnProfile(0.1, 10, 4, None, (), (), Histogram(Unit.NUMBER, (0, 10, 10, 50))),
    "day": ColumnProfile(0, -1, 4, None, (), (), Histogram(Unit.DAY, (0, 10, 365))),
    "state": ColumnProfile(0, 2, 4, None, (), (("a&b", 0.75), ("c", 0.25))),
    "p": ColumnProfile(0, 100, 4, None, (0.5, 0.1)),
    "text": ColumnProfile(0, -1, 40),
}
_PROFILE = Profile({_T: TableProfile(1000, 8192, 8192, _COLUMNS), TableName("public", "gone"): TableProfile(None)})
_MADE = Profile(
    {_T: TableProfile(100, 8192, 8192, {**_COLUMNS, "n": replace(_COLUMNS["n"], histogram=Histogram(Unit.NUMBER, (100, 150, 200)))})}
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def _page(profiled: Profile = _PROFILE, made: Profile = _MADE) -> str:
    return render_shapes(compare_profiles(profiled, made), place="dev/shop", profile="data/shop.profile.json")


def test_the_page_is_one_file_without_scripts_that_fits_a_phone_and_the_night() -> None:
    page = _page()
    reader = _Reader()
    reader.feed(page)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert not re.search(r"(src|href|url)\s*[=(]", page)
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert "&lt;script&gt;t" in page
    assert "a&amp;b" in page


def test_each_kind_of_figure_has_its_plot_and_its_verdict() -> None:
    page = _page()
    assert page.count("<svg") == 3
    assert "close: 0 % of the rows lie in another range than profiled" in page
    assert "far: 100 % of the rows lie in another range than profiled" in page
    assert " apart" not in page
    assert "75.0 %" in page
    assert "public.gone" in page


def test_the_same_shape_is_nowhere_apart() -> None:
    assert set(compare_profiles(_PROFILE, _PROFILE).distances) == {0.0}


def test_rounding_the_profile_alone_is_no_distance() -> None:
    """The profile's outermost bounds stand for all rows beyond them; the rows that were made are read as they are."""
    rounded, exact = Histogram(Unit.NUMBER, (50, 50, 100, 150, 150)), Histogram(Unit.NUMBER, (0, 50, 100, 150, 200))
    elsewhere = Histogram(Unit.NUMBER, (300, 400))
    for made, distance in ((exact, 0.0), (elsewhere, 0.75)):
        before, after = (Profile({_T: TableProfile(200, columns={"n": ColumnProfile(histogram=shape)})}) for shape in (rounded, made))
        assert compare_profiles(before, after).distances[0] == pytest.approx(distance)


def test_a_database_without_common_tables_says_so() -> None:
    assert "There is no table that both know" in _page(_PROFILE, Profile())


_Bounds = tuple[float, ...]
_BOUNDS = st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=9).map(lambda found: tuple(sorted(found)))


@settings(max_examples=60)
@given(_BOUNDS, _BOUNDS, st.lists(st.floats(0.001, 0.3), max_size=5), st.integers(0, 10**6))
def test_distances_lie_between_nothing_and_everything(
    one: tuple[float, ...], other: tuple[float, ...], shares: list[float], rows: int
) -> None:
    columns = {"h": ColumnProfile(histogram=Histogram(Unit.NUMBER, one)), "f": ColumnProfile(distinct=9, frequencies=tuple(sorted(shares)))}
    made = {**columns, "h": ColumnProfile(histogram=Histogram(Unit.NUMBER, other))}
    found = compare_profiles(Profile({_T: TableProfile(rows, columns=columns)}), Profile({_T: TableProfile(rows, columns=made)}))
    assert all(-1e-9 <= distance <= 1 for distance in found.distances)
    assert "<svg" in render_shapes(found, place="p", profile="f")
