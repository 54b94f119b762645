"""A running update: takes registrations as the program makes them, has each planned (steps) and carried out (executor)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from liftlock_engine.claims import Claims
from liftlock_engine.custom import CustomResources
from liftlock_engine.errors import RefusedError
from liftlock_engine.execution import Execution, StepFailedError
from liftlock_engine.executor import Executor
from liftlock_engine.goals import Request, goal_of
from liftlock_engine.hooks import Change
from liftlock_engine.model import Goal, ResourceState, StackName
from liftlock_engine.provider_choice import Asked, ProviderChoice
from liftlock_engine.secrecy import has_unknown, reveal, reveal_map
from liftlock_engine.steps import Op, Step
from liftlock_engine.urns import STACK_TYPE, is_provider
from liftlock_engine.values import PropertyMap, Value


@dataclass(frozen=True, slots=True)
class Registered:
    """What the program gets back. failed: it, or what it needs, could not be done; its outputs are unknown."""

    urn: str
    id: str = ""
    outputs: PropertyMap = field(default_factory=dict)
    failed: bool = False


class Deployment:
    """One run of a program. Registrations come from many threads at once and block until their steps are done.

    options: of the stack's configuration, for default providers: `docker:host`.
    """

    def __init__(self, run: Execution, stack: StackName, options: Mapping[str, Value]) -> None:
        self._run = run
        self._do = Executor(run)
        self._stack = stack
        self._claims = Claims(run)
        self.declared: dict[str, PropertyMap] = {}
        """Checked inputs by URN."""
        self._customs = CustomResources(run, self._do, self._claims, self.declared)
        self._providers = ProviderChoice(run, self._do, self._claims, stack, options)
        self._components: dict[str, tuple[Op, Change]] = {}
        self._failed: set[str] = set()
        self._root_outputs: tuple[str, PropertyMap] | None = None

    # --- what the program calls ---

    def register(self, request: Request, asked: Asked) -> Registered:
        """Makes a resource as registered; blocks until it is."""
        self._run.check_running()
        goal = goal_of(request, self._stack, self._claims.former_urns(request.parent))
        return self._claimed(goal, lambda old: self._reach(goal, old, asked))

    def register_outputs(self, urn: str, outputs: PropertyMap) -> None:
        """A component's outputs. The stack's own are recorded last of all."""
        state = self._run.journal.current(urn)
        if state is None:
            raise RefusedError(f"{urn}: outputs for a resource that was never registered")
        if state.type == STACK_TYPE:
            self._root_outputs = (urn, outputs)
            return
        self._record_outputs(state, outputs)

    def read(self, goal: Goal, id_: str, asked: Asked) -> Registered:
        """An object that the stack does not own (`.get`)."""
        self._run.check_running()

        def look(old: ResourceState | None) -> ResourceState:
            provider, reference = self._providers.choose(goal.provider, goal.type, asked, goal.urn)
            return self._customs.read(replace(goal, provider=reference), id_, provider, old)

        return self._claimed(goal, look)

    def invoke(self, token: str, args: PropertyMap, provider: str, asked: Asked) -> PropertyMap:
        """A function call."""
        self._run.check_running()
        found, _ = self._providers.choose(provider, token, asked, token)
        with self._run.slots:
            return found.invoke(token, reveal_map(args))

    # --- the end of the run ---

    def crashed(self, err: BaseException) -> None:
        """A bug in a step: nothing new starts, and the run raises it."""
        self._run.crash = self._run.crash or err

    def finish(self) -> None:
        """Records the stack's outputs and writes what is not written yet."""
        if self._root_outputs is not None:
            urn, outputs = self._root_outputs
            state = self._run.journal.current(urn)
            if state is not None:
                self._record_outputs(state, outputs)
        self._run.journal.flush()

    # --- one registration ---

    def _claimed(self, goal: Goal, make: Callable[[ResourceState | None], ResourceState]) -> Registered:
        with self._claims.take(goal) as old:
            if self._waits_for_failed(goal):
                self._failed.add(goal.urn)
                self._run.reporter.skip(goal.urn)
                return Registered(goal.urn, failed=True)
            try:
                state = make(old)
            except StepFailedError:
                self._failed.add(goal.urn)
                return Registered(goal.urn, failed=True)
        return Registered(goal.urn, state.id, state.outputs if goal.custom else state.inputs)

    def _waits_for_failed(self, goal: Goal) -> bool:
        provider = goal.provider.rsplit("::", 1)[0]
        return not self._failed.isdisjoint((*goal.dependencies, *goal.replace_with, goal.parent, provider))

    def _reach(self, goal: Goal, old: ResourceState | None, asked: Asked) -> ResourceState:
        if not goal.custom:
            return self._component(goal, old)
        if is_provider(goal.type):
            return self._providers.register(goal, old, asked)
        provider, reference = self._providers.choose(goal.provider, goal.type, asked, goal.urn)
        return self._customs.reach(replace(goal, provider=reference), provider, old)

    def _component(self, goal: Goal, old: ResourceState | None) -> ResourceState:
        """A component has no object: it is created when it is new, and updated when its inputs change."""
        op = Op.CREATE if old is None else Op.SAME if reveal(dict(old.inputs)) == reveal(dict(goal.inputs)) else Op.UPDATE
        outputs = old.outputs if old is not None else {}
        state = self._do.note(goal, Step(op, goal.urn, goal.type, old), goal.inputs, id_="", outputs=outputs)
        self._components[goal.urn] = (op, Change(old if op is Op.UPDATE else None, state))
        return state

    def _record_outputs(self, state: ResourceState, outputs: PropertyMap) -> None:
        known = {key: value for key, value in outputs.items() if self._run.preview or not has_unknown(value)}
        kept = {key: state.outputs[key] for key in outputs.keys() - known.keys() if key in state.outputs}
        after = replace(state, outputs={**known, **kept})
        self._run.journal.amend(state, after)
        op, change = self._components.get(state.urn, (Op.SAME, Change(None, state)))
        kind = {Op.CREATE: "AfterCreate", Op.UPDATE: "AfterUpdate"}.get(op)
        if kind is not None and state.type != STACK_TYPE:
            self._run.hooks.after(kind, Change(change.old, after))
        self._run.reporter.outputs(Step(self._run.ops.get(state.urn, Op.SAME), state.urn, state.type, state))
