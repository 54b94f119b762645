"""Shows environments: what is declared, what runs, how it is. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liftlock.core.image import ImageRef
from liftlock.core.ports import Clock, Engine, Health, RunningPart, Runtime, StackSummary
from liftlock.core.release import release_id
from liftlock.core.stack import port_of, url


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One service, database or router of an environment as it runs. digest is None where what runs was not deployed by digest."""

    name: str
    role: str
    digest: str | None
    health: Health
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """One environment; exists is False where it was never made or is gone."""

    environment: str
    exists: bool
    url: str | None
    release: str | None
    parts: tuple[PartStatus, ...]

    @property
    def healthy(self) -> bool:
        """Whether it exists and every part is well."""
        return self.exists and bool(self.parts) and all(part.health is Health.HEALTHY for part in self.parts)


class Status:
    """Use case of `liftlock env status` and `env list`."""

    def __init__(self, engine: Engine, runtime: Runtime, clock: Clock) -> None:
        self._engine, self._runtime, self._clock = engine, runtime, clock

    def show(self, project: str, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        """The state of each environment, in the order asked."""
        stacks = {stack.environment: stack for stack in self._engine.stacks()}
        running = self._runtime.parts(project)
        now = self._clock.now()
        return tuple(
            environment_status(name, project, stacks.get(name), [part for part in running if part.environment == name], now)
            for name in environments
        )


def environment_status(
    name: str, project: str, stack: StackSummary | None, running: Sequence[RunningPart], now: datetime
) -> EnvironmentStatus:
    """One environment's status from the state and what runs. Pure."""
    port = port_of(stack.values) if stack else None
    parts = tuple(_part(part, now) for part in sorted(running, key=lambda part: (part.role, part.service)) if part.role != "job")
    return EnvironmentStatus(
        environment=name,
        exists=stack is not None and stack.resources > 0,
        url=url(name, project, port) if port else None,
        release=_running_release(running),
        parts=parts,
    )


def _running_release(running: Sequence[RunningPart]) -> str | None:
    """The release that really runs, which after a failed deployment is not the one that was asked for; None where it is a mixture."""
    images: dict[str, set[str]] = {}
    for part in running:
        if part.role == "service":
            images.setdefault(part.service, set()).add(part.image)
    if not images or any(len(found) > 1 or "@sha256:" not in next(iter(found)) for found in images.values()):
        return None
    return release_id({name: ImageRef.parse(next(iter(found))) for name, found in images.items()})


def _part(part: RunningPart, now: datetime) -> PartStatus:
    digest = str(ImageRef.parse(part.image).digest) if "@sha256:" in part.image else None
    return PartStatus(part.service or part.role, part.role, digest, part.health, now - part.created if part.created else None)
