"""Ranges of Pulumi versions, which programs ask for with `pulumi.require_pulumi_version`: `>=3.1.0 !3.7.7 || 4.x`. Pure."""

from __future__ import annotations

import re
from typing import Final

Version = tuple[int, int, int]
SPOKEN: Final[Version] = (3, 256, 0)
"""The Pulumi that this engine answers as: the tests hold it to what that one does."""
_COMPARATOR: Final = re.compile(r"(>=|<=|==|!=|>|<|=|!)?\s*(\d+)\.(?:(\d+)\.(\d+)|(\d+)\.x|x(?:\.x)?)(?=\s|$)")


def satisfies(range_: str, version: Version = SPOKEN) -> bool:
    """Whether the version is in the range; ValueError where the text is no range."""
    parts = [_comparators(part) for part in range_.split("||")]
    return any(all(_holds(*comparator, version) for comparator in part) for part in parts)


def _comparators(text: str) -> list[tuple[str, Version, Version]]:
    """Of each comparator its operator, the lowest version that it names, and the lowest one above those that it names."""
    found: list[tuple[str, Version, Version]] = []
    rest = text.strip()
    while rest or not found:
        match = _COMPARATOR.match(rest)
        if match is None:
            raise ValueError(f"{text.strip()!r} is no range of versions")
        operator, major, minor, patch, any_patch_of = match.groups()
        a, b, c = int(major), int(minor or any_patch_of or 0), int(patch or 0)
        above = (a, b, c + 1) if patch else (a, b + 1, 0) if any_patch_of else (a + 1, 0, 0)
        found.append((operator or "=", (a, b, c), above))
        rest = rest[match.end() :].strip()
    return found


def _holds(operator: str, low: Version, above: Version, version: Version) -> bool:
    match operator:
        case ">=":
            return version >= low
        case ">":
            return version >= above
        case "<":
            return version < low
        case "<=":
            return version < above
        case "=" | "==":
            return low <= version < above
        case _:
            return not low <= version < above
