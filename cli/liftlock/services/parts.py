"""The ports that environment services stand on, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from liftlock.core.ports import (
    Clock,
    Engine,
    Ledger,
    Locks,
    Probe,
    Progress,
    Receipts,
    Registry,
    Runtime,
    Secrets,
    Seeder,
    Snapshots,
    Witness,
)

if TYPE_CHECKING:
    from liftlock_datagen.port import DataEngine


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything outside that creating, showing and removing environments needs. tool: what makes rows, with its version."""

    engine: Engine
    runtime: Runtime
    registry: Registry
    ledger: Ledger
    secrets: Secrets
    locks: Locks
    seeder: Seeder
    probe: Probe
    clock: Clock
    progress: Progress
    receipts: Receipts
    witness: Witness
    snapshots: Snapshots
    data: DataEngine
    tool: str
