"""The engine's front door: operations on stacks, and views of what is recorded."""

from __future__ import annotations

import contextlib
import functools
import getpass
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from liftlock_engine.backend import FileBackend, StateWriter
from liftlock_engine.errors import EngineError, StateError
from liftlock_engine.events import Event, Operation, Result
from liftlock_engine.model import ConfigValue, ResourceState, Snapshot, StackName
from liftlock_engine.observe import ObservedResource, observe
from liftlock_engine.passphrase import Crypter, PassphraseSupplier, Sealed
from liftlock_engine.providers.port import Provider
from liftlock_engine.references import Stacks
from liftlock_engine.run import Run, Settings
from liftlock_engine.stack_config import recorded_config
from liftlock_engine.values import PropertyMap

if TYPE_CHECKING:
    from liftlock_engine.program import Program


def no_passphrase() -> None:
    """The supplier where there is no passphrase: stacks without secrets work, others say what is missing."""


@dataclass(frozen=True, slots=True)
class StackView:
    """A stack as recorded. Secret outputs are `[secret]`, so that looking needs no passphrase."""

    name: StackName
    resources: tuple[ResourceState, ...]
    outputs: PropertyMap
    pending: int


@dataclass(slots=True)
class Engine:
    """The embedded engine on one backend. providers: by package name. passphrase: asked only where something is secret, once per run.

    report: told in words of what the engine did besides the steps (a dead run's lock removed).
    """

    backend: FileBackend
    providers: Mapping[str, Provider]
    passphrase: PassphraseSupplier = no_passphrase
    parallel: int = 16
    report: Callable[[str], None] = field(default=lambda _: None)

    def run(
        self,
        operation: Operation,
        stack: StackName,
        program: Program | None = None,
        *,
        config: Mapping[str, ConfigValue] | None = None,
        on_event: Callable[[Event], None] | None = None,
        cancel: threading.Event | None = None,
        refresh: bool = False,
    ) -> Result:
        """Does the operation. config replaces the stack's configuration; None leaves it. refresh: look at every object first.

        Failures of resources and of the program stand in the result. Raises EngineError (LockedError, StateError, PassphraseError,
        RefusedError) for what stops the run itself.
        """
        with contextlib.ExitStack() as held:
            if not operation.is_preview:
                held.enter_context(self.backend.lock(stack, self.report))
            passphrase = functools.cache(self.passphrase)
            crypter = Crypter("", passphrase)
            snapshot, settled_config = self._open(stack, crypter, config)
            if config is not None and operation is Operation.UP:
                self.backend.save_config(stack, config, crypter)
            stacks = Stacks(self.backend, stack.project, passphrase).snapshot
            settings = Settings(self.providers, self.parallel, settled_config, on_event, cancel or threading.Event(), refresh, stacks)
            writer = self.backend.writer(stack, crypter)
            work = Run(operation, stack, snapshot, writer, settings)
            started = time.time()
            result = work.run(program)
            self._record(stack, writer, result, started)
            return replace(result, checksum=self.backend.checksum(stack))  # while nobody else can have written it

    def observe(
        self,
        stack: StackName,
        program: Program,
        *,
        config: Mapping[str, ConfigValue] | None = None,
        on_event: Callable[[Event], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> tuple[ObservedResource, ...]:
        """Every resource as declared, as applied and as it is. Takes no lock and has nothing that could write the state.

        EngineError where the program cannot be previewed: then nothing is known about what is declared.
        """
        crypter = Crypter("", self.passphrase)
        snapshot, settled_config = self._open(stack, crypter, config)
        settings = Settings(self.providers, self.parallel, settled_config, on_event, cancel or threading.Event())
        preview = Run(Operation.PREVIEW, stack, snapshot, self.backend.writer(stack, crypter), settings)
        result = preview.run(program)
        if not result.succeeded:
            raise EngineError(f"the program of {stack} cannot be previewed: {result.error}")
        looking = Run(Operation.PREVIEW_REFRESH, stack, snapshot, self.backend.writer(stack, crypter), settings)
        return observe(looking.execution, preview.declared, snapshot.resources, parallel=self.parallel)

    def stack(self, stack: StackName) -> StackView | None:
        """What is recorded of a stack; None where nothing is. Needs no passphrase."""
        if not self.backend.exists(stack):
            return None
        snapshot = self.backend.load(stack, Sealed())
        return StackView(stack, snapshot.resources, snapshot.outputs, len(snapshot.pending))

    def stacks(self, project: str) -> tuple[StackName, ...]:
        """The project's stacks that have a state."""
        return self.backend.stacks(project)

    def outputs(self, stack: StackName) -> PropertyMap:
        """The stack's outputs, secret ones in clear inside a Secret; StateError where the stack has no state."""
        if not self.backend.exists(stack):
            raise StateError(f"the stack {stack} has no state", hint="Bring it up first.")
        return self.backend.load(stack, Crypter("", self.passphrase)).outputs

    def config(self, stack: StackName) -> Mapping[str, ConfigValue]:
        """The stack's configuration in clear."""
        crypter = Crypter("", self.passphrase)
        return self.backend.config(stack, crypter)

    def remove(self, stack: StackName, *, force: bool = False) -> None:
        """Forgets a stack. force: even one that still has resources; what they stand for stays where it is."""
        with self.backend.lock(stack, self.report):
            resources = self.backend.load(stack, Sealed()).resources
            if resources and not force:
                raise StateError(f"the stack {stack} still has {len(resources)} resources", hint="Destroy it first.")
            self.backend.remove(stack)

    def _record(self, stack: StackName, writer: StateWriter, result: Result, started: float) -> None:
        """Keeps the run in the stack's history. Where that fails after a failed run, the run's own failure is the one to tell."""
        if result.operation.is_preview or not self.backend.exists(stack):
            return
        try:
            writer.write_history(_history(result, started, recorded_config(self.backend.config_path(stack))))
        except StateError:
            if result.succeeded:
                raise

    def _open(
        self, stack: StackName, crypter: Crypter, config: Mapping[str, ConfigValue] | None
    ) -> tuple[Snapshot, Mapping[str, ConfigValue]]:
        snapshot = self.backend.load(stack, crypter)
        recorded = self.backend.config(stack, crypter)
        return snapshot, recorded if config is None else config


def _history(result: Result, started: float, config: Mapping[str, object]) -> dict[str, object]:
    kind = {Operation.UP: "update"}.get(result.operation, result.operation.value)
    return {
        "kind": kind,
        "startTime": int(started),
        "message": "",
        "environment": {"exec.kind": "liftlock", "user": _user()},
        "config": config,
        "version": 0,
        "result": "succeeded" if result.succeeded else "failed",
        "endTime": int(time.time()),
        "resourceChanges": dict(result.changes),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
