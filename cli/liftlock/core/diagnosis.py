"""What `doctor` finds: one finding per part that liftlock needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a part is."""

    OK = "ok"
    MISSING = "missing"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: what was found, and how to get it where it is missing."""

    part: str
    verdict: Verdict
    found: str
    remedy: str | None = None
