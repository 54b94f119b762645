"""Carries out steps: the only place that calls a provider's create, update and delete. Each is on record before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, TypeVar

from liftlock_engine.backend import now
from liftlock_engine.errors import StateError
from liftlock_engine.events import Severity
from liftlock_engine.execution import Execution
from liftlock_engine.hooks import Change, HookFailedError
from liftlock_engine.model import Goal, PendingKind, PendingOperation, ResourceState, state_of
from liftlock_engine.providers.port import Made, Provider, ProviderError, Seen, UnreachableError
from liftlock_engine.secrecy import conceal, reveal_map
from liftlock_engine.steps import Op, Step, protected_message
from liftlock_engine.urns import short
from liftlock_engine.values import PropertyMap

_Done = TypeVar("_Done")
MOST_TRIES: Final = 100
"""How often error hooks may have one operation tried."""


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
            wanted = state_of(goal, inputs, id_="", outputs={}, old=None, now=now())
            run.hooks.before("BeforeCreate", Change(None, wanted))
            operation: PendingOperation | None = None
            if run.preview:
                made = Made("", provider.predict(goal.urn, goal.type, reveal_map(inputs), None))
            else:
                operation = run.journal.begin(PendingKind.CREATING, wanted)
                with self._settling(operation):
                    timeout = goal.timeouts.create
                    made = self._try(
                        "create", Change(None, wanted), lambda: provider.create(goal.urn, goal.type, reveal_map(inputs), timeout=timeout)
                    )
            try:
                state = self._recorded(goal, inputs, made, old, keep_old, operation)
            except StateError as err:
                raise StateError(
                    f"{short(goal.urn)} was made ({made.id}) and could not be recorded: {err.message}",
                    hint="Make room, then run again: the state says that it was begun, so the next run finds it and settles it first.",
                ) from err
            run.hooks.after("AfterCreate", Change(None, state))
            return state

    def _try(self, verb: str, change: Change, do: Callable[[], _Done]) -> _Done:
        """Does it; again and again where it fails and an error hook of the resource asks for that."""
        run = self._run
        errors: tuple[str, ...] = ()
        while True:
            try:
                with run.slots:
                    return do()
            except ProviderError as err:
                errors = (str(err), *errors)
                try:
                    again = run.hooks.retry(verb, change, errors)
                except HookFailedError as failed:
                    raise type(err)(str(failed)) from err
                if not again or run.stop.is_set():
                    raise
                if len(errors) >= MOST_TRIES:
                    raise type(err)(f"maximum number of error hook retries ({MOST_TRIES}) reached; {err}") from err
                message = f"retrying {verb} due to on-error hook request ({len(errors)}/{MOST_TRIES})"
                run.reporter.diagnostic(Severity.WARNING, message, change.state.urn)

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
        wanted = replace(state_of(goal, inputs, id_=old.id, outputs={}, old=old, now=now()), modified=now())
        with run.recording(step):
            run.hooks.before("BeforeUpdate", Change(old, wanted))
            operation: PendingOperation | None = None
            if run.preview:
                outputs = provider.predict(goal.urn, goal.type, after, before_out)
            else:
                operation = run.journal.begin(PendingKind.UPDATING, old)
                try:
                    with self._settling(operation):
                        timeout = goal.timeouts.update
                        outputs = self._try(
                            "update",
                            Change(old, wanted),
                            lambda: provider.update(goal.urn, goal.type, old.id, before_in, before_out, after, timeout=timeout),
                        )
                except ProviderError:
                    self._look_again(provider, old)
                    raise
            concealed = conceal(outputs, inputs, goal.additional_secret_outputs)
            state = replace(wanted, outputs=concealed)
            run.journal.put(state, old=old, operation=operation)
            run.hooks.after("AfterUpdate", Change(old, state))
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

    def note(self, goal: Goal, step: Step, inputs: PropertyMap, *, id_: str, outputs: PropertyMap) -> ResourceState:
        """A step that no provider takes part in: of a component, or of a provider itself."""
        run, old = self._run, step.old
        with run.recording(step, tell=goal.custom or run.preview):  # a component's end is told when its outputs are there
            state = state_of(goal, inputs, id_=id_, outputs=outputs, old=old, now=now())
            if step.op in (Op.CREATE, Op.UPDATE):
                run.hooks.before(f"Before{step.op.value.title()}", Change(old, state))
            run.journal.put(state, old=old)
            if goal.custom and step.op in (Op.CREATE, Op.UPDATE):  # a component's come when its outputs are there
                run.hooks.after(f"After{step.op.value.title()}", Change(old, state))
        return state

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

    def delete(self, step: Step, *, replacing: bool = False, along: Iterable[ResourceState] = ()) -> bool:
        """Removes the object; whether the hooks after it went well.

        replacing: its successor follows in this run. along: what goes with it.
        """
        run, old = self._run, step.recorded
        with self._deleting(step):
            after = replace(old, pending_replacement=True) if replacing else None
            operation = self._delete_object(old) if old.managed and not old.retain_on_delete and not run.preview else None
            run.journal.forget(along)
            run.journal.amend(old, after, operation=operation)
            return run.hooks.after("AfterDelete", Change(old, None))

    def leave(self, step: Step, note: Callable[[ResourceState], object]) -> bool:
        """Leaves the object to the removal of its host: until that is done it stays on record (note), and needs nothing else."""
        with self._deleting(step):
            left = replace(step.recorded, parent="", dependencies=(), property_dependencies={})
            self._run.journal.amend(step.recorded, left)
            note(left)
            return self._run.hooks.after("AfterDelete", Change(step.recorded, None))

    @contextmanager
    def _deleting(self, step: Step) -> Iterator[None]:
        with self._run.recording(step) as fail:
            self._run.hooks.before("BeforeDelete", Change(step.recorded, None))
            if step.recorded.protect and step.op not in (Op.DELETE_REPLACED, Op.DISCARD_REPLACED):
                raise fail(protected_message(step.urn, "deleted"))
            yield

    def _delete_object(self, old: ResourceState) -> PendingOperation:
        run, provider = self._run, self._run.provider_of(old)
        operation = run.journal.begin(PendingKind.DELETING, old)
        inputs, outputs = reveal_map(old.inputs), reveal_map(old.outputs)
        try:
            with self._settling(operation):
                timeout = old.timeouts.delete
                self._try("delete", Change(old, None), lambda: provider.delete(old.urn, old.type, old.id, inputs, outputs, timeout=timeout))
        except ProviderError:
            self._look_again(provider, old)
            raise
        return operation

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
