"""Run by test_kill.py in a process of its own: one update that ends itself without warning. Arguments: folder, variant, call to die at."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pulumi

from liftlock_engine import ConfigValue, Engine, FileBackend, Operation
from tests.fakes.things import Thing, Things
from tests.unit.engine.conftest import STACK

PASSPHRASE = "a passphrase"


def program(variant: str) -> Callable[[], None]:
    """Two variants that between them create, update, replace either way, and delete."""

    def first() -> None:
        base = Thing("base", name="base", kind="x", token=pulumi.Output.secret("s"))
        Thing("user", name="user", uses=base.id)
        Thing("renamed", name="renamed-1")
        Thing("sized", size=1)
        Thing("leaving", name="leaving")

    def second() -> None:
        base = Thing("base", name="base", kind="y", token=pulumi.Output.secret("s"))
        Thing("user", name="user", uses=base.id)
        Thing("renamed", name="renamed-2")
        Thing("sized", size=2)
        Thing("joining", name="joining")

    return first if variant == "first" else second


def engine(folder: Path, things: Things) -> Engine:
    """The engine that both processes use on the folder."""
    return Engine(FileBackend(folder / "state"), {"fake": things}, lambda: PASSPHRASE)


def check_taken_over(folder: Path, variant: str, config: Mapping[str, ConfigValue] | None = None) -> None:
    """After a run that was cut off: an update to the variant makes exactly what it has, and everything can be removed again."""
    things = Things(folder / "world")
    desk = engine(folder, things)
    result = desk.run(Operation.UP, STACK, program(variant), config=config)
    assert result.succeeded, result.error
    common = {"base", "user", "renamed-1" if variant == "first" else "renamed-2", "leaving" if variant == "first" else "joining"}
    names = {name for name in things.objects() if not name.startswith("sized-")}
    assert names == common and len(things.objects()) == 5
    view = desk.stack(STACK)
    assert view is not None and view.pending == 0
    assert {state.id for state in view.resources if state.managed} == {item["id"] for item in things.objects().values()}
    assert desk.run(Operation.DESTROY, STACK).succeeded
    assert things.objects() == {}


def main() -> None:
    """Dies at the given hook call; 0 means never."""
    folder, variant, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    calls = itertools.count(1)

    def hook(verb: str, urn: str) -> None:
        if next(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    engine(folder, Things(folder / "world", hook)).run(Operation.UP, STACK, program(variant))


if __name__ == "__main__":
    main()
