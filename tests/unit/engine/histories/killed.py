"""Run by test_histories.py in a process of its own: histories whose runs are really killed. Arguments: folder, number of histories, seed.

Each run is a forked child that works on files and takes the stack's lock. It ends by SIGKILL before or after a random one of its calls and
writes, or at any moment. Prints how many did.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from liftlock_engine import Operation
from tests.fakes.things import Things, ThingsInMemory
from tests.unit.engine.histories.bench import Bench, Turn
from tests.unit.engine.histories.edits import random_edit
from tests.unit.engine.histories.gate import Gate
from tests.unit.engine.histories.plans import STACK, base


def main() -> None:
    """Plays the histories; an AssertionError names the seed of the one that failed."""
    folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    killed = 0
    for number in range(seed, seed + count):
        place = folder / str(number)
        try:
            killed += play(place, number)
        except AssertionError as err:
            raise AssertionError(f"the history of seed {number}: {err}") from err
        shutil.rmtree(place)
    print(killed)  # noqa: T201 - the parent reads it


def play(folder: Path, seed: int) -> int:
    """One history; the number of its runs that were killed."""
    dice = random.Random(seed)  # noqa: S311 - moments to die at, no secrets
    bench = Bench(folder / "state", Things(folder / "world"))
    plan, killed = base(dice.choice([3, 6, 12, 24]), seed), 0
    for _ in range(dice.randint(2, 6)):
        for _ in range(dice.randint(0, 4)):
            plan = random_edit(plan, dice)
        before, existed = bench.states(), bench.ids
        operation = dice.choice([Operation.UP] * 5 + [Operation.DESTROY, Operation.REFRESH])
        turn = Turn(operation, plan, "kill", dice.choice([dice.randint(1, 20), dice.randint(1, 120)]), dice.random() < 0.3, parallel=4)
        killed += run_and_kill(bench, turn, after=dice.uniform(0, 0.1) if dice.random() < 0.3 else None)
        bench.check_kept(turn, before, existed)
    with bench.backend.lock(STACK, lambda _: None):
        bench.converge(plan)
    bench.check_converged(plan, Bench(folder / "fresh", ThingsInMemory()))
    bench.check_destroyed()
    return killed


def run_and_kill(bench: Bench, turn: Turn, after: float | None) -> bool:
    """Whether the run was killed before its end: by itself at the turn's moment, or from outside after so many seconds."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with bench.backend.lock(STACK, lambda _: None):
                bench.run(turn, Gate(turn.fault, turn.at))
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"the run ended with {status}"
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    main()
