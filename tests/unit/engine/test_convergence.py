"""Whatever happened before, the next run brings the world to what its program says, and nothing is orphaned."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock_engine import Engine, EngineError, FileBackend, Operation
from liftlock_engine.providers.port import ProviderError, UnreachableError
from tests.fakes.things import Thing, Things
from tests.unit.engine.conftest import STACK


@dataclass(frozen=True)
class Part:
    """One resource of a random program. uses, waits: places of earlier parts."""

    number: int
    size: int
    kind: str
    name: str
    uses: int | None
    waits: tuple[int, ...]
    in_group: bool


Parts = tuple[Part, ...]


class Group(pulumi.ComponentResource):
    """A component around some of the parts."""

    def __init__(self) -> None:
        super().__init__("test:index:Group", "group")


def program_of(parts: Parts) -> Callable[[], None]:
    """The program that declares the parts."""

    def program() -> None:
        group = Group()
        made: list[Thing] = []
        for part in parts:
            stated: dict[str, Any] = {"size": part.size, "kind": part.kind}
            if part.name:
                stated["name"] = f"t{part.number}{part.name}"
            if part.uses is not None:
                stated["uses"] = made[part.uses].id
            opts = pulumi.ResourceOptions(depends_on=[made[place] for place in part.waits], parent=group if part.in_group else None)
            made.append(Thing(f"t{part.number}", opts=opts, **stated))
        pulumi.export("count", len(made))

    return program


@st.composite
def programs(draw: st.DrawFn, largest: int = 8) -> Parts:
    """A random graph over a fixed pool of names, in a random order of registration."""
    numbers = draw(st.lists(st.integers(0, largest - 1), unique=True, max_size=largest))
    parts: list[Part] = []
    for place, number in enumerate(numbers):
        earlier = st.integers(0, place - 1) if place else st.nothing()
        parts.append(
            Part(
                number=number,
                size=draw(st.integers(1, 2)),
                kind=draw(st.sampled_from("ab")),
                name=draw(st.sampled_from(["", "", "-x", "-y"])),
                uses=draw(st.none() | earlier),
                waits=tuple(draw(st.lists(earlier, max_size=2, unique=True))) if place else (),
                in_group=number % 3 == 0,  # a resource keeps its parent: another one would be another resource
            )
        )
    return tuple(parts)


class KilledError(BaseException):
    """The process ends here, without a word to the provider or to the state."""


FAULTS = (ProviderError("an injected failure"), UnreachableError("an injected silence"), KilledError())


@dataclass(frozen=True)
class Turn:
    """One run. fault: what happens at the hook call number `at`."""

    parts: Parts
    fault: BaseException | None
    at: int
    refresh: bool


turns = st.builds(Turn, programs(), st.none() | st.sampled_from(FAULTS), st.integers(0, 24), st.booleans())


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(turns, min_size=1, max_size=4), programs())
def test_any_history_of_changes_failures_and_kills_converges(history: list[Turn], last: Parts) -> None:
    folder = Path(tempfile.mkdtemp(prefix="liftlock-converge-"))
    try:
        things = Things(folder / "world")
        engine = Engine(FileBackend(folder / "state"), {"fake": things}, parallel=4)
        for turn in history:
            _take(engine, things, turn)
        things.hook = lambda verb, urn: None
        _check_converged(engine, things, last)
    finally:
        shutil.rmtree(folder)


def _take(engine: Engine, things: Things, turn: Turn) -> None:
    calls = itertools.count()

    def hook(verb: str, urn: str) -> None:
        if turn.fault is not None and next(calls) == turn.at:
            raise turn.fault

    things.hook = hook
    with contextlib.suppress(KilledError, EngineError):  # the latter: what a kill left could not be settled, as the world did not answer
        engine.run(Operation.UP, STACK, program_of(turn.parts), refresh=turn.refresh)


def _check_converged(engine: Engine, things: Things, parts: Parts) -> None:
    result = engine.run(Operation.UP, STACK, program_of(parts))
    assert result.succeeded, result.error
    view = engine.stack(STACK)
    assert view is not None and view.pending == 0
    recorded = {state.id for state in view.resources if state.managed}
    assert not [state.urn for state in view.resources if state.delete or state.pending_replacement]
    assert recorded == {item["id"] for item in things.objects().values()}, "what is recorded is what exists"
    by_urn = {item["urn"].rsplit("::", 1)[1]: item["inputs"] for item in things.objects().values()}
    assert {name: (found["size"], found["kind"]) for name, found in by_urn.items()} == {f"t{p.number}": (p.size, p.kind) for p in parts}
    ids = {item["urn"].rsplit("::", 1)[1]: item["id"] for item in things.objects().values()}
    for part in parts:
        used = ids[f"t{parts[part.uses].number}"] if part.uses is not None else None
        assert by_urn[f"t{part.number}"].get("uses") == used
    before = engine.backend.state_path(STACK).read_bytes()
    again = engine.run(Operation.UP, STACK, program_of(parts), refresh=True)
    assert set(again.changes) == {"same"}
    assert engine.backend.state_path(STACK).read_bytes() == before
    assert engine.run(Operation.DESTROY, STACK).succeeded
    assert things.objects() == {}


def test_a_graph_of_forty_resources_changes_wholly(tmp_path: Path) -> None:
    dice = random.Random(4)  # noqa: S311 - a graph, not a secret
    things = Things(tmp_path / "world")
    engine = Engine(FileBackend(tmp_path / "state"), {"fake": things})

    def parts(kind: str) -> Parts:
        return tuple(
            Part(number, 1, kind, "-x", dice.randrange(number) if number and dice.random() < 0.7 else None, (), in_group=number % 3 == 0)
            for number in range(40)
        )

    for kind in "ab":
        assert engine.run(Operation.UP, STACK, program_of(parts(kind))).succeeded
    _check_converged(engine, things, parts("a"))
