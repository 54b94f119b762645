"""Paths of documents as data/<database>.yaml writes them: `$.contact.email`, `$.tags[*]` (each item), `$.notes.*` (any key), `$."a b"`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import Enum


class Each(Enum):
    """A step that leads to more than one place."""

    KEY = ".*"
    ITEM = "[*]"


Step = str | Each
"""A key, or each of what is there."""
Path = tuple[Step, ...]

_PLAIN = re.compile(r'[^.\[\]"*\s]+')
_STEP = re.compile(rf'(\.\*|\[\*\])|\.({_PLAIN.pattern})|\.("(?:[^"\\]|\\.)+")')


def parse_path(text: str) -> Path | None:
    """The steps that the text names, from the document's root; None where it is no path."""
    steps: list[Step] = []
    end = 1
    while text.startswith("$") and end < len(text) and (match := _STEP.match(text, end)):
        each, key, quoted = match.groups()
        try:
            steps.append(Each(each) if each else key or str(json.loads(quoted)))
        except ValueError:  # an escape that JSON does not have
            return None
        end = match.end()
    return tuple(steps) if text.startswith("$") and end == len(text) else None


def path_text(path: Path) -> str:
    """The text that parse_path reads as this path."""
    return "$" + "".join(map(_step_text, path))


def is_covered(path: str, patterns: Iterable[str], *, around: bool = False) -> bool:
    """Whether a path is said already: by itself, or by one with `.*` where it has a key. around: or what it is in is."""
    steps = parse_path(path) or ()
    return any(_covers(parse_path(pattern) or (), steps, around=around) for pattern in patterns)


def _covers(pattern: Path, steps: Path, *, around: bool) -> bool:
    if len(pattern) > len(steps) or (len(pattern) < len(steps) and not around):
        return False
    return all(said == step or (said is Each.KEY and step is not Each.ITEM) for said, step in zip(pattern, steps, strict=False))


def _step_text(step: Step) -> str:
    if isinstance(step, Each):
        return step.value
    return f".{step}" if _PLAIN.fullmatch(step) else "." + json.dumps(step, ensure_ascii=False)
