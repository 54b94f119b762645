"""The Engine port on the embedded engine."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock import __version__
from liftlock.adapters.engines.interrupts import interruptible
from liftlock.adapters.engines.values import hide, hide_in, masked, plain_map, secret_paths
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, UnavailableError
from liftlock.core.ledger import Json
from liftlock.core.ports import LiveState, Observation, Progress, ResourceChange, StackResult, StackSummary, StepOperation
from liftlock_engine.backend import FileBackend
from liftlock_engine.errors import EngineError, LockedError, PassphraseError, RefusedError
from liftlock_engine.model import ConfigValue, StackName
from liftlock_engine.passphrase import Crypter, Sealed

if TYPE_CHECKING:
    from liftlock_engine import Engine, Event, ObservedResource, Result, StepReport

OWNER_LABELS = ("liftlock.project", "liftlock.project-id", "liftlock.environment")
_VALUES, _SECRETS = "liftlock:environment", "liftlock:secrets"
_OPERATIONS = {operation.value: operation for operation in StepOperation}


@dataclass(slots=True)
class EmbeddedEngine:
    """Engine port. state: root of the file backend; passphrase: asked for only where something is secret."""

    project: str
    state: Path
    passphrase: Callable[[], str]
    docker_endpoint: str | None
    progress: Progress
    name: str = f"embedded {__version__}"

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        """What `up` would do."""
        from liftlock_engine import Operation  # noqa: PLC0415 - the engine loads Pulumi, which takes half a second

        config = _config(values, secrets)
        with _wrapped(secrets):
            began = time.monotonic()
            result = self._engine().run(Operation.PREVIEW, self._name(environment), _program(), config=config, refresh=True)
        return _stack_result(result, secrets, time.monotonic() - began)

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        """Makes reality what the program declares."""
        from liftlock_engine import Operation  # noqa: PLC0415

        config = _config(values, secrets)
        with _wrapped(secrets), interruptible() as cancel:
            began = time.monotonic()
            result = self._engine().run(
                Operation.UP,
                self._name(environment),
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

        name, engine = self._name(environment), self._engine()
        with _wrapped(), interruptible() as cancel:
            began = time.monotonic()
            result = engine.run(Operation.DESTROY, name, on_event=listener(progress, cancel), cancel=cancel)
            if result.succeeded:
                engine.remove(name)
        _stop_if_asked(result, cancel)
        seconds = time.monotonic() - began
        return _stack_result(result, {} if result.succeeded else self.secrets(environment), seconds)

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        """Every resource from three sides."""
        with _wrapped(secrets):
            found = self._engine().observe(self._name(environment), _program(), config=_config(values, secrets))
        return [_observation(item, secrets) for item in found]

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the state file."""
        try:
            return hashlib.sha256(self._backend.state_path(self._name(environment)).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None

    def stack(self, environment: str) -> StackSummary | None:
        """The stack as recorded; needs no passphrase."""
        name = self._name(environment)
        path = self._backend.state_path(name)
        if not path.exists():
            return None
        with _wrapped():
            config = self._backend.config(name, Sealed())
            snapshot = self._backend.load(name, Sealed())
        values = json.loads(config[_VALUES].value) if _VALUES in config else {}
        updated = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        resources = sum(state.managed for state in snapshot.resources)
        objects = frozenset(str(state.inputs["name"]) for state in snapshot.resources if "name" in state.inputs)
        outputs = {key: masked(value) for key, value in snapshot.outputs.items()}
        return StackSummary(environment, values, outputs, updated, resources, objects)

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project."""
        names = [name.stack for name in self._backend.stacks(self.project)]
        return [found for name in names if (found := self.stack(name)) is not None]

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The secret configuration in clear."""
        with _wrapped():
            config = self._backend.config(self._name(environment), Crypter("", self.passphrase))
        found: dict[str, str] = json.loads(config[_SECRETS].value) if _SECRETS in config else {}
        return found

    @property
    def _backend(self) -> FileBackend:
        return FileBackend(self.state)

    def _name(self, environment: str) -> StackName:
        return StackName(self.project, environment)

    def _engine(self) -> Engine:
        from liftlock_engine import Engine  # noqa: PLC0415
        from liftlock_engine.providers.docker import DockerProvider  # noqa: PLC0415

        provider = DockerProvider(self.docker_endpoint, owner_labels=OWNER_LABELS)
        return Engine(self._backend, {"docker": provider}, self.passphrase, report=self.progress.warn)


def _program() -> Callable[[], None]:
    from liftlock_stacks.environment import declare  # noqa: PLC0415

    return declare


def _config(values: Mapping[str, Json], secrets: Mapping[str, str]) -> dict[str, ConfigValue]:
    return {
        _VALUES: ConfigValue(json.dumps(values, sort_keys=True)),
        _SECRETS: ConfigValue(json.dumps(secrets, sort_keys=True), secret=True),
    }


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


@contextmanager
def _wrapped(secrets: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turns the engine's errors into ours, without the secrets."""
    from liftlock_engine.providers.port import ProviderError, UnreachableError  # noqa: PLC0415

    def clean(text: str) -> str:
        return hide(text, (secrets or {}).values())

    try:
        yield
    except LockedError as err:
        raise ConflictError(err.message, hint=err.hint or "wait for it to end, then run the same command again") from err
    except PassphraseError as err:
        hint = "it must be the one that this environment was made with; `engine.passphrase` in liftlock.yaml says where it is looked for"
        raise ConfigError(err.message, hint=hint) from err
    except RefusedError as err:
        raise ConfigError(clean(err.message), hint=err.hint or None) from err
    except EngineError as err:
        raise LiftlockError(clean(err.message), hint=err.hint or None) from err
    except UnreachableError as err:
        raise UnavailableError(clean(str(err)), hint="start it, then run the same command again") from err
    except ProviderError as err:
        raise LiftlockError(clean(str(err))) from err
    except OSError as err:
        raise LiftlockError(f"{err.filename or 'the state'}: {err.strerror}", hint="make room or mend the rights, then run again") from err
