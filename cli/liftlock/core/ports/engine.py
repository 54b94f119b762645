"""The engine: what runs the environment program and keeps its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from liftlock.core.ledger import Json
from liftlock.core.ports.machine import Progress


class StepOperation(StrEnum):
    """What a step does to a resource."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource of a plan or a finished run. properties: the paths that differ."""

    urn: str
    type: str
    name: str
    operation: StepOperation
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StackResult:
    """What an engine run did, or would do in a preview. failures: resource name -> reason. outputs hold no secrets in clear.

    skipped: the names of resources that were not begun, because something that they need failed.
    checksum: SHA-256 of the state as the run left it, taken while it held the stack; empty where the engine cannot tell.
    """

    changes: tuple[ResourceChange, ...]
    outputs: Mapping[str, Json]
    failures: Mapping[str, str]
    seconds: float
    skipped: tuple[str, ...] = ()
    checksum: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether every step did what it should."""
        return not self.failures

    def count(self, operation: StepOperation) -> int:
        """How many resources saw this operation."""
        return sum(change.operation is operation for change in self.changes)


class LiveState(StrEnum):
    """What is known of the real thing behind a resource."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Observation:
    """One resource seen from three sides: as the program declares it, as it was last applied, as it is now.

    declared is None where the program no longer has it; applied is None where it was never made; live is empty unless PRESENT.
    reason: why live is UNKNOWN. recreated: the object there is another one of the same name.
    secret: flattened paths (core.drift.flatten) whose values may be compared but never shown.
    """

    urn: str
    type: str
    name: str
    declared: Mapping[str, Json] | None
    applied: Mapping[str, Json] | None
    live: Mapping[str, Json]
    state: LiveState
    reason: str | None = None
    recreated: bool = False
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StackSummary:
    """A stack that the backend holds. values: the plain configuration that it was last given. objects: the names of
    all that it made, that which waits to be removed included."""

    environment: str
    values: Mapping[str, Json]
    outputs: Mapping[str, Json]
    updated: datetime | None
    resources: int
    objects: frozenset[str] = frozenset()


class Engine(Protocol):
    """Runs the environment program. `up` and `down` hold the stack's lock and raise ConflictError, naming its holder, where
    another run has it; the others change nothing and never wait."""

    @property
    def name(self) -> str:
        """Which engine this is, with its version."""
        ...

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        """What `up` would do; nothing is changed."""
        ...

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        """Makes reality what the program declares, starting from what is really there. A failed step is in `failures`, not raised."""
        ...

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        """Removes everything of the stack, then the stack; succeeds where there is none."""
        ...

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        """Every resource from three sides. Changes nothing, not even the state."""
        ...

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the stored state, byte for byte; None where there is none."""
        ...

    def stack(self, environment: str) -> StackSummary | None:
        """What the backend holds of the stack; None where there is none."""
        ...

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project, by name."""
        ...

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The stack's secret configuration, decrypted; empty where there is none. Never printed."""
        ...
