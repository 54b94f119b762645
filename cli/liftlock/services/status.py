"""Shows environments: what is declared, what runs, how it is. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liftlock.core.image import ImageRef
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.ports import Clock, Engine, Health, Ledger, RunningPart, Runtime, Snapshots, StackSummary
from liftlock.core.stack import port_of, url


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One service, database or router of an environment as it runs. digest is None where what runs was not deployed by digest.

    snapshot: the golden copy that a database was last cloned from; None where it was not.
    """

    name: str
    role: str
    digest: str | None
    health: Health
    age: timedelta | None
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """One environment; exists is False where it was never made or is gone.

    release, config, data: of the deployment on record that brought in the images which run; None where none did.
    """

    environment: str
    exists: bool
    url: str | None
    release: str | None
    parts: tuple[PartStatus, ...]
    config: str | None = None
    data: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether it exists and every part is well."""
        return self.exists and bool(self.parts) and all(part.health is Health.HEALTHY for part in self.parts)


class Status:
    """Use case of `liftlock env status` and `env list`."""

    def __init__(self, engine: Engine, runtime: Runtime, ledger: Ledger, clock: Clock, snapshots: Snapshots) -> None:
        self._engine, self._runtime, self._ledger, self._clock, self._snapshots = engine, runtime, ledger, clock, snapshots

    def show(self, project: str, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        """The state of each environment, in the order asked."""
        stacks = {stack.environment: stack for stack in self._engine.stacks()}
        running = self._runtime.parts(project)
        records = self._ledger.records()
        clones = self._snapshots.clones()
        now = self._clock.now()
        return tuple(
            environment_status(
                name, project, stacks.get(name), [part for part in running if part.environment == name], records, now, clones
            )
            for name in environments
        )


def environment_status(
    name: str,
    project: str,
    stack: StackSummary | None,
    running: Sequence[RunningPart],
    records: Sequence[Record],
    now: datetime,
    clones: Mapping[tuple[str, str], str],
) -> EnvironmentStatus:
    """One environment's status from the state and what runs. clones: (environment, database) -> its golden copy. Pure."""
    port = port_of(stack.values) if stack else None
    lasting = sorted((part for part in running if part.role != "job"), key=lambda part: (part.role, part.service))
    parts = tuple(_part(part, now, clones) for part in lasting)
    found = _running_release(name, running, records)
    hashes = {key: text for key in ("config", "data") if found and isinstance(text := found.entry.details.get(key), str)}
    return EnvironmentStatus(
        environment=name,
        exists=stack is not None and stack.resources > 0,
        url=url(name, project, port) if port else None,
        release=found.entry.release if found else None,
        parts=parts,
        **hashes,
    )


def _running_release(environment: str, running: Sequence[RunningPart], records: Sequence[Record]) -> Record | None:
    """The last deployment of exactly the images that run, which after a failed one is not what was asked for; None for a mixture."""
    images: dict[str, set[str]] = {}
    for part in running:
        if part.role == "service":
            images.setdefault(part.service, set()).add(part.image)
    if not images or any(len(found) > 1 or "@sha256:" not in next(iter(found)) for found in images.values()):
        return None
    wanted = {name: next(iter(found)) for name, found in images.items()}
    mine = (record for record in reversed(records) if record.entry.environment == environment and record.entry.fact is Fact.DEPLOYED)
    return next((record for record in mine if images_of(record.entry) == wanted), None)


def _part(part: RunningPart, now: datetime, clones: Mapping[tuple[str, str], str]) -> PartStatus:
    digest = str(ImageRef.parse(part.image).digest) if "@sha256:" in part.image else None
    return PartStatus(
        name=part.service or part.role,
        role=part.role,
        digest=digest,
        health=part.health,
        age=now - part.created if part.created else None,
        snapshot=clones.get((part.environment, part.service)) if part.role == "database" else None,
    )
