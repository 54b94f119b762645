"""What `liftlock engine` tells: which engine runs, why, from where, and what its state holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from liftlock.core.project import DockerProvider, EngineKind


@dataclass(frozen=True, slots=True)
class RecordedStack:
    """A stack in the state. lock: who holds it; None where nobody does, or where only the backend knows."""

    environment: str
    resources: int
    updated: datetime | None
    lock: str | None


@dataclass(frozen=True, slots=True)
class EngineReport:
    """declared: `engine.kind`; runs: what that comes to, for the reason given.

    version: None where there is no engine that can run; then problem and remedy say what is missing. cli: the Pulumi CLI's place, where it
    runs. backend: the state's URL, without a password. configuration: the folder of the stacks' configuration. docker_provider: what
    works on Docker for the Pulumi CLI.
    """

    declared: EngineKind
    runs: EngineKind
    reason: str
    version: str | None
    cli: str | None
    backend: str
    configuration: str
    secrets_provider: str
    docker_provider: DockerProvider | None
    stacks: tuple[RecordedStack, ...]
    problem: str | None = None
    remedy: str | None = None
