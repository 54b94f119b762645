"""Who works on which resource. Registrations come from many threads; one that must remove what others depend on has to agree with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from liftlock_engine.errors import RefusedError
from liftlock_engine.executor import Execution
from liftlock_engine.model import Goal, ResourceState
from liftlock_engine.providers.port import Diff
from liftlock_engine.secrecy import reveal, reveal_map
from liftlock_engine.steps import Blocked, Dependent, Op, Step, plan_dependents, plan_registration
from liftlock_engine.values import UNKNOWN


@dataclass(slots=True)
class _Condemned:
    """A resource that goes because one that it depends on is replaced. gone: set when its object is removed, or will not be."""

    keys: tuple[str, ...]
    gone: threading.Event = field(default_factory=threading.Event)
    removing: threading.Lock = field(default_factory=threading.Lock)


class Claims:
    """Claims of one run, by URN, and the plans that depend on them."""

    def __init__(self, run: Execution) -> None:
        self._run = run
        self._lock = threading.RLock()
        self._claimed: set[str] = set()
        self._busy: dict[str, threading.Event] = {}
        self._condemned: dict[str, _Condemned] = {}
        self._renamed: dict[str, str] = {}

    def former_urns(self, urn: str) -> tuple[str, ...]:
        """The URN under which the resource was recorded, where it changed."""
        return (self._renamed[urn],) if urn in self._renamed else ()

    @contextmanager
    def take(self, goal: Goal) -> Iterator[ResourceState | None]:
        """Takes the URN for a registration, and gives the recorded resource that it continues."""
        with self._lock:
            if goal.urn in self._claimed:
                raise RefusedError(f"Duplicate resource URN '{goal.urn}'; try giving it a unique name")
            free = (urn for urn in (goal.urn, *goal.aliases) if urn == goal.urn or urn not in self._claimed)
            old = next((state for state in map(self._run.journal.find, free) if state is not None), None)
            recorded_as = goal.urn if old is None else old.urn
            self._claimed |= {goal.urn, recorded_as}
            if recorded_as != goal.urn:
                self._renamed[goal.urn] = recorded_as
            done = self._busy[recorded_as] = threading.Event()
            condemned = self._condemned.get(recorded_as)
        try:
            if condemned is not None:
                condemned.gone.wait()
                old = self._run.journal.find(recorded_as)  # it changed when its object went
            yield old
        finally:
            done.set()

    def plan(self, goal: Goal, old: ResourceState | None, diff: Diff) -> tuple[Step, ...] | Blocked:
        """The registration's steps. What they remove besides its own object is condemned: its registration waits until it is gone."""
        with self._lock:
            condemned = self._condemned.get(old.urn) if old is not None else None
            keys = condemned.keys if condemned is not None and old is not None and old.pending_replacement else None
            steps = plan_registration(goal, old, diff, condemned=keys, dependents=self._dependents)
            if not isinstance(steps, Blocked):
                for step in steps:
                    if step.op is Op.DELETE_REPLACED and old is not None and step.urn != old.urn:
                        self._condemned.setdefault(step.urn, _Condemned(step.keys))
            return steps

    @contextmanager
    def removal(self, state: ResourceState) -> Iterator[ResourceState | None]:
        """Waits until the object may be removed; gives its state, or None where it is gone already. One thread at a time removes it."""
        # A registered resource that used to depend on this one does not any more, but its step may still be on the way.
        users = [other.urn for other in self._run.journal.left() if state.urn in other.needs and other.urn in self._claimed]
        for urn in users:
            if urn in self._busy:
                self._busy[urn].wait()
        with self._lock:
            condemned = self._condemned.get(state.urn) or _Condemned(())
        with condemned.removing:
            current = self._run.journal.find(state.urn)
            yield None if current is None or current.pending_replacement else current
        condemned.gone.set()

    def release(self, urns: frozenset[str]) -> None:
        """Whatever became of these resources' removal: nobody needs to wait for it any more."""
        for urn in urns & self._condemned.keys():
            self._condemned[urn].gone.set()

    def _dependents(self, root: ResourceState) -> tuple[Dependent, ...]:
        return plan_dependents(root, self._run.journal.left(), frozenset(self._claimed), self._must_replace)

    def _must_replace(self, state: ResourceState, replaced: frozenset[str]) -> tuple[str, ...] | None:
        if state.provider_urn in replaced:
            return ()
        after = {
            key: UNKNOWN if replaced.intersection(state.property_dependencies.get(key, ())) else reveal(value)
            for key, value in state.inputs.items()
        }
        if UNKNOWN not in after.values():
            return None
        provider = self._run.provider_of(state)
        diff = provider.diff(state.urn, state.type, state.id, reveal_map(state.inputs), reveal_map(state.outputs), after)
        return diff.replaces or None
