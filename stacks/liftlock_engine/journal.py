"""The state while a run changes it. Every change is on disk before the next step builds on it; an unchanged state is never written."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from liftlock_engine.model import PendingKind, PendingOperation, ResourceState, Snapshot
from liftlock_engine.turns import Turns

Save = Callable[[Snapshot], None]
Render = Callable[[ResourceState], str]


class Journal:
    """A stack's state in two halves: what this run has dealt with, in the order of its completion, then what it has not seen yet.

    save: None in a preview, where nothing may be written. render: a state's text, to tell whether it changed. May be used from many
    threads; writes that come together are made together.
    """

    def __init__(self, snapshot: Snapshot, *, save: Save | None, render: Render) -> None:
        self._first = snapshot
        self._done: dict[int, ResourceState] = {}
        self._left: dict[int, ResourceState] = {id(state): state for state in snapshot.resources}
        self._followed: dict[int, tuple[ResourceState, ResourceState, Mapping[str, str]]] = {}
        self._pending: dict[int, PendingOperation] = {id(operation): operation for operation in snapshot.pending}
        self._save = save
        self._render = render
        self._lock = threading.RLock()
        self._version = 0
        self._turns = Turns(self._write)
        self._content = self._texts(snapshot) if save is not None else Counter()

    def snapshot(self) -> Snapshot:
        """The state as it is now."""
        with self._lock:
            return replace(self._first, resources=(*self._done.values(), *self._left.values()), pending=tuple(self._pending.values()))

    def left(self) -> tuple[ResourceState, ...]:
        """What the run has not dealt with, in the state's order."""
        with self._lock:
            return tuple(self._left.values())

    def pending(self) -> tuple[PendingOperation, ...]:
        """The operations begun and not recorded as done."""
        with self._lock:
            return tuple(self._pending.values())

    def find(self, urn: str) -> ResourceState | None:
        """The living resource of that URN, among those not dealt with yet."""
        with self._lock:
            return next((state for state in self._left.values() if state.urn == urn and not state.delete), None)

    def current(self, urn: str) -> ResourceState | None:
        """The living resource of that URN, wherever it stands."""
        with self._lock:
            states = (*self._done.values(), *self._left.values())
            return next((state for state in states if state.urn == urn and not state.delete), None)

    def former_urn(self, state: ResourceState) -> str:
        """The URN that the state had when the run began."""
        with self._lock:
            before = {id(follower): earlier for earlier, follower, _ in self._followed.values()}
            while id(state) in before:
                state = before[id(state)]
            return state.urn

    def begin(self, kind: PendingKind, state: ResourceState) -> PendingOperation:
        """Records that a step starts; on disk before this returns."""
        operation = PendingOperation(kind, state)
        with self._lock:
            self._pending[id(operation)] = operation
            self._touch()
        self.flush()
        return operation

    def give_up(self, operation: PendingOperation) -> None:
        """Records that a step failed and left nothing to look after."""
        with self._lock:
            self._pending.pop(id(operation), None)
            self._touch()
        self.flush()

    def put(
        self, new: ResourceState, *, old: ResourceState | None, operation: PendingOperation | None = None, keep_old: bool = False
    ) -> None:
        """Records `new` as dealt with, in the place of `old`. keep_old: its object is still there and is to be removed later."""
        with self._lock:
            if operation is not None:
                self._pending.pop(id(operation), None)
            if old is not None:
                old, _ = self._latest(old, None)
                self._retire(old, keep_old=keep_old)
                self._rename(old.urn, new.urn)
            self._done[id(new)] = new
            if operation is not None or old is None or keep_old or self._differ(old, new):
                self._touch()
        if operation is not None:
            self.flush()

    def amend(self, old: ResourceState, new: ResourceState | None, *, operation: PendingOperation | None = None) -> None:
        """Changes a state where it stands, or takes it out. Does not count it as dealt with."""
        with self._lock:
            if operation is not None:
                self._pending.pop(id(operation), None)
            old, new = self._latest(old, new)
            for half in (self._done, self._left):
                if id(old) in half:
                    _swap(half, old, new)
            if operation is not None or new is None or self._differ(old, new):
                self._touch()
        if operation is not None:
            self.flush()

    def forget(self, states: Iterable[ResourceState]) -> None:
        """Takes states out that no object stands behind."""
        for state in states:
            self.amend(state, None)

    def flush(self) -> None:
        """Writes what changed; raises StateError where that fails."""
        if self._save is not None:
            with self._lock:
                wanted = self._version
            self._turns.reach(wanted)

    def _write(self) -> int:
        with self._lock:
            version, snapshot = self._version, self.snapshot()
        content = self._texts(snapshot)
        if self._save is not None and content != self._content:  # a refresh and an update may have cancelled out
            self._save(snapshot)
        self._content = content
        return version

    def _texts(self, snapshot: Snapshot) -> Counter[tuple[str, str]]:
        """What the snapshot says; the order of its resources does not count."""
        resources = (("", self._render(state)) for state in snapshot.resources)
        pending = ((operation.kind.value, self._render(operation.state)) for operation in snapshot.pending)
        return Counter((*resources, *pending))

    def _differ(self, old: ResourceState, new: ResourceState) -> bool:
        return self._save is not None and self._render(old) != self._render(new)  # a preview writes nothing; rendering may ask for the key

    def _touch(self) -> None:
        self._version += 1

    def _retire(self, old: ResourceState, *, keep_old: bool) -> None:
        if keep_old:
            _swap(self._left, old, replace(old, delete=True))
        else:
            for half in (self._done, self._left):  # what this run has just imported may be changed at once
                half.pop(id(old), None)

    def _rename(self, before: str, after: str) -> None:
        """What referred to the resource follows it, and so do its superseded objects: their users are known by the name only."""
        if before == after:
            return
        for state in tuple(self._left.values()):
            if before in state.needs or before == state.urn:
                follower = renamed(state, {before: after})
                self._followed[id(state)] = (state, follower, {before: after})
                _swap(self._left, state, follower)

    def _latest(self, state: ResourceState, new: ResourceState | None) -> tuple[ResourceState, ResourceState | None]:
        """The state as it stands here, and what comes in its place: what it refers to may have been renamed since it was found."""
        while id(state) in self._followed:
            _, state, names = self._followed[id(state)]
            new = renamed(new, names) if new is not None else None
        return state, new


def _swap(half: dict[int, ResourceState], old: ResourceState, new: ResourceState | None) -> None:
    """Puts `new` where `old` was, keeping the order."""
    items = [(new if state is old else state) for state in half.values()]
    half.clear()
    half.update((id(state), state) for state in items if state is not None)


def renamed(state: ResourceState, names: Mapping[str, str]) -> ResourceState:
    """The state with its own name and every reference to a renamed resource following it."""

    def follow(urn: str) -> str:
        return names.get(urn, urn)

    provider = f"{follow(state.provider_urn)}::{state.provider.rsplit('::', 1)[1]}" if state.provider else ""
    return replace(
        state,
        urn=follow(state.urn),
        parent=follow(state.parent),
        provider=provider,
        deleted_with=follow(state.deleted_with),
        replace_with=tuple(follow(urn) for urn in state.replace_with),
        dependencies=tuple(follow(urn) for urn in state.dependencies),
        property_dependencies={key: tuple(follow(urn) for urn in urns) for key, urns in state.property_dependencies.items()},
    )
