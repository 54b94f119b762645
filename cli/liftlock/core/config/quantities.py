"""Durations, times of day and sizes as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

from liftlock.core.moments import find_zone

DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"
MEMORY_PATTERN = r"^[0-9]+(\.[0-9]+)?(MiB|GiB)$"
TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"

_PARTS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = timedelta(days=3650)
_LEAST_MIB, _MOST_MIB = 6, 16_777_216


def parse_duration(value: object) -> timedelta:
    """`500ms`, `30s`, `1h30m`, `3d`; ValueError for anything else, a bare number included."""
    if isinstance(value, timedelta):
        return value
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(DURATION_PATTERN[1:-1], text):
        raise ValueError("a duration is a number with its unit: 500ms, 30s, 5m, 72h, 3d")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PARTS.findall(text))
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError("a duration is more than nothing and at most ten years")
    return timedelta(seconds=seconds)


def parse_memory(value: object) -> int:
    """MiB: an integer, or text such as `128MiB` or `1.5GiB`; ValueError for anything else."""
    mib: float = -1
    if isinstance(value, int) and not isinstance(value, bool):
        mib = value
    elif isinstance(value, str) and re.fullmatch(MEMORY_PATTERN[1:-1], value) and len(value) < 24:
        mib = float(value[:-3]) * (1024 if value.endswith("GiB") else 1)
    if mib < 0 or mib != int(mib):
        raise ValueError("memory is a whole number of MiB (128), or text with its unit: 128MiB, 2GiB")
    if not _LEAST_MIB <= mib <= _MOST_MIB:
        raise ValueError(f"memory is at least {_LEAST_MIB} MiB (no container starts with less) and at most 16 TiB")
    return int(mib)


def parse_time_of_day(value: object) -> int:
    """Minutes since midnight of `00:00` to `24:00`; ValueError for anything else."""
    if not isinstance(value, str) or not re.fullmatch(TIME_PATTERN, value):
        raise ValueError('a time of day is text with hours and minutes: "09:00", "17:30", "24:00"')
    hours, _, minutes = value.partition(":")
    return int(hours) * 60 + int(minutes)


def check_zone(value: object) -> str:
    """The name itself; ValueError where it names no time zone."""
    if not isinstance(value, str):
        raise ValueError("a time zone is an IANA name, such as UTC or Europe/Berlin")
    find_zone(value)
    return value


def duration_text(value: timedelta) -> str:
    """The shortest text that parse_duration reads back as the same duration (to the millisecond)."""
    rest = round(value.total_seconds() * 1000)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
