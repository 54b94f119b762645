"""Looks at the declared engine: is it there, and what does its state hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from liftlock import __version__
from liftlock.core.config.text_rules import without_password
from liftlock.core.engine_report import EngineReport, RecordedStack
from liftlock.core.errors import LiftlockError
from liftlock.core.ports import Engine
from liftlock.core.project import EngineKind, EngineSettings
from liftlock_engine.backend import FileBackend
from liftlock_engine.locks import read_holder
from liftlock_engine.model import StackName


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """Where a project's engine has its things. backend: URL of another backend than the files in `state`; None for those."""

    project: str
    state: Path
    work: Path
    backend: str | None


def inspect_engine(settings: EngineSettings, place: EnginePlace, open_engine: Callable[[], Engine]) -> EngineReport:
    """The report. What is missing stands in it; nothing is raised for that."""
    choice = settings.choice
    version, cli, problem, remedy = __version__, None, None, None
    stacks: Sequence[RecordedStack] = ()
    try:
        if choice.kind is EngineKind.PULUMI:
            version, cli = _installed(place.work)
        stacks = _stacks(place, open_engine())
    except LiftlockError as err:
        problem, remedy = err.message, err.hint
    return EngineReport(
        declared=settings.kind,
        runs=choice.kind,
        reason=choice.reason,
        version=None if choice.kind is EngineKind.PULUMI and cli is None else version,
        cli=cli,
        backend=without_password(place.backend or f"file://{place.state.resolve()}"),
        configuration=str(place.state),
        secrets_provider=settings.secrets_provider,
        docker_provider=settings.docker_provider if choice.kind is EngineKind.PULUMI else None,
        stacks=tuple(stacks),
        problem=problem,
        remedy=remedy,
    )


def _installed(work: Path) -> tuple[str, str]:
    from liftlock.adapters.engines.pulumi.settings import NOTES  # noqa: PLC0415 - only where the CLI is the engine
    from liftlock.adapters.engines.pulumi.versions import require  # noqa: PLC0415

    found = require(work / NOTES)
    return found.version, str(found.path)


def _stacks(place: EnginePlace, engine: Engine) -> list[RecordedStack]:
    found = engine.stacks()
    return [RecordedStack(item.environment, item.resources, item.updated, _lock(place, item.environment)) for item in found]


def _lock(place: EnginePlace, environment: str) -> str | None:
    if place.backend is not None:
        return None
    folder = FileBackend(place.state).lock_folder(StackName(place.project, environment))
    holders = [read_holder(path) for path in sorted(folder.glob("*.json"))]
    return ", ".join(str(holder) for holder in holders if holder is not None) or None
