"""Windows by a zone's own clocks, summer time included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.core.gates.calendar import is_open, next_opening, window_text, windows_gate
from liftlock.core.gates.result import GatePhase
from liftlock.core.project import Window

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = Window(frozenset({0, 1, 2, 3}), 9 * 60, 16 * 60, "Europe/Berlin")
NIGHT = Window(frozenset({4}), 22 * 60, 4 * 60, "Europe/Berlin")


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (WORKDAYS, "2026-03-02T08:59", False),
        (WORKDAYS, "2026-03-02T09:00", True),
        (WORKDAYS, "2026-03-02T15:59", True),
        (WORKDAYS, "2026-03-02T16:00", False),
        (WORKDAYS, "2026-03-06T10:00", False),
        (WORKDAYS, "2026-07-06T09:00", True),
        (NIGHT, "2026-03-06T22:00", True),
        (NIGHT, "2026-03-07T03:59", True),
        (NIGHT, "2026-03-07T04:00", False),
        (NIGHT, "2026-03-06T03:00", False),
    ],
)
def test_a_window_is_open_by_the_clocks_of_its_zone(window: Window, moment: str, expected: bool) -> None:
    assert is_open(window, berlin(moment)) is expected


@pytest.mark.parametrize(
    ("window", "after", "opening"),
    [
        (WORKDAYS, "2026-03-05T17:00", "2026-03-09T09:00"),
        (WORKDAYS, "2026-03-27T12:00", "2026-03-30T09:00"),
        (NIGHT, "2026-03-02T12:00", "2026-03-06T22:00"),
        # 2026-03-29: clocks go from 02:00 to 03:00, so a window from 02:30 opens at 03:00.
        (Window(frozenset({6}), 150, 240, "Europe/Berlin"), "2026-03-29T00:00", "2026-03-29T03:00"),
    ],
)
def test_the_next_opening_follows_the_clocks(window: Window, after: str, opening: str) -> None:
    assert next_opening(window, berlin(after)) == berlin(opening)


def test_a_repeated_hour_opens_twice() -> None:
    """2026-10-25: clocks go from 03:00 back to 02:00."""
    window = Window(frozenset({6}), 150, 165, "Europe/Berlin")
    first = next_opening(window, berlin("2026-10-25T00:00"))
    assert first == berlin("2026-10-25T02:30")
    assert next_opening(window, berlin("2026-10-25T02:50")) == berlin("2026-10-25T02:30", fold=1)


def test_the_gate_names_the_windows_and_the_earliest_opening() -> None:
    gate = windows_gate([WORKDAYS, NIGHT], berlin("2026-03-06T12:00"), hotfix=False)
    assert (gate.phase, gate.policy, gate.clears_at) == (GatePhase.PENDING, True, berlin("2026-03-06T22:00"))
    assert "mon, tue, wed, thu 09:00-16:00 Europe/Berlin" in gate.reason
    assert windows_gate([WORKDAYS], berlin("2026-03-02T12:00"), hotfix=False).passed


def test_hotfixes_pass_only_where_the_window_lets_them() -> None:
    night = berlin("2026-03-02T02:00")
    assert not windows_gate([WORKDAYS], night, hotfix=True).passed
    open_for_hotfixes = Window(WORKDAYS.days, WORKDAYS.opens, WORKDAYS.closes, "UTC", hotfix=True)
    assert windows_gate([open_for_hotfixes], night, hotfix=True).passed
    assert not windows_gate([open_for_hotfixes], night, hotfix=False).passed


def test_a_window_reads_as_it_was_declared() -> None:
    assert window_text(Window(frozenset(range(7)), 0, 1440, "UTC")) == "every day 00:00-24:00 UTC"


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Window,
        st.frozensets(st.integers(0, 6), min_size=1),
        st.integers(0, 95).map(lambda quarter: quarter * 15),
        st.integers(1, 96).map(lambda quarter: quarter * 15),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC, second=0, microsecond=0)),
)
def test_before_the_next_opening_it_is_closed_and_at_it_it_is_open(window: Window, now: datetime) -> None:
    opening = next_opening(window, now)
    if is_open(window, now) or opening is None:
        return
    assert is_open(window, opening)
    assert not is_open(window, opening - timedelta(minutes=1))
    assert opening - now <= timedelta(days=8)
