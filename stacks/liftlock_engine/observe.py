"""Looks at a stack three ways: as the program declares it, as it was last applied, as it is. Writes nothing at all."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from liftlock_engine.execution import Execution
from liftlock_engine.executor import as_seen
from liftlock_engine.model import ResourceState
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.refresh import read_owned
from liftlock_engine.steps import Op, Step
from liftlock_engine.urns import Urn
from liftlock_engine.values import PropertyMap


class Presence(StrEnum):
    """Whether the object is there. UNKNOWN is never a kind of absent: it could not be looked at."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ObservedResource:
    """One resource, three ways; None where it is not declared, not applied, or not seen. reason: why its presence is unknown.

    recreated: an object of the same name is there under another id.
    """

    urn: str
    type: str
    presence: Presence
    declared: PropertyMap | None = None
    applied: PropertyMap | None = None
    live: PropertyMap | None = None
    id_applied: str = ""
    id_live: str = ""
    reason: str = ""

    @property
    def recreated(self) -> bool:
        """Whether somebody made the object anew."""
        return bool(self.id_live) and bool(self.id_applied) and self.id_live != self.id_applied


def observe(
    run: Execution, declared: Mapping[str, PropertyMap], recorded: tuple[ResourceState, ...], *, parallel: int
) -> tuple[ObservedResource, ...]:
    """Every resource that is declared or applied, recorded ones first, in the state's order."""
    states = [state for state in recorded if state.managed and not state.delete and not state.pending_replacement]
    owned = frozenset(state.id for state in states)

    def look(state: ResourceState) -> ObservedResource:
        return _look(run, state, declared.get(state.urn), owned)

    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="observe") as pool:
        seen = tuple(pool.map(look, states))
    known = {state.urn for state in states}
    new = (
        ObservedResource(urn, Urn.parse(urn).type, Presence.MISSING, declared=inputs)
        for urn, inputs in declared.items()
        if urn not in known
    )
    return (*seen, *new)


def _look(run: Execution, state: ResourceState, declared: PropertyMap | None, owned: frozenset[str]) -> ObservedResource:
    base = ObservedResource(state.urn, state.type, Presence.MISSING, declared, state.inputs, id_applied=state.id)
    step, started = Step(Op.REFRESH, state.urn, state.type, state), time.monotonic()
    run.reporter.before(step)
    try:
        seen = read_owned(run, state, owned)
    except ProviderError as err:
        return replace(base, presence=Presence.UNKNOWN, reason=str(err))
    finally:
        run.reporter.after(step, time.monotonic() - started, count=False)
    if seen.id is None:
        return base
    return replace(base, presence=Presence.PRESENT, live=as_seen(state, seen).inputs, id_live=seen.id)
