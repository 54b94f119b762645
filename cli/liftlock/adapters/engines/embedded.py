"""The Engine port on the embedded engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liftlock import __version__
from liftlock.adapters.engines.interrupts import interruptible
from liftlock.adapters.engines.recorded import RecordedStacks, stack_config
from liftlock.adapters.engines.results import observation, stack_result, stop_if_asked
from liftlock.adapters.engines.telling import RunTeller
from liftlock.adapters.engines.values import hide
from liftlock.adapters.engines.wrapping import wrapped
from liftlock.core.ledger import Json
from liftlock.core.ports import Observation, Progress, StackResult

if TYPE_CHECKING:
    from liftlock_engine import Engine, Event

OWNER_LABELS = ("liftlock.project", "liftlock.project-id", "liftlock.environment")


@dataclass(slots=True)
class EmbeddedEngine(RecordedStacks):
    """Engine port."""

    docker_endpoint: str | None
    progress: Progress
    name: str = f"embedded {__version__}"

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        """What `up` would do."""
        from liftlock_engine import Operation  # noqa: PLC0415 - the engine loads Pulumi, which takes half a second

        config, listen = stack_config(values, secrets), listener(self.progress, secrets=secrets)
        with wrapped(secrets):
            began = time.monotonic()
            name = self.stack_name(environment)
            result = self._engine().run(Operation.PREVIEW, name, _program(), config=config, on_event=listen, refresh=True)
        return stack_result(result, secrets, time.monotonic() - began)

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        """Makes reality what the program declares."""
        from liftlock_engine import Operation  # noqa: PLC0415

        config = stack_config(values, secrets)
        with wrapped(secrets), interruptible(progress.stopping) as cancel:
            began = time.monotonic()
            result = self._engine().run(
                Operation.UP,
                self.stack_name(environment),
                _program(),
                config=config,
                on_event=listener(progress, cancel, secrets=secrets),
                cancel=cancel,
                refresh=True,
            )
        stop_if_asked(result, cancel)
        return stack_result(result, secrets, time.monotonic() - began)

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        """Removes everything of the stack, then the stack."""
        from liftlock_engine import Operation  # noqa: PLC0415

        name, engine = self.stack_name(environment), self._engine()
        with wrapped(), interruptible(progress.stopping) as cancel:
            began = time.monotonic()
            result = engine.run(Operation.DESTROY, name, on_event=listener(progress, cancel, secrets={}), cancel=cancel)
            if result.succeeded:
                engine.remove(name)
        stop_if_asked(result, cancel)
        seconds = time.monotonic() - began
        return stack_result(result, {} if result.succeeded else self.secrets(environment), seconds)

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        """Every resource from three sides."""
        with wrapped(secrets):
            config, listen = stack_config(values, secrets), listener(self.progress, secrets=secrets)
            found = self._engine().observe(self.stack_name(environment), _program(), config=config, on_event=listen)
        return [observation(item, secrets) for item in found]

    def _engine(self) -> Engine:
        from liftlock_engine import Engine  # noqa: PLC0415
        from liftlock_engine.providers.docker import DockerProvider  # noqa: PLC0415

        provider = DockerProvider(self.docker_endpoint, owner_labels=OWNER_LABELS)
        return Engine(self.backend, {"docker": provider}, self.passphrase, report=self.progress.warn)


def _program() -> Callable[[], None]:
    from liftlock_stacks.environment import declare  # noqa: PLC0415

    return declare


def listener(progress: Progress, cancel: threading.Event | None = None, *, secrets: Mapping[str, str]) -> Callable[[Event], None]:
    """Shows the steps that touch an object, as they begin and end, and what the program says."""
    teller = RunTeller(progress, asked=lambda: cancel is not None and cancel.is_set(), clean=lambda text: hide(text, secrets.values()))

    def listen(event: Event) -> None:
        match event.kind.value:
            case "resource_pre":
                teller.begins(event.operation, event.urn, event.type, planning=event.planning)
            case "res_outputs":
                teller.ends(event.operation, event.urn, event.type, event.seconds, planning=event.planning)
            case "res_op_failed":
                teller.fails(event.operation, event.urn, event.type, event.seconds)
            case "diagnostic" if event.severity is not None:
                teller.says(event.severity.value, event.message, event.urn)

    return listen
