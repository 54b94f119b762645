"""Run by test_kill.py in a process of its own: one update that ends itself without warning. Arguments: folder, variant, call to die at."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi

from liftlock_engine import Engine, FileBackend, Operation
from tests.fakes.things import Thing, Things
from tests.unit.engine.conftest import STACK


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
    return Engine(FileBackend(folder / "state"), {"fake": things}, lambda: "a passphrase")


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
