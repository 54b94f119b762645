"""One engine on a fake provider, its world and its state in folders of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, Result, StackName
from liftlock_engine.model import ResourceState
from tests.fakes.things import Things

STACK = StackName("shop", "dev")
Program = Callable[[], object]


@dataclass
class Desk:
    """What a test works at: `up(program)`, and what came of it."""

    folder: Path
    things: Things
    engine: Engine
    passphrase: str | None = "a passphrase"
    asked: int = 0
    told: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def run(self, operation: Operation, program: Program | None = None, *, config: Mapping[str, ConfigValue] | None = None) -> Result:
        """Any operation."""
        self.events = []
        return self.engine.run(operation, STACK, program, config=config, on_event=self.events.append)

    def up(self, program: Program, *, refresh: bool = False, config: Mapping[str, ConfigValue] | None = None) -> Result:
        """An update."""
        self.events = []
        return self.engine.run(Operation.UP, STACK, program, refresh=refresh, config=config, on_event=self.events.append)

    @property
    def state(self) -> Path:
        """The checkpoint file."""
        return self.engine.backend.state_path(STACK)

    @property
    def names(self) -> list[str]:
        """What exists in the world."""
        return sorted(self.things.objects())

    def recorded(self, name: str, stack: StackName = STACK) -> ResourceState:
        """What the state has of a resource."""
        view = self.engine.stack(stack)
        assert view is not None
        return next(state for state in view.resources if state.urn.endswith(f"::{name}"))

    def ops(self, name: str) -> list[str]:
        """The operations that were begun on a resource, in order."""
        return [event.operation for event in self.events if event.kind.value == "resource_pre" and event.urn.endswith(f"::{name}")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A fresh engine, world and state."""
    things = Things(tmp_path / "world")
    engine = Engine(FileBackend(tmp_path / "state"), {"fake": things})
    made = Desk(tmp_path, things, engine)

    def passphrase() -> str | None:
        made.asked += 1
        return made.passphrase

    engine.passphrase = passphrase
    engine.report = made.told.append
    return made
