"""One world and one state that turns are taken on, and what must hold after each of them and at the end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from liftlock_engine import EngineError, FileBackend, Operation, Result
from liftlock_engine.backend import StateWriter
from liftlock_engine.checkpoint import Encoder
from liftlock_engine.model import ResourceState, Snapshot
from liftlock_engine.passphrase import Crypter
from liftlock_engine.run import Settings
from tests.fakes.things import Things
from tests.unit.engine.histories.gate import DirectRun, Gate, GatedWriter, KilledError
from tests.unit.engine.histories.order import check_destroyed_in_order, check_recorded
from tests.unit.engine.histories.plans import ROCK_ID, SLOTS, STACK, Plan, ignored, slot_of


@dataclass(frozen=True)
class Turn:
    """One run. plan: None for what needs no program. drift: places of objects that somebody removes before it."""

    operation: Operation
    plan: Plan
    fault: str = ""
    at: int = 0
    refresh: bool = False
    drift: tuple[int, ...] = ()
    parallel: int = 1


@dataclass
class Bench:
    """kept: ids of objects that the state once promised to keep when their resource leaves. drifted: somebody removed objects."""

    folder: Path
    things: Things
    kept: set[str] = field(default_factory=set)
    drifted: bool = False

    def __post_init__(self) -> None:
        self.backend = FileBackend(self.folder)
        self.things.put(ROCK_ID, "nobody", {"name": "rock", "kind": "stone"})

    @property
    def ids(self) -> set[str]:
        """What exists."""
        return {item["id"] for item in self.things.objects().values()}

    def states(self) -> tuple[ResourceState, ...]:
        """What is on record."""
        return self.snapshot().resources

    def snapshot(self) -> Snapshot:
        """The whole record."""
        return self.backend.load(STACK, Crypter("", lambda: None))

    def run(self, turn: Turn, gate: Gate | None = None) -> Result:
        """One operation, as the engine's front door does it, with the gate in its way."""
        gate = gate or Gate()
        crypter = Crypter("", lambda: None)
        writer = GatedWriter(self.backend, STACK, Encoder(crypter))
        writer.gate = gate
        self.things.hook = gate.call
        settings = Settings({"fake": self.things}, turn.parallel, {}, None, gate.cancel, turn.refresh)
        before = self.backend.load(STACK, crypter)
        run = DirectRun(turn.operation, STACK, before, writer, settings)
        run.plan, run.at_once = turn.plan, turn.parallel
        try:
            return run.run(lambda: None)
        finally:
            if turn.operation is Operation.DESTROY:
                check_destroyed_in_order(before, gate.calls)

    # --- one turn ---

    def take(self, turn: Turn) -> None:
        """Takes the turn and checks what holds even where it failed."""
        self._drift(turn.drift)
        before, existed = self.states(), self.ids
        content = self._content()
        with contextlib.suppress(KilledError, EngineError):  # the latter: the disk is full, or a pending step could not be settled
            self.run(turn, Gate(turn.fault, turn.at))
        if turn.operation.is_preview and not turn.drift:
            assert (self._content(), self.ids) == (content, existed), "a preview changed something"
        self.check_kept(turn, before, existed)

    def _content(self) -> bytes:
        path = self.backend.state_path(STACK)
        return path.read_bytes() if path.exists() else b""

    def _drift(self, places: tuple[int, ...]) -> None:
        for place in places:
            names = sorted(name for name in self.things.objects() if name != "rock")
            if names:
                self.drifted = True
                self.things.remove(names[place % len(names)])

    def check_kept(self, turn: Turn, before: tuple[ResourceState, ...], existed: set[str]) -> None:
        """Nothing is lost that was there before a run and was protected, kept by promise, or nobody's here."""
        self._note_kept(before)
        freed = {part.slot for part in turn.plan.parts if not part.protect} if turn.operation is Operation.UP else set()
        protected = (state for state in before if state.managed and not state.delete and state.protect)
        promised = {state.id for state in protected if slot_of(state.urn) not in freed}
        recorded = {state.id for state in before if state.managed and not state.retain_on_delete}
        lost = ((promised | (self.kept - recorded) | {ROCK_ID}) & existed) - self.ids
        assert not lost, f"protected or retained, and gone: {lost}"

    def _note_kept(self, before: tuple[ResourceState, ...] = ()) -> None:
        self.kept |= {state.id for state in (*before, *self.states()) if state.managed and state.retain_on_delete}

    # --- the end ---

    def converge(self, plan: Plan) -> None:
        """Brings the world to the plan. What only a person may decide (protection, objects that were kept) is decided as the errors say."""
        for _ in range(SLOTS):
            self._note_kept()
            reasons = self._try(Turn(Operation.UP, plan, refresh=self.drifted))
            self._note_kept()
            if not reasons:
                return
            self._decide(reasons)
        raise AssertionError(f"does not converge: {reasons}")

    def _try(self, turn: Turn) -> list[str]:
        """Why it failed; empty where it did not."""
        try:
            result = self.run(turn)
        except EngineError as err:  # a step that was cut off cannot be settled
            return [err.message]
        return [] if result.succeeded else [*result.failures.values(), result.error]

    def _decide(self, reasons: list[str]) -> None:
        """Decides as a person would who reads the errors. What else failed or was skipped may follow from what is decided here."""
        recorded = {state.id for state in self.states() if not state.pending_replacement}
        abandoned = {item["id"]: name for name, item in self.things.objects().items() if item["id"] in self.kept - recorded}
        protected = any("because it is protected" in reason for reason in reasons)
        if protected:
            self._unprotect()
        endings = {id_: (f"is in use by {id_}", f"the name {name} is taken") for id_, name in abandoned.items()}
        blocking = [id_ for id_, ending in endings.items() if any(reason.endswith(ending) for reason in reasons)]
        for id_ in blocking:
            self.things.remove(abandoned[id_])
        assert protected or blocking, f"failed: {reasons}"

    def _unprotect(self) -> None:
        snapshot = self.snapshot()
        free = tuple(replace(state, protect=False) for state in snapshot.resources)
        StateWriter(self.backend, STACK, Encoder(Crypter("", lambda: None))).write(replace(snapshot, resources=free))

    def check_converged(self, plan: Plan, fresh: Bench) -> None:
        """The state is the one that a fresh run makes, the world is what is recorded, and a further run does nothing."""
        snapshot = self.snapshot()
        assert not snapshot.pending
        assert not [state.urn for state in snapshot.resources if state.delete or state.pending_replacement or state.init_errors]
        check_recorded(snapshot.resources)
        recorded = {state.id for state in snapshot.resources if state.managed}
        extra = self.ids - recorded - {ROCK_ID}
        assert not recorded - self.ids, f"recorded and not there: {recorded - self.ids}"
        assert not extra - self.kept, f"orphaned: {extra - self.kept}"
        fresh.converge(plan)
        assert described(self, plan) == described(fresh, plan)
        content = self._content()
        again = self.run(Turn(Operation.UP, plan, refresh=True))
        assert again.succeeded and set(again.changes) <= {"same"}, again.changes
        assert self._content() == content, "a run without changes wrote the state"

    def check_destroyed(self) -> None:
        """Nothing is left but what the state promised to keep."""
        self._unprotect()
        for _ in range(SLOTS):
            reasons = self._try(Turn(Operation.DESTROY, Plan()))
            if not reasons:
                break
            self._decide(reasons)
        assert not reasons
        assert not self.states()
        assert self.ids - self.kept == {ROCK_ID}


def described(bench: Bench, plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """The state by URN, without what differs from one world to the other: ids, chosen names, times; and what the plan ignores."""
    states = bench.states()
    names = {state.id: f"<id of {state.urn}>" for state in states if state.id and not state.external}
    drop = ignored(plan)
    return {state.urn: _described(state, names, drop) for state in states}


_COMPARED = (
    *("type", "custom", "parent", "protect", "external", "property_dependencies", "provider_urn", "retain_on_delete"),
    *("deleted_with", "ignore_changes", "replace_on_changes", "additional_secret_outputs", "import_id"),
    *("replace_with", "replacement_trigger"),
)


def _described(state: ResourceState, names: Mapping[str, str], drop: Mapping[str, str]) -> Mapping[str, Any]:
    auto = state.inputs.get("name") if "name" in json.dumps(state.inputs.get("__defaults", [])) else None

    def plain(value: Any) -> Any:
        if value == auto and auto is not None:
            return "<chosen name>"
        if isinstance(value, str) and value.startswith("made as "):
            return f"made as {plain(value.removeprefix('made as '))}"
        return names.get(value, value) if isinstance(value, str) else value

    def shown(properties: Mapping[str, Any]) -> Mapping[str, Any]:
        left_out = drop.get(state.urn.rsplit("::", 1)[1], "")
        return {key: plain(value) for key, value in properties.items() if key != left_out}

    return {
        **{key: getattr(state, key) for key in _COMPARED},
        "dependencies": sorted(state.dependencies),
        "inputs": shown(state.inputs),
        "outputs": shown(state.outputs),
    }
