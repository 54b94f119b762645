"""What the use cases of `liftlock env` tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from liftlock.core.ports import ResourceChange, StepOperation


@dataclass(frozen=True, slots=True)
class UpReport:
    """What `env up` did. rows: database -> rows loaded in this run. looked: a look showed that there was nothing to do; nothing was run.

    clones: database -> the golden copy that this run cloned it from; its rows are counted in rows.
    """

    environment: str
    url: str
    release: str
    engine: str
    changes: tuple[ResourceChange, ...]
    rows: Mapping[str, int]
    services: Mapping[str, str]
    seconds: float
    recorded: bool
    looked: bool = False
    clones: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """How many resources were touched."""
        return sum(change.operation is not StepOperation.SAME for change in self.changes)


@dataclass(frozen=True, slots=True)
class DownReport:
    """What `env down` removed; existed is False where there was nothing. names: of what was removed."""

    environment: str
    existed: bool
    removed: int
    seconds: float
    names: tuple[str, ...] = ()
