"""What changed, for people: groups of names, as wide as the terminal."""

from __future__ import annotations

import shlex
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence

from liftlock.core.ports import ResourceChange

_WIDEST_PATHS = 3


def change_lines(groups: Mapping[str, Sequence[ResourceChange]], *, width: int | None = None) -> list[str]:
    """One paragraph per group: the names, with the paths that differ for what was there before. Never broken within a name."""
    room = width or max(40, shutil.get_terminal_size((120, 24)).columns)
    return [line for word, changes in groups.items() for line in _wrapped(word, [_shown(change) for change in changes], room)]


def names_lines(word: str, names: Sequence[str], *, width: int | None = None) -> list[str]:
    """The same of plain names."""
    return _wrapped(word, list(names), width or max(40, shutil.get_terminal_size((120, 24)).columns)) if names else []


def typed() -> str:
    """The command line as it was typed, to be typed again."""
    return shlex.join(["liftlock", *sys.argv[1:]])


def _shown(change: ResourceChange) -> str:
    if not change.properties or change.operation.value not in {"update", "replace"}:
        return change.name
    paths = change.properties[:_WIDEST_PATHS]
    more = len(change.properties) - len(paths)
    return f"{change.name} ({', '.join(paths)}{f' and {more} more' if more else ''})"


def _wrapped(word: str, texts: list[str], width: int) -> list[str]:
    head = f"  {word:<9}"
    # A name and its paths stay together: their blanks do not count as places to break.
    body = ", ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in texts)
    lines = textwrap.wrap(body, max(20, width - len(head)), break_long_words=False, break_on_hyphens=False)
    return [(head if i == 0 else " " * len(head)) + line.replace("\N{NO-BREAK SPACE}", " ") for i, line in enumerate(lines)]
