"""What a reviewer wants to see beside a promotion's plan: what other environments run, and how the target stands now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liftlock.core.drift import DriftReport, ResourceDrift
from liftlock.core.ports import StackResult, StepOperation
from liftlock.core.release import ReleasedImage


@dataclass(frozen=True, slots=True)
class LiveLook:
    """What a look at the running target found: what the promotion would change there, and what differs there already.

    One line each, with names of resources and properties and never a value: a pull request is read by many.
    """

    preview: tuple[str, ...]
    drift: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """elsewhere: environment -> service -> its image there (None: it has none), in the pipeline's order. live: None where nobody looked."""

    elsewhere: Mapping[str, Mapping[str, ReleasedImage | None]] = field(default_factory=dict)
    live: LiveLook | None = None


def preview_lines(result: StackResult) -> tuple[str, ...]:
    """What would change, and what could not be told."""
    changes = [change for change in result.changes if change.operation is not StepOperation.SAME]
    lines = [f"{change.operation.value} {change.name}{_listed(change.properties)}" for change in changes]
    lines += [f"cannot be told for {name}" for name in (*result.failures, *result.skipped)]
    return tuple(lines) or ("nothing",)


def drift_lines(report: DriftReport) -> tuple[str, ...]:
    """What differs in the target now from what was last applied, and whether all of it could be seen."""
    found = [resource for resource in report.resources if resource.drift is not ResourceDrift.IN_SYNC]
    lines = [f"{resource.drift.value} {resource.name}{_listed([item.path for item in resource.properties])}" for resource in found]
    if not report.complete:
        lines.append("not every resource could be looked at")
    return tuple(lines) or ("none",)


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f" ({', '.join(names[:most])}{more})" if names else ""
