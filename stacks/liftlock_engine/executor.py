"""Carries out steps: the only place that calls a provider's create, update and delete. Each is on record before it begins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from liftlock_engine.backend import now
from liftlock_engine.errors import StateError
from liftlock_engine.events import Reporter
from liftlock_engine.journal import Journal
from liftlock_engine.model import Goal, PendingKind, PendingOperation, ResourceState, state_of
from liftlock_engine.plugins import Plugins
from liftlock_engine.providers.port import Made, Provider, ProviderError, Seen, UnreachableError
from liftlock_engine.secrecy import conceal, reveal_map
from liftlock_engine.steps import Op, Step, protected_message
from liftlock_engine.urns import short
from liftlock_engine.values import PropertyMap


class StepFailedError(Exception):
    """A step could not be done; reported already."""


class StoppedError(Exception):
    """The run is ending: nothing new starts."""


@dataclass(slots=True)
class Execution:
    """What the parts of one run share. stop: set by the caller to cancel. halted: the state could not be written."""

    plugins: Plugins
    journal: Journal
    reporter: Reporter
    slots: threading.Semaphore
    stop: threading.Event
    preview: bool
    halted: StateError | None = None
    crash: BaseException | None = None
    ops: dict[str, Op] = field(default_factory=dict)

    def provider_of(self, state: ResourceState) -> Provider:
        """The provider that a recorded resource belongs to."""
        return self.plugins.for_state(state, self.journal.current)

    def check_running(self) -> None:
        """Raises StoppedError where nothing new may start."""
        if self.stop.is_set() or self.halted is not None or self.crash is not None or self.reporter.crash is not None:
            raise StoppedError

    @contextmanager
    def recording(self, step: Step, *, count: bool = True, tell: bool = True) -> Iterator[Callable[[str], StepFailedError]]:
        """Reports the step's begin, and its end (tell). Yields a function that reports its failure and gives what to raise."""
        self.check_running()
        started = time.monotonic()
        self.reporter.before(step)

        def fail(message: str) -> StepFailedError:
            self.reporter.failed(step, message, time.monotonic() - started)
            return StepFailedError(message)

        try:
            yield fail
        except ProviderError as err:
            raise fail(str(err)) from err
        except StateError as err:
            self.halted = err
            raise fail(str(err)) from err
        except (StepFailedError, StoppedError):
            raise
        except BaseException as err:
            self.crash = self.crash or err  # a bug: the run ends, and raises it where its caller can see it
            raise
        self.ops[step.urn] = step.op
        self.reporter.after(step, time.monotonic() - started, count=count, tell=tell)


class Executor:
    """Does single steps against providers and the journal."""

    def __init__(self, execution: Execution) -> None:
        self._run = execution

    def create(
        self, step: Step, goal: Goal, provider: Provider, inputs: PropertyMap, *, old: ResourceState | None, keep_old: bool
    ) -> ResourceState:
        """Makes the object. keep_old: the one that it replaces is still there and is removed at the end of the run."""
        run = self._run
        with run.recording(step):
            if run.preview:
                outputs = provider.predict(goal.urn, goal.type, reveal_map(inputs), None)
                return self._recorded(goal, inputs, Made("", outputs), old, keep_old, None)
            wanted = state_of(goal, inputs, id_="", outputs={}, old=None, now=now())
            operation = run.journal.begin(PendingKind.CREATING, wanted)
            with run.slots, self._settling(operation):
                made = provider.create(goal.urn, goal.type, reveal_map(inputs), timeout=goal.timeouts.create)
            try:
                return self._recorded(goal, inputs, made, old, keep_old, operation)
            except StateError as err:
                raise StateError(
                    f"{short(goal.urn)} was made ({made.id}) and could not be recorded: {err.message}",
                    hint="Make room, then run again: the state says that it was begun, so the next run finds it and settles it first.",
                ) from err

    def _recorded(
        self, goal: Goal, inputs: PropertyMap, made: Made, old: ResourceState | None, keep_old: bool, operation: PendingOperation | None
    ) -> ResourceState:
        outputs = conceal(made.outputs, inputs, goal.additional_secret_outputs)
        state = state_of(goal, inputs, id_=made.id, outputs=outputs, old=None, now=now())
        self._run.journal.put(state, old=old, operation=operation, keep_old=keep_old)
        return state

    def update(self, step: Step, goal: Goal, provider: Provider, inputs: PropertyMap, old: ResourceState) -> ResourceState:
        """Changes the object in place."""
        run = self._run
        before_in, before_out, after = reveal_map(old.inputs), reveal_map(old.outputs), reveal_map(inputs)
        with run.recording(step):
            operation: PendingOperation | None = None
            if run.preview:
                outputs = provider.predict(goal.urn, goal.type, after, before_out)
            else:
                operation = run.journal.begin(PendingKind.UPDATING, old)
                try:
                    with run.slots, self._settling(operation):
                        timeout = goal.timeouts.update
                        outputs = provider.update(goal.urn, goal.type, old.id, before_in, before_out, after, timeout=timeout)
                except ProviderError:
                    self._look_again(provider, old)
                    raise
            concealed = conceal(outputs, inputs, goal.additional_secret_outputs)
            state = replace(state_of(goal, inputs, id_=old.id, outputs=concealed, old=old, now=now()), modified=now())
            run.journal.put(state, old=old, operation=operation)
            return state

    def _look_again(self, provider: Provider, old: ResourceState) -> None:
        """After a failed change nobody knows how far it came: what is there now is recorded, so that the next run repairs it."""
        try:
            seen = provider.read(old.urn, old.type, old.id, reveal_map(old.inputs), reveal_map(old.outputs))
        except ProviderError:
            return
        if seen.id is None:
            self._run.journal.amend(old, as_gone(old))
        elif seen.id == old.id:
            self._run.journal.amend(old, as_seen(old, seen))
        self._run.journal.flush()

    def same(self, step: Step, goal: Goal, inputs: PropertyMap, old: ResourceState) -> ResourceState:
        """Records that nothing is to do; options and dependencies may still have changed."""
        with self._run.recording(step):
            outputs = conceal(old.outputs, inputs, goal.additional_secret_outputs) if goal.custom else old.outputs
            state = state_of(goal, inputs, id_=old.id, outputs=outputs, old=old, now=now())
            self._run.journal.put(state, old=old)
            return state

    def show(self, step: Step) -> None:
        """A step that only tells (`replace`: its work is done by the ones around it)."""
        with self._run.recording(step):
            pass

    def delete(self, step: Step, *, without_provider: bool = False, replacing: bool = False) -> None:
        """Removes the object. replacing: its successor follows in this run. without_provider: it goes with another one."""
        run, old = self._run, step.old
        assert old is not None  # noqa: S101 - a delete step always starts from a recorded state
        with run.recording(step) as fail:
            if old.protect:
                raise fail(protected_message(old.urn, "deleted"))
            after = replace(old, pending_replacement=True) if replacing else None
            if run.preview or without_provider or not old.managed or old.retain_on_delete:
                run.journal.amend(old, after)
                return
            provider = run.provider_of(old)
            operation = run.journal.begin(PendingKind.DELETING, old)
            inputs, outputs = reveal_map(old.inputs), reveal_map(old.outputs)
            try:
                with run.slots, self._settling(operation):
                    provider.delete(old.urn, old.type, old.id, inputs, outputs, timeout=old.timeouts.delete)
            except ProviderError:
                self._look_again(provider, old)
                raise
            run.journal.amend(old, after, operation=operation)

    @contextmanager
    def _settling(self, operation: PendingOperation) -> Iterator[None]:
        """Takes a begun operation back where the provider says that it failed. Where it cannot tell, the next run finds out."""
        try:
            yield
        except UnreachableError:
            raise
        except ProviderError:
            self._run.journal.give_up(operation)
            raise


def as_gone(old: ResourceState) -> ResourceState | None:
    """The record of a resource whose object turned out to be gone: others still refer to it, so it stays until the next update."""
    return None if old.delete else replace(old, pending_replacement=True)


def as_seen(old: ResourceState, seen: Seen) -> ResourceState:
    """The recorded state with what was seen of its object."""
    inputs = conceal(seen.inputs, old.inputs)
    outputs = conceal(seen.outputs, {**old.inputs, **old.outputs}, old.additional_secret_outputs)
    return replace(old, id=seen.id or old.id, inputs=inputs, outputs=outputs, init_errors=())
