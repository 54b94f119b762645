"""A running update: takes registrations as the program makes them, has each planned (steps) and carried out (executor)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from liftlock_engine.backend import now
from liftlock_engine.claims import Claims
from liftlock_engine.errors import PULUMI_HINT, EngineError, RefusedError
from liftlock_engine.executor import Execution, Executor, StepFailedError, StoppedError
from liftlock_engine.goals import Request, goal_of
from liftlock_engine.model import Goal, ResourceState, StackName, state_of
from liftlock_engine.paths import keep_old
from liftlock_engine.plugins import default_provider_urn, new_provider_id, provider_inputs, provider_outputs
from liftlock_engine.providers.port import Diff, Provider, ProviderError
from liftlock_engine.removal import run_in_order
from liftlock_engine.secrecy import conceal, has_unknown, reveal, reveal_map
from liftlock_engine.steps import (
    NO_DIFF,
    Blocked,
    Op,
    Step,
    force_replace,
    plan_deletes,
)
from liftlock_engine.urns import PROVIDER_PREFIX, STACK_TYPE, is_provider, package_of
from liftlock_engine.values import UNKNOWN, PropertyMap, Value


@dataclass(frozen=True, slots=True)
class Registered:
    """What the program gets back. failed: it, or what it needs, could not be done; its outputs are unknown."""

    urn: str
    id: str = ""
    outputs: PropertyMap = field(default_factory=dict)
    failed: bool = False


class Deployment:
    """One run of a program. Registrations come from many threads at once and block until their steps are done."""

    def __init__(self, run: Execution, stack: StackName, options: Mapping[str, Value]) -> None:
        self._run = run
        self._do = Executor(run)
        self._stack = stack
        self._options = options  # of the stack's configuration, for default providers: `docker:host`
        self._claims = Claims(run)
        self._failed: set[str] = set()
        self._defaults: dict[str, threading.Lock] = {}
        self._defaults_lock = threading.Lock()
        self._root_outputs: tuple[str, PropertyMap] | None = None
        self.declared: dict[str, PropertyMap] = {}
        """Checked inputs by URN."""

    # --- what the program calls ---

    def register(self, request: Request, package: str, version: str) -> Registered:
        """Makes a resource as registered; blocks until it is. package, version: of the SDK that registers it."""
        self._run.check_running()
        goal = goal_of(request, self._stack, self._claims.former_urns(request.parent))
        with self._claims.take(goal) as old:
            if self._waits_for_failed(goal):
                return self._skip(goal)
            try:
                state = self._reach(goal, old, package, version)
            except StepFailedError:
                self._failed.add(goal.urn)
                return Registered(goal.urn, failed=True)
        return Registered(goal.urn, state.id, state.outputs if goal.custom else state.inputs)

    def register_outputs(self, urn: str, outputs: PropertyMap) -> None:
        """A component's outputs. The stack's own are recorded last of all."""
        state = self._run.journal.current(urn)
        if state is None:
            raise RefusedError(f"{urn}: outputs for a resource that was never registered")
        if state.type == STACK_TYPE:
            self._root_outputs = (urn, outputs)
            return
        self._record_outputs(state, outputs)

    def read(self, goal: Goal, id_: str, version: str) -> Registered:
        """An object that the stack does not own (`.get`)."""
        self._run.check_running()
        with self._claims.take(goal) as old:
            if self._waits_for_failed(goal):
                return self._skip(goal)
            if old is not None and not old.external:
                raise RefusedError(f"{goal.urn}: this stack made it, and now the program only reads it", hint=PULUMI_HINT)
            try:
                provider, reference = self._provider_for(goal.provider, package_of(goal.type), version)
                state = self._read(replace(goal, provider=reference), id_, provider, old)
            except StepFailedError:
                self._failed.add(goal.urn)
                return Registered(goal.urn, failed=True)
        return Registered(goal.urn, state.id, state.outputs)

    def invoke(self, token: str, args: PropertyMap, provider: str, version: str, depends_on: tuple[str, ...]) -> PropertyMap | None:
        """A function call; None where its answer is not known yet, because it depends on what a preview would only make."""
        self._run.check_running()
        made = {Op.CREATE, Op.CREATE_REPLACEMENT}
        if self._run.preview and any(self._run.ops.get(urn) in made for urn in depends_on):
            return None
        found, _ = self._provider_for(provider, package_of(token), version)
        with self._run.slots:
            return found.invoke(token, reveal_map(args))

    # --- the end of the run ---

    def crashed(self, err: BaseException) -> None:
        """A bug in a step: nothing new starts, and the run raises it."""
        self._run.crash = self._run.crash or err

    def delete_leftovers(self, *, parallel: int, idle: Callable[[], None] = lambda: None) -> None:
        """Removes what the program does not have any more, and what was replaced."""
        left = self._run.journal.left()
        self._run.journal.forget(state for state in left if state.pending_replacement)
        steps = plan_deletes(self._run.journal.left())
        going = frozenset(step.urn for step in steps)

        def delete(step: Step) -> bool:
            try:
                with_other = step.old is not None and step.old.deleted_with in going
                self._do.delete(step, without_provider=with_other)
            except (StepFailedError, StoppedError):
                return False
            except BaseException:  # noqa: BLE001 - kept in the execution, which raises it when the running steps have ended
                return False
            return True

        one_by_one = 1 if self._run.preview else parallel
        for step in run_in_order(steps, delete, parallel=one_by_one, idle=idle):
            self._run.reporter.skip(step.urn)

    def finish(self) -> None:
        """Records the stack's outputs and writes what is not written yet."""
        if self._root_outputs is not None:
            urn, outputs = self._root_outputs
            state = self._run.journal.current(urn)
            if state is not None:
                self._record_outputs(state, outputs)
        self._run.journal.flush()

    # --- one registration ---

    def _waits_for_failed(self, goal: Goal) -> bool:
        provider = goal.provider.rsplit("::", 1)[0]
        return not self._failed.isdisjoint((*goal.dependencies, goal.parent, provider))

    def _skip(self, goal: Goal) -> Registered:
        self._failed.add(goal.urn)
        self._run.reporter.skip(goal.urn)
        return Registered(goal.urn, failed=True)

    def _reach(self, goal: Goal, old: ResourceState | None, package: str, version: str) -> ResourceState:
        if not goal.custom:
            return self._component(goal, old)
        if is_provider(goal.type):
            return self._provider_resource(goal, old, version)
        provider, reference = self._provider_for(goal.provider, package or package_of(goal.type), version)
        goal = replace(goal, provider=reference)
        if goal.import_id and (old is None or old.id != goal.import_id):
            return self._import(goal, provider, old)
        return self._custom(goal, provider, old)

    def _component(self, goal: Goal, old: ResourceState | None) -> ResourceState:
        step = Step(Op.CREATE if old is None else Op.SAME, goal.urn, goal.type, old)
        return self._note(goal, step, goal.inputs, id_="", outputs=old.outputs if old is not None else {})

    def _provider_resource(self, goal: Goal, old: ResourceState | None, version: str) -> ResourceState:
        inputs = provider_inputs(goal.inputs, version)
        if old is None or old.pending_replacement:
            op = Op.CREATE
        else:
            op = Op.SAME if reveal(dict(old.inputs)) == reveal(dict(inputs)) else Op.UPDATE
        kept_id = old.id if old is not None else "" if self._run.preview else new_provider_id()
        state = self._note(goal, Step(op, goal.urn, goal.type, old), inputs, id_=kept_id, outputs=provider_outputs(inputs))
        if not any(has_unknown(value) for value in inputs.values()):
            self._run.plugins.register(state)
        return state

    def _note(self, goal: Goal, step: Step, inputs: PropertyMap, *, id_: str, outputs: PropertyMap) -> ResourceState:
        """A step that no provider takes part in."""
        with self._run.recording(step, tell=goal.custom or self._run.preview):  # a component's end is told when its outputs are there
            state = state_of(goal, inputs, id_=id_, outputs=outputs, old=step.old, now=now())
            self._run.journal.put(state, old=step.old)
        return state

    def _custom(self, goal: Goal, provider: Provider, old: ResourceState | None) -> ResourceState:
        if not self._run.preview and any(has_unknown(value) for value in goal.inputs.values()):
            raise self._fail(goal, "an input is not known: something that it depends on was not done")
        recorded = old if old is not None and not old.external else None
        goal = replace(goal, inputs=keep_old(goal.inputs, recorded.inputs, goal.ignore_changes)) if recorded is not None else goal
        inputs = self._check(goal, provider, recorded)
        diff = self._diff(goal, provider, recorded, inputs) if recorded is not None and not recorded.pending_replacement else NO_DIFF
        if diff.replaces or (recorded is not None and recorded.pending_replacement):
            inputs = self._check(goal, provider, None)  # a new object gets its own defaults, a new autoname for one
        self.declared[goal.urn] = inputs
        steps = self._claims.plan(goal, recorded, diff)
        if isinstance(steps, Blocked):
            raise self._fail(goal, steps.reason)
        return self._carry_out(goal, provider, inputs, old, steps)

    def _check(self, goal: Goal, provider: Provider, old: ResourceState | None) -> PropertyMap:
        before = reveal_map(old.inputs) if old is not None else None
        try:
            checked = provider.check(goal.urn, goal.type, before, reveal_map(goal.inputs), seed=os.urandom(32))
        except ProviderError as err:
            raise self._fail(goal, str(err)) from err
        if checked.failures:
            raise self._fail(goal, "; ".join(f"{failure.property}: {failure.reason}" for failure in checked.failures))
        return conceal(checked.inputs, goal.inputs)

    def _diff(self, goal: Goal, provider: Provider, old: ResourceState, inputs: PropertyMap) -> Diff:
        before, outputs, after = reveal_map(old.inputs), reveal_map(old.outputs), reveal_map(inputs)
        try:
            diff = provider.diff(goal.urn, goal.type, old.id, before, outputs, after, ignore=goal.ignore_changes)
        except ProviderError as err:
            raise self._fail(goal, str(err)) from err
        return force_replace(diff, goal.replace_on_changes)

    def _fail(self, goal: Goal, message: str) -> StepFailedError:
        self._run.reporter.refused(goal.urn, message)
        return StepFailedError(message)

    def _carry_out(
        self, goal: Goal, provider: Provider, inputs: PropertyMap, external: ResourceState | None, steps: tuple[Step, ...]
    ) -> ResourceState:
        removed = frozenset(step.urn for step in steps if step.op is Op.DELETE_REPLACED)
        state: ResourceState | None = None
        try:
            for step in steps:
                match step.op:
                    case Op.SAME:
                        state = self._do.same(step, goal, inputs, _recorded(step))
                    case Op.UPDATE:
                        state = self._do.update(step, goal, provider, inputs, _recorded(step))
                    case Op.CREATE:
                        state = self._do.create(step, goal, provider, inputs, old=external, keep_old=False)
                    case Op.DELETE_REPLACED:
                        self._remove(step)
                    case Op.CREATE_REPLACEMENT:
                        state = self._replace(step, goal, provider, inputs)
                    case _:
                        self._do.show(step)
        finally:
            self._claims.release(removed)
        assert state is not None  # noqa: S101 - every plan has a step that gives the resource's state
        return state

    def _remove(self, step: Step) -> None:
        """Removes an object before its successor is made, unless another registration did so already."""
        with self._claims.removal(_recorded(step)) as current:
            if current is not None:
                self._do.delete(replace(step, old=current), replacing=not current.delete)

    def _replace(self, step: Step, goal: Goal, provider: Provider, inputs: PropertyMap) -> ResourceState:
        old = self._run.journal.find(_recorded(step).urn)
        keep = old is not None and not old.pending_replacement
        return self._do.create(step, goal, provider, inputs, old=old, keep_old=keep)

    # --- reading and importing ---

    def _read(self, goal: Goal, id_: str, provider: Provider, old: ResourceState | None) -> ResourceState:
        step = Step(Op.READ, goal.urn, goal.type, old)
        with self._run.recording(step) as fail:
            if not id_:  # a preview: what it is read from is not made yet
                state = state_of(goal, goal.inputs, id_="", outputs=dict.fromkeys(goal.inputs, UNKNOWN), old=old, now="")
            else:
                with self._run.slots:
                    seen = provider.read(goal.urn, goal.type, id_, None, None)
                if seen.id is None:
                    raise fail(f"resource '{id_}' does not exist")
                outputs = conceal(seen.outputs, goal.inputs, goal.additional_secret_outputs)
                state = state_of(goal, goal.inputs, id_=seen.id, outputs=outputs, old=old, now=now())
            state = replace(state, external=True)
            self._run.journal.put(state, old=old)
        return state

    def _import(self, goal: Goal, provider: Provider, old: ResourceState | None) -> ResourceState:
        if old is not None:
            raise RefusedError(f"{goal.urn}: `import_` of an object in place of one that this stack has", hint=PULUMI_HINT)
        with self._run.recording(Step(Op.IMPORT, goal.urn, goal.type)) as fail:
            with self._run.slots:
                seen = provider.read(goal.urn, goal.type, goal.import_id, None, None)
            if seen.id is None:
                raise fail(f"resource '{goal.import_id}' does not exist")
            checked = provider.check(goal.urn, goal.type, seen.inputs, reveal_map(goal.inputs), seed=os.urandom(32))
            diff = provider.diff(goal.urn, goal.type, seen.id, seen.inputs, seen.outputs, checked.inputs, ignore=goal.ignore_changes)
            if checked.failures or diff.changed:
                wrong = [failure.property for failure in checked.failures] or sorted(diff.detailed)
                raise fail(f"inputs to import do not match the existing resource; they differ at: {', '.join(wrong)}")
            inputs = conceal(checked.inputs, goal.inputs)
            outputs = conceal(seen.outputs, inputs, goal.additional_secret_outputs)
            self.declared[goal.urn] = inputs
            state = state_of(goal, inputs, id_=seen.id, outputs=outputs, old=None, now=now())
            self._run.journal.put(state, old=None)
        self._run.journal.flush()
        return state

    # --- providers ---

    def _provider_for(self, reference: str, package: str, version: str) -> tuple[Provider, str]:
        """The provider and the reference (`<urn>::<id>`) that the state records."""
        if reference:
            urn = reference.rsplit("::", 1)[0]
            found = self._run.plugins.registered(urn)
            if found is not None:
                return found, reference
            # In a preview its options may be unknown; what needs no service (check, diff, predict) works without them.
            return self._run.plugins.for_package(package, urn), reference
        urn = default_provider_urn(self._stack.stack, self._stack.project, package, version)
        with self._defaults_lock:
            lock = self._defaults.setdefault(urn, threading.Lock())
        with lock:
            found = self._run.plugins.registered(urn)
            if found is None:
                self._run.plugins.for_package(package, urn)  # refuses before anything is recorded
                self._make_default(urn, package, version)
                found = self._run.plugins.registered(urn)
        state = self._run.journal.current(urn)
        if found is None or state is None:
            raise EngineError(f"{urn}: the default provider was not made")
        return found, f"{urn}::{state.id or _unknown_id()}"

    def _make_default(self, urn: str, package: str, version: str) -> None:
        prefix = f"{package}:"
        options = {key.removeprefix(prefix): value for key, value in self._options.items() if key.startswith(prefix)}
        type_ = f"{PROVIDER_PREFIX}{package}"
        goal = Goal(urn=urn, type=type_, name=urn.rsplit("::", 1)[1], custom=True, inputs=options)
        with self._claims.take(goal) as old:
            self._provider_resource(goal, old, version)

    def _record_outputs(self, state: ResourceState, outputs: PropertyMap) -> None:
        known = {key: value for key, value in outputs.items() if self._run.preview or not has_unknown(value)}
        kept = {key: state.outputs[key] for key in outputs.keys() - known.keys() if key in state.outputs}
        self._run.journal.amend(state, replace(state, outputs={**known, **kept}))
        self._run.reporter.outputs(Step(self._run.ops.get(state.urn, Op.SAME), state.urn, state.type, state))


def _recorded(step: Step) -> ResourceState:
    assert step.old is not None  # noqa: S101 - the plan names no such step for a resource that is not recorded
    return step.old


def _unknown_id() -> str:
    from liftlock_engine.wire import UNKNOWN_TEXT  # noqa: PLC0415

    return UNKNOWN_TEXT
