"""Golden copies go: which ones and why, decided before anything is removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from liftlock.core.environment import Environment
from liftlock.core.errors import UsageError
from liftlock.core.snapshot import PrunePlan, plan_prune
from liftlock.services.golden import LOCK
from liftlock.services.parts import Parts


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A golden copy that stays, and why."""

    name: str
    database: str
    why: str


@dataclass(frozen=True, slots=True)
class PruneReport:
    """What went, or would go where it was not applied. freed: bytes, about. swept: what killed runs had left."""

    removed: tuple[str, ...]
    kept: tuple[KeptSnapshot, ...]
    freed: int
    applied: bool
    swept: tuple[str, ...] = ()


def plan_pruning(parts: Parts, declared: Sequence[Environment], *, keep: int | None, older_than: timedelta | None) -> PrunePlan:
    """What would go. declared: every environment that can be resolved, one of each class included."""
    if keep is None and older_than is None:
        raise UsageError("which golden copies are to go?", hint="say --keep N, --older-than DURATION, or both")
    names = frozenset(
        database.data.snapshot for environment in declared for database in environment.databases if database.data.snapshot is not None
    )
    return plan_prune(parts.snapshots.snapshots(), keep=keep, older_than=older_than, declared=names, now=parts.clock.now())


def report_of(plan: PrunePlan) -> PruneReport:
    """What the plan says, not applied."""
    kept = tuple(KeptSnapshot(item.name, item.database, why) for item, why in plan.kept)
    return PruneReport(tuple(item.name for item in plan.remove), kept, plan.freed, applied=False)


def prune(parts: Parts, plan: PrunePlan) -> PruneReport:
    """Removes what the plan says, and what killed runs left."""
    with parts.locks.hold(LOCK):
        for snapshot in plan.remove:
            parts.snapshots.remove(snapshot)
            parts.progress.step(f"removed {snapshot.name} ({snapshot.volume})")
        swept = tuple(parts.snapshots.sweep())
    return replace(report_of(plan), applied=True, swept=swept)
