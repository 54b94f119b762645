"""The ports that environment services stand on, in one value."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.core.ports import Clock, Engine, Ledger, Locks, Probe, Progress, Receipts, Registry, Runtime, Secrets, Seeder, Witness


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything outside that creating, showing and removing environments needs."""

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
