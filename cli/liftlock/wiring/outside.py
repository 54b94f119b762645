"""What environments need of the world outside, for one environments repository."""

from __future__ import annotations

from pathlib import Path

from liftlock import __version__
from liftlock.adapters.clock import SystemClock
from liftlock.adapters.docker_runtime import DockerRuntime
from liftlock.adapters.http_probe import HttpProbe
from liftlock.adapters.locks import FileLocks
from liftlock.adapters.progress import PlainProgress
from liftlock.adapters.receipts.files import FileReceipts
from liftlock.adapters.receipts.look import LocalWitness
from liftlock.adapters.secret_sources import SecretSources
from liftlock.adapters.seeding import SyntheticSeeder
from liftlock.adapters.snapshots.vault import DockerSnapshots
from liftlock.core.ports import Engine, Registry
from liftlock.core.project import Project
from liftlock.services.parts import Parts
from liftlock.wiring import clones
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.snapshots.tool import vocabulary_digest


def outside_parts(root: Path, project: Project, engine: Engine, registry: Registry, progress: PlainProgress) -> Parts:
    """Every port, with its real adapter."""
    return Parts(
        engine=engine,
        runtime=DockerRuntime(project.id),
        registry=registry,
        ledger=clones.ledger(root, project.forge),
        secrets=SecretSources(root),
        locks=FileLocks(root / ".liftlock" / "locks", progress),
        seeder=SyntheticSeeder(root),
        probe=HttpProbe(),
        clock=SystemClock(),
        progress=progress,
        receipts=FileReceipts(root / ".liftlock" / "receipts"),
        witness=LocalWitness(root, SecretSources(root).resolve),
        snapshots=DockerSnapshots(project.name, project.id, root),
        data=PostgresEngine(),
        tool=f"liftlock {__version__}, vocabulary {vocabulary_digest()}",
    )
