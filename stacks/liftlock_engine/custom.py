"""Brings one custom resource to its goal: checks it, finds what differs, has the steps planned, and carries them out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from liftlock_engine.backend import now
from liftlock_engine.claims import Claims
from liftlock_engine.errors import RefusedError
from liftlock_engine.events import Severity
from liftlock_engine.execution import Execution, StepFailedError
from liftlock_engine.executor import Executor
from liftlock_engine.model import Goal, ResourceState, state_of
from liftlock_engine.paths import keep_old
from liftlock_engine.providers.port import CheckFailure, Diff, Provider, ProviderError
from liftlock_engine.secrecy import conceal, has_unknown, reveal, reveal_map
from liftlock_engine.steps import NO_DIFF, REPLACING, Blocked, Op, Step, force_replace, protected_message
from liftlock_engine.values import UNKNOWN, PropertyMap, Value

_IMPORTED_STAYS: Final = (
    "previously-imported resources that still specify an ID may not be replaced; please remove the `import` declaration from your program"
)


class CustomResources:
    """The custom resources of one run. declared: takes the checked inputs by URN."""

    def __init__(self, run: Execution, do: Executor, claims: Claims, declared: dict[str, PropertyMap]) -> None:
        self._run = run
        self._do = do
        self._claims = claims
        self._declared = declared

    def reach(self, goal: Goal, provider: Provider, old: ResourceState | None) -> ResourceState:
        """The resource as the program wants it; StepFailedError where that cannot be, reported already."""
        if not self._run.preview and any(has_unknown(value) for value in goal.inputs.values()):
            raise self._fail(goal, "an input is not known: something that it depends on was not done")
        imported = self._import(goal, provider, old) if _is_import(goal, old) else None
        return self._reach(goal, provider, imported or old, imported=imported)

    def _reach(self, goal: Goal, provider: Provider, old: ResourceState | None, *, imported: ResourceState | None) -> ResourceState:
        recorded = old if old is not None and not old.external else None
        kept = replace(goal, inputs=keep_old(goal.inputs, recorded.inputs, goal.ignore_changes)) if recorded is not None else goal
        inputs = self._check(kept, provider, recorded)
        removed = self._claims.condemned(recorded) is not None
        diff = self._diff(goal, provider, recorded, inputs) if recorded is not None and not removed else NO_DIFF
        if recorded is not None and (diff.replacing or recorded.pending_replacement):
            inputs = self._check(goal, provider, None)  # a new object gets its own defaults, a new autoname for one
            if not removed:
                self._refuse_replacing(goal, recorded, diff)
        self._declared[goal.urn] = inputs
        if imported is not None and not diff.changed and not diff.replacing:
            return imported
        steps = self._claims.plan(goal, old, diff)
        if isinstance(steps, Blocked):
            raise self._fail(goal, steps.reason)
        return self._carry_out(goal, provider, inputs, steps)

    def _check(self, goal: Goal, provider: Provider, old: ResourceState | None) -> PropertyMap:
        before = reveal_map(old.inputs) if old is not None else None
        try:
            checked = provider.check(goal.urn, goal.type, before, reveal_map(goal.inputs), seed=os.urandom(32))
        except ProviderError as err:
            raise self._fail(goal, str(err)) from err
        if checked.failures:
            raise self._fail(goal, _told(checked.failures))
        return conceal(checked.inputs, goal.inputs)

    def _diff(self, goal: Goal, provider: Provider, old: ResourceState, inputs: PropertyMap) -> Diff:
        if self._triggered(goal, old):
            return Diff(forced=True)
        if any(self._run.ops.get(urn) in REPLACING for urn in goal.replace_with):
            return Diff(replaces=("replaceWith",))
        before, outputs, after = reveal_map(old.inputs), reveal_map(old.outputs), reveal_map(inputs)
        try:
            diff = provider.diff(goal.urn, goal.type, old.id, before, outputs, after, ignore=goal.ignore_changes)
        except ProviderError as err:
            raise self._fail(goal, str(err)) from err
        return force_replace(diff, goal.replace_on_changes)

    def _triggered(self, goal: Goal, old: ResourceState) -> bool:
        """Whether `replacement_trigger` asks for a new object: it changed. Stating one for the first time, or no more, does not."""
        trigger = goal.replacement_trigger
        if has_unknown(trigger) and not self._run.preview:
            raise self._fail(goal, f"replacement trigger contains unknowns for {goal.urn}")
        if has_unknown(trigger) or has_unknown(old.replacement_trigger):
            return True
        if trigger is None or old.replacement_trigger is None:
            return False
        return reveal(trigger) != reveal(old.replacement_trigger)

    def _refuse_replacing(self, goal: Goal, old: ResourceState, diff: Diff) -> None:
        """Fails where the resource may not be replaced; a preview says so and goes on."""
        if goal.protect and old.protect:  # what the program takes off in this same run holds no longer
            message = protected_message(goal.urn, "replaced")
            if not self._run.preview:
                raise self._fail(goal, message)
            self._run.reporter.diagnostic(Severity.ERROR, message, goal.urn)
        if not goal.import_id:
            return
        why = diff.replaces or [path for path, item in diff.detailed.items() if item.kind.replaces] or ["its replacement trigger"]
        message = f"{_IMPORTED_STAYS}; it would be replaced for: {', '.join(why)}"
        if not self._run.preview:
            raise self._fail(goal, message)
        self._run.reporter.diagnostic(Severity.WARNING, message, goal.urn)

    def _fail(self, goal: Goal, message: str) -> StepFailedError:
        self._run.reporter.refused(goal.urn, message)
        return StepFailedError(message)

    def _carry_out(self, goal: Goal, provider: Provider, inputs: PropertyMap, steps: tuple[Step, ...]) -> ResourceState:
        removed = frozenset(step.urn for step in steps if step.op is Op.DELETE_REPLACED)
        state: ResourceState | None = None
        try:
            for step in steps:
                match step.op:
                    case Op.SAME:
                        state = self._do.same(step, goal, inputs, step.recorded)
                    case Op.UPDATE:
                        state = self._do.update(step, goal, provider, inputs, step.recorded)
                    case Op.CREATE:
                        state = self._do.create(step, goal, provider, inputs, old=None, keep_old=False)
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
        with self._claims.removal(step.recorded) as current:
            if current is not None and not self._do.delete(replace(step, old=current), replacing=not current.delete):
                raise StepFailedError(f"a hook after the removal of {step.urn} failed")  # reported; the next run goes on from there

    def _replace(self, step: Step, goal: Goal, provider: Provider, inputs: PropertyMap) -> ResourceState:
        old = self._run.journal.find(step.recorded.urn)
        keep = old is not None and not old.pending_replacement
        return self._do.create(step, goal, provider, inputs, old=old, keep_old=keep)

    # --- reading and importing ---

    def read(self, goal: Goal, id_: str, provider: Provider, old: ResourceState | None) -> ResourceState:
        """Reads an object that the stack does not own. What the stack made under that URN is given up: of the same id it becomes
        somebody else's, of another it is removed at the end of the run."""
        replacing = old is not None and not old.external and old.id != id_
        step = Step(Op.READ_REPLACEMENT if replacing else Op.READ, goal.urn, goal.type, old)
        with self._run.recording(step) as fail:
            if not id_:  # a preview: what it is read from is not made yet
                outputs: dict[str, Value] = dict.fromkeys(goal.inputs, UNKNOWN)
                state = state_of(goal, goal.inputs, id_="", outputs=outputs, old=old, now="")
            else:
                with self._run.slots:
                    seen = provider.read(goal.urn, goal.type, id_, None, None)
                if seen.id is None:
                    raise fail(f"resource '{id_}' does not exist")
                outputs = conceal(seen.outputs, goal.inputs, goal.additional_secret_outputs)
                state = state_of(goal, goal.inputs, id_=seen.id, outputs=outputs, old=old, now=now())
            state = replace(state, external=True)
            self._run.journal.put(state, old=old, keep_old=replacing)
        if replacing:
            self._do.show(Step(Op.REPLACE, goal.urn, goal.type, old))
        elif old is not None and reveal_map(old.outputs) != reveal_map(state.outputs):
            self._run.reporter.tally(replace(step, found_new=True))
        return state

    def _import(self, goal: Goal, provider: Provider, old: ResourceState | None) -> ResourceState:
        """Takes an object over that somebody else made. What the stack has under that URN is replaced by it."""
        if old is not None and old.pending_replacement:
            raise RefusedError(f"{goal.urn}: `import_` while its replacement is pending; run an update without `import_` first")
        step = Step(Op.IMPORT if old is None else Op.IMPORT_REPLACEMENT, goal.urn, goal.type, old)
        with self._run.recording(step) as fail:
            with self._run.slots:
                seen = provider.read(goal.urn, goal.type, goal.import_id, None, None)
            if seen.id is None:
                raise fail(f"resource '{goal.import_id}' does not exist")
            inputs = conceal(seen.inputs, goal.inputs)
            outputs = conceal(seen.outputs, goal.inputs, goal.additional_secret_outputs)
            state = state_of(goal, inputs, id_=seen.id, outputs=outputs, old=None, now=now())
            self._run.journal.put(state, old=old, keep_old=old is not None)
        if old is not None:
            self._do.show(Step(Op.REPLACE, goal.urn, goal.type, old))
        self._run.journal.flush()
        return state


def _is_import(goal: Goal, old: ResourceState | None) -> bool:
    return bool(goal.import_id) and (old is None or old.external or (old.import_id or old.id) != goal.import_id)


def _told(failures: Iterable[CheckFailure]) -> str:
    return "; ".join(f"{failure.property}: {failure.reason}" for failure in failures)
