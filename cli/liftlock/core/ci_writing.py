"""Which files of a CI platform are to be written beside those that are there. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from liftlock.core.errors import ConflictError


@dataclass(frozen=True, slots=True)
class CiWriting:
    """The plan. write: text by path. unchanged: there already. kept: the user's own, left as they are. differing: path -> diff."""

    write: Mapping[str, str]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    differing: Mapping[str, str]


def plan_writing(wanted: Mapping[str, str], present: Mapping[str, str], *, own: Collection[str], force: bool) -> CiWriting:
    """wanted: text by path. present: the texts of those paths that exist. own: paths that belong to the user once they exist."""
    kept = {path for path in own if path in present and present[path] != wanted.get(path)}
    different = [path for path, text in wanted.items() if path in present and present[path] != text and path not in kept]
    write = {path: text for path, text in wanted.items() if path not in present or (force and path in different)}
    return CiWriting(
        write=dict(sorted(write.items())),
        unchanged=tuple(sorted(path for path, text in wanted.items() if present.get(path) == text)),
        kept=tuple(sorted(kept)),
        differing={} if force else {path: _diff(path, present[path], wanted[path]) for path in sorted(different)},
    )


def require_no_difference(plan: CiWriting) -> None:
    """ConflictError with every diff where a file is there and is another."""
    if plan.differing:
        raise ConflictError(
            f"{', '.join(plan.differing)}: there already, and different; nothing was written\n" + "\n".join(plan.differing.values()),
            hint="look at the difference, then take the new text with --force, or leave the platform out",
        )


def _diff(path: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{path} (there)", f"{path} (new)", lineterm="")
    return "\n".join(lines)
