"""Wiring of `liftlock data`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock.services.data.places import DataPlaces
    from liftlock.wiring.work import Workspace
    from liftlock_datagen.port import DataEngine


def data_engine() -> DataEngine:
    """What works on databases."""
    from liftlock_datagen.postgres import PostgresEngine

    return PostgresEngine()


def data_workspace(repo: Path | None, environment: str | None = None) -> Workspace:
    """The environments repository at work. environment: the one that the command is about, where it names one."""
    from liftlock.wiring import workspace

    return workspace(repo, runs=environment)


def data_places(work: Workspace) -> DataPlaces:
    """Where databases are."""
    from liftlock.services.data.places import DataPlaces

    declared = work.declared_environments()
    if not declared:
        raise UsageError("no environment is declared", hint="declare one in environments/")
    return DataPlaces(
        engine=work.engine,
        runtime=work.parts.runtime,
        secrets=work.parts.secrets,
        declared=work.environment,
        is_protected=work.is_protected,
        project=work.project.name,
        first=next((stage.environment for stage in work.project.pipeline), declared[0]),
        databases=work.project.databases,
    )
