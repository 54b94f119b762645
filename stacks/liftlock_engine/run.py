"""One operation on one stack, from its recorded state to its result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from liftlock_engine.backend import StateWriter
from liftlock_engine.errors import EngineError, StateError
from liftlock_engine.events import Event, Operation, Reporter, Result, Severity
from liftlock_engine.execution import Execution
from liftlock_engine.journal import Journal
from liftlock_engine.leftovers import delete_leftovers
from liftlock_engine.model import ConfigValue, Snapshot, StackName
from liftlock_engine.plugins import Plugins
from liftlock_engine.providers.builtin import BuiltinProvider
from liftlock_engine.providers.port import Provider, ProviderError
from liftlock_engine.recovery import settle
from liftlock_engine.refresh import refresh
from liftlock_engine.values import PropertyMap, Secret

if TYPE_CHECKING:
    from liftlock_engine.deployment import Deployment
    from liftlock_engine.program import Program

_TICK: Final = 0.2
_PATIENCE: Final = 15.0
"""Seconds that a program has to end when the run is ending; then it is left alone, and only the steps that it started are waited for."""


def no_stacks(name: str) -> tuple[Snapshot, bool]:
    """Where there is no backend there are no other stacks."""
    raise ProviderError(f'unknown stack "{name}"')


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run needs besides its stack. on_event is called from several threads, one event at a time.

    stacks: what is recorded of another stack, by its name, and whether its secrets could be opened.
    """

    providers: Mapping[str, Provider]
    parallel: int
    config: Mapping[str, ConfigValue]
    on_event: Callable[[Event], None] | None
    cancel: threading.Event
    refresh_first: bool = False
    stacks: Callable[[str], tuple[Snapshot, bool]] = no_stacks


class Run:
    """An operation while it goes. Only run() changes anything."""

    def __init__(self, operation: Operation, stack: StackName, snapshot: Snapshot, writer: StateWriter, settings: Settings) -> None:
        self._operation = operation
        self._stack = stack
        self._settings = settings
        preview = operation.is_preview
        journal = Journal(snapshot, save=None if preview else writer.write, render=writer.encoder.resource)
        reporter = Reporter(settings.on_event, planning=preview)
        builtin = BuiltinProvider(settings.stacks, journal.current, lambda message: reporter.diagnostic(Severity.INFO, message))
        self._execution = Execution(
            plugins=Plugins(settings.providers, builtin),
            journal=journal,
            reporter=reporter,
            slots=threading.Semaphore(max(1, settings.parallel)),
            stop=settings.cancel,
            preview=preview,
        )
        self._told_to_stop = False
        self.declared: Mapping[str, PropertyMap] = {}
        """After a preview or an update: the program's checked inputs by URN."""

    @property
    def execution(self) -> Execution:
        """What the run's parts share."""
        return self._execution

    @property
    def snapshot(self) -> Snapshot:
        """The state as the run left it (or, in a preview, would leave it)."""
        return self._execution.journal.snapshot()

    def run(self, program: Program | None) -> Result:
        """Does the operation. Failures of resources and of the program are in the result; what stops the run itself is raised."""
        self._refuse_foreign_state()
        settle(self._execution)
        try:
            self._operate(program)
        except BaseException:
            self._save_what_is_known()
            raise
        return self._end()

    def _operate(self, program: Program | None) -> None:
        match self._operation:
            case Operation.UP | Operation.PREVIEW:
                self._update(program)
            case Operation.REFRESH | Operation.PREVIEW_REFRESH:
                refresh(self._execution, parallel=self._settings.parallel, idle=self._idle)
                self._execution.journal.flush()
            case Operation.DESTROY | Operation.PREVIEW_DESTROY:
                delete_leftovers(self._execution, parallel=self._settings.parallel, idle=self._idle)
                self._execution.journal.flush()

    def _update(self, program: Program | None) -> None:
        if program is None:
            raise EngineError(f"{self._operation.value} needs a program")
        if self._settings.refresh_first and not refresh(
            self._execution, parallel=self._settings.parallel, before_update=True, idle=self._idle
        ):
            return
        deployment = self._deployment()
        self._run_program(program, deployment)
        self.declared = deployment.declared
        if self._execution.halted is None and self._execution.crash is None:
            deployment.finish()

    def _after_program(self, error: str) -> None:
        """Deletes what the program has no more, where it registered all that it has."""
        reporter = self._execution.reporter
        if error:
            reporter.diagnostic(Severity.ERROR, error)
        broken = error or reporter.failures or reporter.skipped
        if not broken and not self._execution.stopping():
            delete_leftovers(self._execution, parallel=self._settings.parallel, idle=self._idle)

    def _deployment(self) -> Deployment:
        from liftlock_engine.deployment import Deployment  # noqa: PLC0415 - Pulumi's SDK and gRPC are loaded only where a program runs

        options = {key: _option(value) for key, value in self._settings.config.items()}
        return Deployment(self._execution, self._stack, options)

    def _run_program(self, program: Program, deployment: Deployment) -> None:
        from liftlock_engine.program import ProgramThread  # noqa: PLC0415 - as above
        from liftlock_engine.serving import serve  # noqa: PLC0415

        run, finished = self._execution, threading.Event()
        with serve(deployment, self._stack, run, finished) as conversation:
            thread = ProgramThread(program, self._stack, self._settings.config, conversation.link, finished, preview=run.preview)
            left = _PATIENCE
            while not self._wait(finished) and left > 0:
                self._idle()
                left = left - _TICK if self._execution.stopping() else _PATIENCE
            self._after_program(conversation.unsaid(thread.error))  # while the program can still be called back
            conversation.end()
            if not thread.wait(left):
                run.reporter.diagnostic(Severity.WARNING, "the program did not end when the run did; it was left alone")

    def _wait(self, finished: threading.Event) -> bool:
        try:
            return finished.wait(_TICK)
        except KeyboardInterrupt:
            if self._settings.cancel.is_set():
                raise  # asked twice: now at once; the state says what was begun
            self._settings.cancel.set()
            return False

    def _idle(self) -> None:
        """Looks a few times per second whether the run is to end, and tells the providers once."""
        if not self._told_to_stop and self._settings.cancel.is_set():
            self._told_to_stop = True
            self._execution.plugins.cancel()

    def _refuse_foreign_state(self) -> None:
        """Resources of packages that this engine has no provider for are found before anything is touched."""
        for state in self._execution.journal.left():
            if state.managed:
                self._execution.provider_of(state)

    def _end(self) -> Result:
        run = self._execution
        for crash in (run.crash, run.reporter.crash, run.halted):
            if crash is not None:
                self._save_what_is_known()
                raise crash
        run.reporter.summary()
        return run.reporter.result(self._operation, self.snapshot.outputs, cancelled=run.stop.is_set())

    def _save_what_is_known(self) -> None:
        try:
            self._execution.journal.flush()
        except StateError as err:
            self._execution.reporter.diagnostic(Severity.ERROR, str(err))


def _option(value: ConfigValue) -> str | Secret:
    return Secret(value.value) if value.secret else value.value
