"""Looks at every object, in parallel, and takes into the state what is there. Nothing is taken over unless everything could be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from liftlock_engine.execution import Execution, StepFailedError
from liftlock_engine.executor import as_seen
from liftlock_engine.model import ResourceState
from liftlock_engine.providers.port import Diff, ProviderError, Seen
from liftlock_engine.secrecy import reveal_map
from liftlock_engine.steps import NO_DIFF, Op, Step, plan_refresh


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at one resource showed. after: None where its object is gone."""

    step: Step
    old: ResourceState
    after: ResourceState | None
    seconds: float


def refresh(run: Execution, *, parallel: int, before_update: bool = False, idle: Callable[[], None] = lambda: None) -> bool:
    """Whether everything could be read; only then the state follows. before_update: the first half of an update, not counted."""
    states = run.journal.left()
    owned = frozenset(state.id for state in states if state.managed)
    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="refresh") as pool:
        futures = [pool.submit(_tell, run, state, owned, before_update) for state in states if not state.pending_replacement]
        while not all(future.done() for future in futures):
            idle()
            time.sleep(0.01)
    looks = [future.result() for future in futures]
    found = [look for look in looks if look is not None]
    if len(found) < len(looks):
        return False
    _take_over(run, found)
    return True


def _tell(run: Execution, state: ResourceState, owned: frozenset[str], before_update: bool) -> _Look | None:
    """Each look is reported when it is done: many of them take their time."""
    look = _look(run, state, owned)
    if look is not None:
        shown = replace(look.step, op=Op.REFRESH) if before_update else look.step
        run.reporter.after(look.step, look.seconds, shown=shown, count=not before_update)
    return look


def _look(run: Execution, state: ResourceState, owned: frozenset[str]) -> _Look | None:
    started = time.monotonic()
    step = Step(Op.REFRESH, state.urn, state.type, state)
    run.reporter.before(step)
    if not state.custom or (not state.managed and not state.external):
        return _Look(replace(step, op=Op.SAME), state, state, time.monotonic() - started)
    try:
        with run.slots:
            seen = read_owned(run, state, owned)
            after = as_seen(state, seen) if seen.id is not None else None
            backwards = _difference(run, state, after) if after is not None and not state.external else NO_DIFF
    except (ProviderError, StepFailedError) as err:
        run.reporter.failed(step, f"{err}", time.monotonic() - started)
        return None
    found = plan_refresh(state, seen.id, backwards)
    if state.external and after is not None and reveal_map(after.outputs) != reveal_map(state.outputs):
        found = replace(found, op=Op.UPDATE)  # nobody here wants it otherwise: what counts is that it is not as it was read
    return _Look(found, state, after, time.monotonic() - started)


def read_owned(run: Execution, state: ResourceState, owned: frozenset[str]) -> Seen:
    """The resource's object. One of the same name that another resource of this stack owns is not taken for it."""
    provider = run.provider_of(state)
    seen = provider.read(state.urn, state.type, state.id, reveal_map(state.inputs), reveal_map(state.outputs))
    if seen.id is not None and seen.id != state.id and (state.delete or seen.id in owned):
        return Seen(None)
    return seen


def _difference(run: Execution, old: ResourceState, after: ResourceState) -> Diff:
    provider = run.provider_of(old)
    live, before = reveal_map(after.inputs), reveal_map(after.outputs)
    return provider.diff(old.urn, old.type, after.id, live, before, reveal_map(old.inputs), ignore=old.ignore_changes)


def _take_over(run: Execution, looks: list[_Look]) -> None:
    # A superseded object of the same URN that is still there is what those that refer to it may still use.
    there = {look.old.urn for look in looks if look.after is not None}
    gone = {look.old.urn for look in looks if look.after is None and not look.old.delete} - there
    for look in looks:
        after = _without(look.after, gone) if look.after is not None else None
        if after is not look.old:
            run.journal.amend(look.old, after)


def _without(state: ResourceState, gone: set[str]) -> ResourceState:
    """The state without its references to what is gone; a checkpoint may not point nowhere."""
    if not state.needs & gone:
        return state
    return replace(
        state,
        dependencies=tuple(urn for urn in state.dependencies if urn not in gone),
        property_dependencies={key: tuple(urn for urn in urns if urn not in gone) for key, urns in state.property_dependencies.items()},
        replace_with=tuple(urn for urn in state.replace_with if urn not in gone),
        deleted_with="" if state.deleted_with in gone else state.deleted_with,
    )
