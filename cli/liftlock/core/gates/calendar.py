"""Windows: the days and times of a zone's own clocks at which a release may enter. Pure.

Open is what the clocks say: where they skip an hour the window opens when they land in it, where they repeat one it is open twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from liftlock.core.gates.result import GateMoment, GateResult, passed, refused
from liftlock.core.moments import find_zone
from liftlock.core.project import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD = 9 * 24 * 60
_MINUTE = timedelta(minutes=1)


def windows_gate(windows: Sequence[Window], now: datetime, *, hotfix: bool) -> GateResult:
    """Passes inside any of the windows, and for a hotfix where one of them lets hotfixes pass."""
    said = "; ".join(map(window_text, windows))
    if any(is_open(window, now) for window in windows):
        return passed("window", f"open now: {said}", moment=GateMoment.MERGE)
    if hotfix and any(window.hotfix for window in windows):
        return passed("window", f"closed, but open for hotfixes: {said}", moment=GateMoment.MERGE)
    opening = min(filter(None, (next_opening(window, now) for window in windows)), default=None)
    return refused("window", f"closed now; open: {said}", "liftlock.yaml", clears_at=opening, moment=GateMoment.MERGE)


def is_open(window: Window, moment: datetime) -> bool:
    """Whether the zone's clocks show a time inside the window."""
    local = moment.astimezone(find_zone(window.zone))
    minute, today = local.hour * 60 + local.minute, local.weekday()
    if window.opens < window.closes:
        return today in window.days and window.opens <= minute < window.closes
    return (today in window.days and minute >= window.opens) or ((today - 1) % 7 in window.days and minute < window.closes)


def next_opening(window: Window, after: datetime) -> datetime | None:
    """The first whole minute after `after` at which the window is open; None for one that never opens.

    Every minute of the days ahead is looked at: no rule about skipped and repeated hours can be got wrong.
    """
    first = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    ahead = (first + minute * _MINUTE for minute in range(_LOOK_AHEAD))
    return next((moment for moment in ahead if is_open(window, moment)), None)


def window_text(window: Window) -> str:
    """Such as `mon, tue 09:00-16:00 Europe/Berlin`."""
    days = ", ".join(DAYS[day] for day in sorted(window.days)) if len(window.days) < len(DAYS) else "every day"
    return f"{days} {_clock(window.opens)}-{_clock(window.closes)} {window.zone}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
