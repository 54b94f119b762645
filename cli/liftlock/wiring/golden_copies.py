"""Wiring of `liftlock data snapshot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.wiring.data import anonymisation, data_places, data_workspace

if TYPE_CHECKING:
    from liftlock.core.snapshot import PrunePlan
    from liftlock.services.data.snapshots.creation import SnapshotCreation
    from liftlock.services.data.snapshots.listing import SnapshotStatus
    from liftlock.services.data.snapshots.restoring import SnapshotRestoring
    from liftlock.wiring.work import Workspace


def snapshot_creation(repo: Path | None, environment: str | None) -> SnapshotCreation:
    """Makes golden copies."""
    from liftlock.services.data.snapshots.creation import SnapshotCreation

    work = data_workspace(repo, environment)
    return SnapshotCreation(work.parts, data_places(work), anonymisation(work))


def listed_snapshots(repo: Path | None) -> tuple[SnapshotStatus, ...]:
    """The golden copies that there are."""
    from liftlock.services.data.snapshots.listing import list_snapshots

    work = data_workspace(repo)
    return list_snapshots(work.parts, work.resolvable_environments())


def snapshot_restoring(repo: Path | None, environment: str | None) -> SnapshotRestoring:
    """Puts databases back to golden copies."""
    from liftlock.services.data.snapshots.restoring import SnapshotRestoring

    work = data_workspace(repo, environment)
    return SnapshotRestoring(work.parts, data_places(work))


def planned_pruning(work: Workspace, keep: int | None, older_than: str | None) -> PrunePlan:
    """Which golden copies would go."""
    from liftlock.services.data.snapshots.pruning import plan_pruning
    from liftlock.wiring import parse_duration

    age = parse_duration(older_than) if older_than else None
    return plan_pruning(work.parts, work.resolvable_environments(), keep=keep, older_than=age)
