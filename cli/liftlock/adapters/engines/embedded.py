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
from liftlock.adapters.engines.values import hide, hide_in, masked, plain_map, secret_paths
from liftlock.adapters.engines.wrapping import wrapped
from liftlock.core.ledger import Json
from liftlock.core.ports import LiveState, Observation, Progress, ResourceChange, StackResult, StepOperation

if TYPE_CHECKING:
    from liftlock_engine import Engine, Event, ObservedResource, Result, StepReport

OWNER_LABELS = ("liftlock.project", "liftlock.project-id", "liftlock.environment")
_OPERATIONS = {operation.value: operation for operation in StepOperation}


@dataclass(slots=True)
class EmbeddedEngine(RecordedStacks):
    """Engine port."""

    docker_endpoint: str | None
    progress: Progress
    name: str = f"embedded {__version__}"

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        """What `up` would do."""
        from liftlock_engine import Operation  # noqa: PLC0415 - the engine loads Pulumi, which takes half a second

        config = stack_config(values, secrets)
        with wrapped(secrets):
            began = time.monotonic()
            result = self._engine().run(Operation.PREVIEW, self.stack_name(environment), _program(), config=config, refresh=True)
        return _stack_result(result, secrets, time.monotonic() - began)

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        """Makes reality what the program declares."""
        from liftlock_engine import Operation  # noqa: PLC0415

        config = stack_config(values, secrets)
        with wrapped(secrets), interruptible() as cancel:
            began = time.monotonic()
            result = self._engine().run(
                Operation.UP,
                self.stack_name(environment),
                _program(),
                config=config,
                on_event=listener(progress, cancel),
                cancel=cancel,
                refresh=True,
            )
        _stop_if_asked(result, cancel)
        return _stack_result(result, secrets, time.monotonic() - began)

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        """Removes everything of the stack, then the stack."""
        from liftlock_engine import Operation  # noqa: PLC0415

        name, engine = self.stack_name(environment), self._engine()
        with wrapped(), interruptible() as cancel:
            began = time.monotonic()
            result = engine.run(Operation.DESTROY, name, on_event=listener(progress, cancel), cancel=cancel)
            if result.succeeded:
                engine.remove(name)
        _stop_if_asked(result, cancel)
        seconds = time.monotonic() - began
        return _stack_result(result, {} if result.succeeded else self.secrets(environment), seconds)

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        """Every resource from three sides."""
        with wrapped(secrets):
            found = self._engine().observe(self.stack_name(environment), _program(), config=stack_config(values, secrets))
        return [_observation(item, secrets) for item in found]

    def _engine(self) -> Engine:
        from liftlock_engine import Engine  # noqa: PLC0415
        from liftlock_engine.providers.docker import DockerProvider  # noqa: PLC0415

        provider = DockerProvider(self.docker_endpoint, owner_labels=OWNER_LABELS)
        return Engine(self.backend, {"docker": provider}, self.passphrase, report=self.progress.warn)


def _program() -> Callable[[], None]:
    from liftlock_stacks.environment import declare  # noqa: PLC0415

    return declare


def _stop_if_asked(result: Result, cancel: threading.Event) -> None:
    if result.cancelled or (cancel.is_set() and not result.succeeded):
        raise KeyboardInterrupt


def _stack_result(result: Result, secrets: Mapping[str, str], seconds: float) -> StackResult:
    failures = {_short(urn): reason for urn, reason in result.failures.items()}
    if not failures and not result.succeeded:
        failures = {"environment": result.error}
    outputs = {key: masked(value) for key, value in result.outputs.items()}
    changes = tuple(change for step in result.steps if (change := _change(step)) is not None)
    return StackResult(changes, outputs, hide_in(failures, secrets.values()), seconds)


def _change(step: StepReport) -> ResourceChange | None:
    """The step as people count it; bookkeeping (components, providers, the halves of a replacement) is none."""
    if step.op not in _OPERATIONS or step.op == "refresh" or not _is_object(step.type) or step.error:
        return None
    return ResourceChange(step.urn, step.type, _short(step.urn), _OPERATIONS[step.op], tuple(sorted(step.diff)))


def _is_object(type_: str) -> bool:
    return not type_.startswith(("pulumi:", "liftlock:"))


def _short(urn: str) -> str:
    return urn.rpartition("::")[2]


_DOING = {
    "create": "creating",
    "create-replacement": "creating",
    "update": "updating",
    "delete": "removing",
    "delete-replaced": "removing",
}
_DID = {"creating": "created", "updating": "updated", "removing": "removed"}


def listener(progress: Progress, cancel: threading.Event) -> Callable[[Event], None]:
    """Shows the steps that touch an object, as they begin and end. What a person stops has not failed."""

    def listen(event: Event) -> None:
        doing = _DOING.get(event.operation)
        if doing is None or not _is_object(event.type):
            return
        name = _short(event.urn)
        match event.kind.value:
            case "resource_pre":
                progress.item(name, doing)
            case "res_outputs":
                progress.item(name, _DID[doing], event.seconds or 0.0)
            case "res_op_failed":
                progress.item(name, "stopped" if cancel.is_set() else "FAILED", event.seconds or 0.0)

    return listen


def _observation(item: ObservedResource, secrets: Mapping[str, str]) -> Observation:
    return Observation(
        urn=item.urn,
        type=item.type,
        name=_short(item.urn),
        declared=None if item.declared is None else plain_map(item.declared),
        applied=None if item.applied is None else plain_map(item.applied),
        live=plain_map(item.live or {}),
        state=LiveState(item.presence.value),
        reason=hide(item.reason, secrets.values()) or None,
        recreated=item.recreated,
        secret=secret_paths(item.declared, item.applied),
    )
