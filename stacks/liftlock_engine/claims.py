"""Who works on which resource. Registrations come from many threads; one that must remove what others depend on has to agree with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liftlock_engine.errors import RefusedError
from liftlock_engine.execution import Execution
from liftlock_engine.model import Goal, ResourceState
from liftlock_engine.providers.port import Diff
from liftlock_engine.secrecy import reveal, reveal_map
from liftlock_engine.steps import Blocked, Dependent, Op, Step, clear_the_way, plan_dependents, plan_registration
from liftlock_engine.values import UNKNOWN


@dataclass(slots=True)
class _Condemned:
    """A resource that goes because one that it depends on is replaced. gone: its object is removed, or will not be."""

    keys: tuple[str, ...]
    gone: bool = False


class Claims:
    """Claims of one run, by the URN under which a resource is recorded, and the plans that depend on them.

    Waiting goes one way only: a replacement waits for running registrations of what depended on it in the recorded state, which has no
    cycles. A registration that itself waits (for the removal of its condemned object) is not waited for. So nothing waits in a circle.
    """

    def __init__(self, run: Execution) -> None:
        self._run = run
        self._changed = threading.Condition()
        self._claimed: set[str] = set()
        self._running: set[str] = set()
        self._removing: set[int] = set()
        self._condemned: dict[str, _Condemned] = {}
        self._renamed: dict[str, str] = {}
        self._takers: dict[str, str] = {}

    def former_urns(self, urn: str) -> tuple[str, ...]:
        """The URN under which the resource was recorded, where it changed."""
        return (self._renamed[urn],) if urn in self._renamed else ()

    @contextmanager
    def take(self, goal: Goal) -> Iterator[ResourceState | None]:
        """Takes the URN for a registration, and gives the recorded resource that it continues."""
        with self._changed:
            old = self._continued(goal)
            recorded_as = goal.urn if old is None else old.urn
            if old is not None:
                self._takers[recorded_as] = goal.urn
            self._claimed |= {goal.urn, recorded_as}
            if recorded_as != goal.urn:
                self._renamed[goal.urn] = recorded_as
            condemned = self._condemned.get(recorded_as)
            if condemned is not None:
                self._changed.wait_for(lambda: condemned.gone)
                old = self._run.journal.find(recorded_as)  # it changed when its object went
            self._running.add(recorded_as)
        try:
            yield old
        finally:
            with self._changed:
                self._running.discard(recorded_as)
                self._changed.notify_all()

    def plan(self, goal: Goal, old: ResourceState | None, diff: Diff) -> tuple[Step, ...] | Blocked:
        """The registration's steps. What they remove besides its own object is condemned: its registration waits until it is gone."""
        with self._changed:
            recorded_as = old.urn if old is not None else goal.urn
            names = self._names(goal, recorded_as)
            superseded = [state for state in self._run.journal.left() if state.delete and state.urn in names]
            if diff.replacing or superseded:
                self._changed.wait_for(lambda: all(self._running.isdisjoint(self._users(name)) for name in names))
            steps = plan_registration(goal, old, diff, condemned=self.condemned(old), dependents=self._dependents)
            if not isinstance(steps, Blocked):
                steps = clear_the_way(steps, superseded, self._dependents)
            if not isinstance(steps, Blocked):
                for step in steps:
                    living = step.old is not None and not step.old.delete
                    if step.op is Op.DELETE_REPLACED and step.urn != recorded_as and living:
                        self._condemned.setdefault(step.urn, _Condemned(step.keys))
            return steps

    def condemned(self, old: ResourceState | None) -> tuple[str, ...] | None:
        """Why this run removed the object already, before its registration came; None where it did not."""
        found = self._condemned.get(old.urn) if old is not None and old.pending_replacement else None
        return found.keys if found is not None else None

    @contextmanager
    def removal(self, state: ResourceState) -> Iterator[ResourceState | None]:
        """Waits until the object may be removed; gives its state, or None where it is gone already. One thread at a time removes it."""
        with self._changed:
            self._changed.wait_for(lambda: id(state) not in self._removing)
            current = self._still_there(state)
            self._removing.add(id(state))
        try:
            yield current
        finally:
            with self._changed:
                self._removing.discard(id(state))
                self._changed.notify_all()
        if not state.delete:
            self.release(frozenset({state.urn}))

    def release(self, urns: frozenset[str]) -> None:
        """Whatever became of these resources' removal: nobody needs to wait for it any more."""
        with self._changed:
            for urn in urns & self._condemned.keys():
                self._condemned[urn].gone = True
            self._changed.notify_all()

    def _continued(self, goal: Goal) -> ResourceState | None:
        """What is recorded under the goal's URN, or else under its aliases. RefusedError where another registration has taken that."""
        if (taker := self._takers.get(goal.urn, goal.urn)) != goal.urn:
            raise RefusedError(f"Duplicate resource URN '{goal.urn}' conflicting with alias on resource with URN '{taker}'")
        if goal.urn in self._claimed:
            raise RefusedError(f"Duplicate resource URN '{goal.urn}'; try giving it a unique name")
        if (own := self._run.journal.find(goal.urn)) is not None:
            return own
        for alias in goal.aliases:
            if alias in self._takers:
                conflict = f"applied to resource with URN '{goal.urn}' conflicting with resource with URN '{self._takers[alias]}'"
                raise RefusedError(f"Duplicate resource alias '{alias}' {conflict}")
            if alias not in self._claimed and (former := self._run.journal.find(alias)) is not None:
                return former
        return None

    def _still_there(self, state: ResourceState) -> ResourceState | None:
        if state.delete:
            return state if any(other is state for other in self._run.journal.left()) else None
        current = self._run.journal.find(state.urn)
        return None if current is None or current.pending_replacement else current

    def _names(self, goal: Goal, recorded_as: str) -> set[str]:
        """The URNs that the resource has or had: what it left behind when it was moved is recorded under a former one."""
        former = {alias for alias in goal.aliases if alias not in self._claimed and self._run.journal.find(alias) is None}
        return {goal.urn, recorded_as, *former}

    def _users(self, urn: str) -> set[str]:
        """What depended on the resource when the state was recorded, however indirectly."""
        users = {urn}
        for state in self._run.journal.left():
            if state.needs & users:
                users.add(state.urn)
        return users - {urn}

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
