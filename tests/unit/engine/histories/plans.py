"""Random programs: a plan says what a program registers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftlock_engine import StackName

STACK = StackName("shop", "dev")
ROCK = -1
"""The slot of an object that nobody here made; programs read it."""
ROCK_ID = "rock-1"
SLOTS = 40


@dataclass(frozen=True)
class Part:
    """One resource. slot: which one it is, whatever it is called. home: the component or part that is its parent.

    uses, waits, within, follows: slots of other parts; those that are not registered before it do not count.
    """

    slot: int
    variant: int = 0
    home: str | int = ""
    size: int = 1
    kind: str = "a"
    named: str = ""
    uses: int | None = None
    waits: tuple[int, ...] = ()
    within: int | None = None
    with_host: bool = False
    protect: bool = False
    retain: bool = False
    before: bool | None = None
    ignore: str = ""
    on_size: bool = False
    provider: str = ""
    trigger: int = 0
    follows: int | None = None

    @property
    def name(self) -> str:
        """Its name in the program."""
        return f"t{self.slot}" + ("" if self.variant == 0 else f"-v{self.variant}")


def slot_of(urn: str) -> int:
    """The slot of a part's resource."""
    return int(urn.rsplit("::t", 1)[1].split("-", maxsplit=1)[0])


@dataclass(frozen=True)
class Plan:
    """A program: its parts in the order of registration. nested: the component b is inside a. rock: the program reads it."""

    parts: tuple[Part, ...] = ()
    nested: bool = False
    rock: bool = False

    def part(self, slot: int) -> Part | None:
        """The part of the slot."""
        return next((part for part in self.parts if part.slot == slot), None)


def cleaned(plan: Plan) -> Plan:
    """The plan without references that lead nowhere and without combinations that no engine could serve."""
    done: dict[int, Part] = {}
    for part in plan.parts:
        home = part.home
        if isinstance(home, int) and (home not in done or isinstance(done[home].home, int)):
            home = ""
        within = part.within if part.within in done else None
        uses = part.uses if part.uses in done or (part.uses == ROCK and plan.rock) else None
        done[part.slot] = replace(
            part,
            home=home,
            within=within,
            with_host=part.with_host and within is not None,
            uses=None if part.with_host and within is not None else uses,  # it is not removed by itself, so it would hold what it uses
            waits=tuple(slot for slot in part.waits if slot in done),
            follows=part.follows if part.follows in done else None,
            # What is removed with its host cannot be kept.
            protect=part.protect and within is None,
            retain=part.retain and within is None,
            before=_before(part),
        )
    return replace(plan, parts=tuple(done.values()))


def _before(part: Part) -> bool | None:
    """What keeps its name cannot be made beside its predecessor; the provider says so only where the properties are the reason."""
    if not part.named:
        return part.before
    return True if part.trigger or part.follows is not None or part.before else None


# --- where plans come from ---


def base(count: int, seed: int) -> Plan:
    """A plan of so many parts, thrown with dice."""
    dice = random.Random(seed)  # noqa: S311 - a graph, no secret
    slots = dice.sample(range(SLOTS), count)
    parts = tuple(thrown(slot, slots[:place], dice) for place, slot in enumerate(slots))
    return cleaned(Plan(parts, nested=dice.random() < 0.3, rock=dice.random() < 0.3))


def thrown(slot: int, earlier: list[int], dice: random.Random) -> Part:
    """One part; earlier: the slots that it may refer to."""

    def some(share: float) -> int | None:
        return dice.choice(earlier) if earlier and dice.random() < share else None

    return Part(
        slot=slot,
        variant=dice.choice([0, 0, 0, 1, 2]),
        home=dice.choice(["", "", "a", "b", some(1.0) or ""]),
        size=dice.randint(1, 2),
        kind=dice.choice("ab"),
        named=dice.choice(["", "", "x", "y"]),
        uses=some(0.5) if dice.random() < 0.9 else ROCK,
        waits=tuple(sorted({found for found in (some(0.2), some(0.2)) if found is not None})),
        within=some(0.1),
        with_host=dice.random() < 0.7,
        protect=dice.random() < 0.05,
        retain=dice.random() < 0.08,
        before=dice.choice([None, None, None, True, False]),
        ignore=dice.choice(["", "", "", "", "size", "kind"]),
        on_size=dice.random() < 0.1,
        provider=dice.choice(["", "", "p1", "p2"]),
        trigger=dice.choice([0, 0, 0, 0, 1, 2]),
        follows=some(0.1),
    )


def ignored(plan: Plan) -> Mapping[str, str]:
    """By the name of the resource, the property whose changes are ignored: history decides what it is."""
    return {part.name: part.ignore for part in plan.parts if part.ignore}
