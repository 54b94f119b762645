"""Dates that are shifted, and values that are made coarser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

import numpy as np

from liftlock_datagen.masking.digests import digest_words
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Coarser, Shifted

_INTERVAL = re.compile(rb"([+-]?\d+ years? ?)?([+-]?\d+ mons? ?)?([+-]?\d+ days? ?)?(?:([+-]?\d+):\d\d:\d\d(?:\.\d+)?)?")
_ENDLESS = frozenset({b"infinity", b"-infinity"})


def shifted(made: Shifted, key: bytes, values: Sequence[bytes], subjects: Sequence[bytes]) -> list[bytes]:
    """Each date moved by its subject's days; the time of day stays. UnparsedError for a date that is not in the years 1 to 9999."""
    known = dict.fromkeys(subjects, 0)
    words, _ = digest_words(key, known)
    span = np.uint64(2 * made.days)
    steps = (words % span).astype(np.int64) - made.days
    steps[steps >= 0] += 1  # every subject is moved
    moves = dict(zip(known, steps.tolist(), strict=True))
    ordinary = [place for place, value in enumerate(values) if value not in _ENDLESS]
    days = _days([values[place] for place in ordinary]) + np.array([moves[subjects[place]] for place in ordinary], np.int64)
    texts = np.datetime_as_string(days.astype("datetime64[D]")).astype("S").tolist() if ordinary else []
    out = list(values)
    for place, text in zip(ordinary, texts, strict=True):
        if len(text) != 10:
            raise UnparsedError("a date leaves the years 1 to 9999 when it is shifted")
        out[place] = text + values[place][10:]
    return out


def _days(values: Sequence[bytes]) -> np.typing.NDArray[np.int64]:
    if any(len(value) < 10 or value[4:5] != b"-" or value.endswith(b"BC") for value in values):
        raise UnparsedError("a date is not in the years 1 to 9999")
    try:
        return np.array([value[:10] for value in values], "S10").astype("datetime64[D]").astype(np.int64)
    except ValueError:
        raise UnparsedError("a date is not in the years 1 to 9999") from None


def coarser(made: Coarser, values: Sequence[bytes]) -> list[bytes]:
    """Each value at the coarser step. UnparsedError for one that is not of the form."""
    match made.to:
        case "number":
            return [_floor(value, made.width) for value in values]
        case "text":
            return [_beginning(value, made.width) for value in values]
        case "money":
            return [_floor(value.replace(b"$", b"").replace(b",", b""), made.width) for value in values]
        case "geometric":
            return [_grid(value, made.width) for value in values]
        case "bits":
            return [(value[: made.width] if len(value) > made.width else b"").ljust(len(value), b"0") for value in values]
        case "interval":
            return [_long_parts(value, made.width) for value in values]
        case to:
            _days([value for value in values if value not in _ENDLESS])
            return [value if value in _ENDLESS else _period(value, to) for value in values]


def _period(value: bytes, to: str) -> bytes:
    day = {"year": value[:4] + b"-01-01", "month": value[:7] + b"-01", "decade": value[:3] + b"0-01-01"}[to]
    if day.startswith(b"0000"):
        raise UnparsedError("a date is before the first decade")
    rest = value[10:]
    return day + (b" 00:00:00" + rest[rest.find(b"+") :] * (b"+" in rest) if rest else b"")


def _floor(value: bytes, width: int) -> bytes:
    if value in {b"NaN", b"Infinity", b"-Infinity"}:
        return value
    try:
        steps = (Decimal(value.decode()) / width).to_integral_value(ROUND_FLOOR)
    except (InvalidOperation, ValueError, UnicodeDecodeError):
        raise UnparsedError("a value is no number that has a range") from None
    return str(int(steps) * width).encode()


def _grid(value: bytes, width: int) -> bytes:
    if re.fullmatch(rb"(?:[-+.,()\[\]{}<>e\d]|NaN|Infinity)+", value) is None:
        raise UnparsedError("a value is no geometric one that can be read")
    return re.sub(rb"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", lambda found: _floor(found[0], width), value)


def _long_parts(value: bytes, smallest: int) -> bytes:
    """The years, months, days and hours of an interval, as far as the smallest of them that is wanted."""
    found = _INTERVAL.fullmatch(value)
    if found is None:
        raise UnparsedError("a value is no interval that can be read")
    parts = [found[number] or b"" for number in range(1, smallest + 2)]
    if smallest == 3 and parts[3]:
        parts[3] += b":00:00"
    return b" ".join(part.strip() for part in parts if part) or b"00:00:00"


def _beginning(value: bytes, width: int) -> bytes:
    text = value.decode()
    return text[:width].encode() if len(text) > width else b""
