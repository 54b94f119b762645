"""Moments and periods as people type them. Pure: what now is, is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from liftlock.core.config.quantities import parse_duration
from liftlock.core.errors import UsageError


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment that `30d` (so long ago), `2026-03-01` or `2026-03-01T12:00+01:00` names; a time without an offset is UTC."""
    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise UsageError(f"{text!r} is no moment", hint="such as 30d, 2026-03-01 or 2026-03-01T12:00+01:00") from err
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def span_text(value: timedelta) -> str:
    """How long, for people: its two largest units."""
    seconds = round(value.total_seconds())
    units = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    first = next((at for at, (count, _) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count}{unit}" for count, unit in units[first : first + 2] if count) or "0s"
