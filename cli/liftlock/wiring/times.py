"""Moments and durations, as people type them and as the clock has them."""

from __future__ import annotations

from datetime import datetime, timedelta


def now() -> datetime:
    """The present moment."""
    from liftlock.adapters.clock import SystemClock

    return SystemClock().now()


def parse_moment(text: str | None) -> datetime | None:
    """The moment that `30d`, a date or a time names; None for None."""
    from liftlock.core.period import parse_moment as parse

    return None if text is None else parse(text, now())


def parse_duration(text: str) -> timedelta:
    """A duration such as 8h; UsageError for anything else."""
    from liftlock.core.config.quantities import parse_duration as parse
    from liftlock.core.errors import UsageError

    try:
        return parse(text)
    except ValueError as err:
        raise UsageError(f"{text!r} is not a duration: {err}", hint="such as 45m, 8h or 3d") from err
