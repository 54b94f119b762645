"""Moments as people write them: a date and a time, in a named zone or with an offset. Never guessed: no zone, no moment."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liftlock.core.config.text_rules import MOMENT

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of what has no start."""


def find_zone(name: str) -> tzinfo:
    """The zone of that IANA name; ValueError in plain words where there is none. UTC is known on every machine."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("this is no IANA time zone, such as UTC or Europe/Berlin (or the machine has no zone data)") from None


def parse_moment(text: str, zone: str | None) -> datetime:
    """The moment in UTC. zone: what a time without offset is in; ValueError where it has neither, or where clocks skip or repeat it."""
    if not MOMENT.fits(text):
        raise ValueError(MOMENT.says)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise ValueError(f"this is no time: {err}") from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if zone is None:
        raise ValueError("the time has no zone: add an offset (+01:00, Z), or name the zone")
    return _in_zone(moment, find_zone(zone), zone)


def moment_text(moment: datetime, zone: str) -> str:
    """The moment as the zone's clocks show it, with their offset: parse_moment reads the same moment back."""
    return moment.astimezone(find_zone(zone)).isoformat(timespec="seconds").replace("+00:00", "Z")


def _in_zone(local: datetime, zone: tzinfo, name: str) -> datetime:
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None, fold=0) != local:
        raise ValueError(f"clocks in {name} skip this time; take another one")
    if first != second:
        raise ValueError(f"clocks in {name} show this time twice that day; add the offset ({moment_text(first, name)[-6:]} or the next)")
    return first
