"""How long to wait for a forge: at the most, and where it says "not now". No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from liftlock.adapters.forges.answers import Answer

_SECONDARY = 60.0  # what GitHub asks for where a secondary limit names no time


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on. waiting: seconds that all waits of one request may take together; connect, read: timeouts of one try;
    whole: how long one answer may take to arrive in full.
    """

    attempts: int = 6
    waiting: float = 300
    first: float = 0.5
    longest: float = 30
    connect: float = 5
    read: float = 30
    whole: float = 120


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after so many seconds, for this reason."""

    seconds: float
    reason: str


def rate_limit(answer: Answer, now: float, backoff: float) -> Wait | None:
    """The wait that a rate limit asks for; None where the answer is none. now: seconds since 1970. backoff: where no time is named.

    429 always is one. 403 is one where it says so: by `retry-after`, by no requests left, or in words (GitHub's secondary limits).
    """
    if answer.status not in (403, 429):
        return None
    named = _retry_after(answer.headers, now)
    if named is not None:
        return Wait(named, "rate limit")
    left = answer.headers.get("x-ratelimit-remaining") or answer.headers.get("ratelimit-remaining")
    reset = _number(answer.headers.get("x-ratelimit-reset") or answer.headers.get("ratelimit-reset"))
    if left == "0" and reset is not None:
        return Wait(max(1.0, reset - now + 1), "rate limit")
    if "secondary rate limit" in answer.said.lower() or "abuse detection" in answer.said.lower():
        return Wait(max(_SECONDARY, backoff), "secondary rate limit")
    return Wait(backoff, "rate limit") if answer.status == 429 else None


def said_wait(wait: Wait, now: float) -> str:
    """What to do after giving up."""
    if "rate limit" not in wait.reason:
        return "see that it runs and that this machine reaches it, then run the same command again"
    until = datetime.fromtimestamp(now + wait.seconds, UTC)
    return f"run the same command again after {until:%H:%M:%S} UTC"


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    text = headers.get("retry-after", "")
    seconds = _number(text)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
