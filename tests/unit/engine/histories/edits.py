"""What leads from one plan to the next."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.unit.engine.histories.plans import SLOTS, Plan, cleaned, thrown

Edit = Callable[[Plan], Plan]


@dataclass(frozen=True)
class SetField:
    """One property or option of a part becomes another."""

    place: int
    field: str
    value: Any

    def __call__(self, plan: Plan) -> Plan:
        if not plan.parts:
            return plan
        at = self.place % len(plan.parts)
        return replace(plan, parts=(*plan.parts[:at], replace(plan.parts[at], **{self.field: self.value}), *plan.parts[at + 1 :]))


@dataclass(frozen=True)
class Remove:
    """A part leaves."""

    place: int

    def __call__(self, plan: Plan) -> Plan:
        at = self.place % len(plan.parts) if plan.parts else 0
        return replace(plan, parts=(*plan.parts[:at], *plan.parts[at + 1 :]))


@dataclass(frozen=True)
class Add:
    """A part joins, at the end."""

    slot: int
    seed: int

    def __call__(self, plan: Plan) -> Plan:
        if plan.part(self.slot) is not None:
            return plan
        dice = random.Random(self.seed)  # noqa: S311 - a graph, no secret
        return replace(plan, parts=(*plan.parts, thrown(self.slot, [part.slot for part in plan.parts], dice)))


@dataclass(frozen=True)
class Move:
    """A part is registered at another place."""

    place: int
    to: int

    def __call__(self, plan: Plan) -> Plan:
        if not plan.parts:
            return plan
        at = self.place % len(plan.parts)
        rest = [*plan.parts[:at], *plan.parts[at + 1 :]]
        rest.insert(self.to % len(plan.parts), plan.parts[at])
        return replace(plan, parts=tuple(rest))


@dataclass(frozen=True)
class Toggle:
    """A component changes its parent, or the rock is read or no more."""

    what: str

    def __call__(self, plan: Plan) -> Plan:
        return replace(plan, nested=not plan.nested) if self.what == "nested" else replace(plan, rock=not plan.rock)


@dataclass(frozen=True)
class Shake:
    """Several changes thrown with dice: most programs change in more than one place."""

    seed: int
    times: int

    def __call__(self, plan: Plan) -> Plan:
        dice = random.Random(self.seed)  # noqa: S311 - a graph, no secret
        for _ in range(self.times):
            plan = random_edit(plan, dice)
        return plan


def random_edit(plan: Plan, dice: random.Random) -> Plan:
    """The plan with something about it changed."""
    slots = [part.slot for part in plan.parts]
    place, slot = dice.randrange(SLOTS), dice.randrange(SLOTS)
    edits: list[Edit] = [Add(slot, slot), Remove(place), Move(place, slot), Toggle("nested"), Toggle("rock")]
    edit = dice.choice(edits)
    if dice.random() < 0.7:
        field = dice.choice(_OFTEN if dice.random() < 0.6 else _SELDOM)
        edit = SetField(place, field, getattr(thrown(slot, slots, dice), field))
    return cleaned(edit(plan))


_OFTEN = ("size", "kind", "uses", "named", "trigger")
_SELDOM = ("waits", "within", "home", "protect", "retain", "before", "provider", "variant", "follows")
