"""Histories for hypothesis: a first plan, then turns that edit it and meet faults. Each part of a history shrinks by itself."""

from __future__ import annotations

import os
from dataclasses import dataclass

from hypothesis import strategies as st

from liftlock_engine import Operation
from tests.unit.engine.histories.bench import Turn
from tests.unit.engine.histories.edits import Add, Edit, Move, Remove, SetField, Shake, Toggle
from tests.unit.engine.histories.plans import SLOTS, Plan, base, cleaned

HISTORIES = int(os.environ.get("LIFTLOCK_HISTORIES", "120"))
"""How many histories the property tests play: a run by hand is over in half a minute, a nightly one takes 5000."""
USUAL = 400
"""Up to so many are the same ones each time: what fails is then what was changed. More are new ones each time."""
_place = st.integers(0, SLOTS - 1)
_slot = st.none() | _place
_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "size": st.integers(1, 3),
    "kind": st.sampled_from("ab"),
    "variant": st.integers(0, 2),
    "named": st.sampled_from(["", "x", "y"]),
    "home": st.sampled_from(["", "a", "b"]) | _place,
    "uses": _slot,
    "waits": st.lists(_place, max_size=2, unique=True).map(tuple),
    "within": _slot,
    "with_host": st.booleans(),
    "protect": st.booleans(),
    "retain": st.booleans(),
    "before": st.none() | st.booleans(),
    "ignore": st.sampled_from(["", "size", "kind"]),
    "on_size": st.booleans(),
    "provider": st.sampled_from(["", "p1", "p2"]),
    "trigger": st.integers(0, 2),
    "follows": _slot,
}
_set = st.one_of([st.builds(SetField, _place, st.just(key), values) for key, values in _FIELDS.items()])
_edits: st.SearchStrategy[Edit] = st.one_of(
    _set,
    st.builds(Remove, _place),
    st.builds(Add, _place, st.integers(0, 999)),
    st.builds(Move, _place, _place),
    st.builds(Toggle, st.sampled_from(["nested", "rock"])),
)
_shake = st.builds(Shake, st.integers(0, 9999), st.integers(0, 20) | st.integers(12, 20))
_faults = st.sampled_from(["", "dead", "error", "silence", "dead", "cancel", "disk"])
_operations = st.sampled_from([Operation.UP] * 7 + [Operation.PREVIEW, Operation.REFRESH, Operation.DESTROY])


@dataclass(frozen=True)
class Step:
    """One turn before its plan is known. back: the program goes back to the one before last."""

    edits: tuple[Edit, ...]
    operation: Operation
    fault: str
    at: int
    refresh: bool
    drift: tuple[int, ...]
    back: bool
    parallel: int

    def turn(self, plan: Plan) -> Turn:
        """The turn with its plan."""
        return Turn(self.operation, plan, self.fault, self.at, self.refresh, self.drift, self.parallel)


steps = st.builds(
    Step,
    edits=st.builds(lambda first, others: (first, *others), _shake, st.lists(_edits, max_size=3)),
    operation=_operations,
    fault=_faults,
    at=st.integers(1, 25) | st.integers(1, 250),
    refresh=st.booleans(),
    drift=st.just(()) | st.just(()) | st.lists(_place, max_size=2).map(tuple),
    back=st.sampled_from([False, False, False, True]),
    parallel=st.sampled_from([1, 4]),
)


@dataclass(frozen=True, repr=False)
class History:
    """Turns on one world, and the program that all must end in."""

    turns: tuple[Turn, ...]
    last: Plan

    def __repr__(self) -> str:
        return f"<history of {len(self.turns)} turns>"  # hypothesis says how it was made, in far fewer words than all its plans


def history(count: int, seed: int, taken: list[Step], last: list[Edit]) -> History:
    """The turns with their plans: each edits the one before it."""
    plans = [base(count, seed)]
    turns: list[Turn] = []
    for step in taken:
        plan = plans[-2] if step.back and len(plans) > 1 else plans[-1]
        for edit in step.edits:
            plan = edit(plan)
        plans.append(cleaned(plan))
        turns.append(step.turn(plans[-1]))
    plan = plans[-1]
    for edit in last:
        plan = edit(plan)
    return History(tuple(turns), cleaned(plan))


counts = st.integers(0, 6) | st.integers(4, 15) | st.integers(10, SLOTS)
histories = st.builds(history, counts, st.integers(0, 9999), st.lists(steps, min_size=3, max_size=6), st.lists(_edits, max_size=4))
