"""The machine: clock, people who watch, what runs, locks, secrets, rows, and an answer at a URL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from liftlock.core.environment import Database


class Clock(Protocol):
    """The time, injected."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Passed(StrEnum):
    """How a part came through that is only counted: its state was read, it stays as it is, or it was only planned."""

    READ = "read"
    SAME = "unchanged"
    PLANNED = "planned"


class Progress(Protocol):
    """What a person watches on stderr while work goes on; never results, never secrets. May be called from several threads."""

    def watching(self, title: str, known: int = 0) -> AbstractContextManager[None]:
        """While the block runs, the parts at work are shown with their seconds. known: how many parts there are, as far as is known."""
        ...

    def step(self, text: str) -> None:
        """A step begins: one line."""
        ...

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        """Part `name` is now in `state`; with seconds it has ended so, which is worth a line that stays."""
        ...

    def passed(self, name: str, how: Passed) -> None:
        """Part `name` came through without a change; it is only counted."""
        ...

    def stopping(self) -> None:
        """A person asked to stop: nothing new begins, and what is at work is waited for."""
        ...

    def note(self, text: str) -> None:
        """Something that the program says."""
        ...

    def warn(self, text: str) -> None:
        """Something a person should know, though work goes on."""
        ...


class Health(StrEnum):
    """What a runtime says of a container."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    STARTING = "starting"
    STOPPED = "stopped"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RunningPart:
    """A container of an environment as it runs now. service: the declared service or database it carries; name: the container's own."""

    environment: str
    service: str
    role: str
    image: str
    health: Health
    created: datetime | None
    ports: tuple[tuple[int, int], ...] = ()
    name: str = ""


class Runtime(Protocol):
    """What really runs: read by our ownership labels only."""

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        """Every labelled container of the project, or of one environment. One that has just come up is well once its check passes."""
        ...

    def free_port(self, candidates: Sequence[int]) -> int | None:
        """The first candidate on which the loopback address of the Docker host is free; None where all are taken."""
        ...

    def logs(self, project: str, environment: str, service: str, *, lines: int) -> str:
        """The last lines that a service printed."""
        ...

    def sweep(self, project: str, environment: str) -> Sequence[str]:
        """Removes every object that carries both ownership labels; the names of what it removed. For what a lost state left behind."""
        ...


class Locks(Protocol):
    """One run at a time on one environment, on this machine; the engine's own lock guards across machines."""

    def hold(self, environment: str) -> AbstractContextManager[None]:
        """Waits for the environment, saying who has it; ConflictError names the holder where it takes too long. Ends with the process."""
        ...


class Secrets(Protocol):
    """Where secret values come from; they are passed on, never shown."""

    def resolve(self, reference: str) -> str:
        """The value behind `env:NAME` or `file:PATH`; ConfigError names the reference where there is none."""
        ...

    def generate(self) -> str:
        """A new random secret of URL-safe characters."""
        ...


class Seeder(Protocol):
    """Fills a database with rows."""

    def seed(self, url: str, database: Database, *, progress: Progress) -> int:
        """Loads what is declared of it into an empty, migrated database; how many rows.

        Does nothing (0) where the completion marker says it is done. PolicyError where other rows are there, which stay.
        """
        ...


class Probe(Protocol):
    """Asks an environment's URL as a user would."""

    def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
        """The HTTP status of one GET on the loopback port; 0 where nothing answers."""
        ...
