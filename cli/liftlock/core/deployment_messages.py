"""What a run did, in words: grouped changes, and the text of a run that failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.core.ports import ResourceChange, StackResult, StepOperation

_DONE = {
    StepOperation.CREATE: "created",
    StepOperation.UPDATE: "updated",
    StepOperation.REPLACE: "replaced",
    StepOperation.DELETE: "removed",
}
_PLANNED = {
    StepOperation.CREATE: "create",
    StepOperation.UPDATE: "update",
    StepOperation.REPLACE: "replace",
    StepOperation.DELETE: "remove",
}
_SHOWN = 8
"""Names of a group that a failure's text gives; the summary of a run gives all."""


def done(changes: Sequence[ResourceChange]) -> Mapping[str, Sequence[ResourceChange]]:
    """created, updated, replaced, removed -> the changes, without what stayed the same and without empty groups."""
    return _grouped(changes, _DONE)


def planned(changes: Sequence[ResourceChange]) -> Mapping[str, Sequence[ResourceChange]]:
    """The same of a preview: create, update, replace, remove."""
    return _grouped(changes, _PLANNED)


def unchanged(changes: Sequence[ResourceChange]) -> int:
    """How many resources stayed as they were."""
    return sum(change.operation not in _DONE for change in changes)


def failure_text(title: str, result: StackResult, *, serving: str = "") -> str:
    """The failed resources with their reasons, what was done and is kept, what was not begun, and what still serves."""
    kept = [f"{word} {_names([change.name for change in group])}" for word, group in done(result.changes).items()]
    same = unchanged(result.changes)
    kept += [f"{same} unchanged"] if same else []
    return "\n".join(
        [
            reasons_text(title, result.failures),
            *([f"kept: {'; '.join(kept)}"] if kept else []),
            *([f"not begun, because it needs what failed: {_names(result.skipped)}"] if result.skipped else []),
            *([f"still serving: {serving}"] if serving else []),
        ]
    )


def reasons_text(title: str, failures: Mapping[str, str]) -> str:
    """The title, and a line for each failure."""
    return "\n".join([title, *(f"  {name}: {reason}" for name, reason in failures.items())])


def _grouped(changes: Sequence[ResourceChange], words: Mapping[StepOperation, str]) -> Mapping[str, Sequence[ResourceChange]]:
    groups = {word: [change for change in changes if change.operation is operation] for operation, word in words.items()}
    return {word: group for word, group in groups.items() if group}


def _names(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
