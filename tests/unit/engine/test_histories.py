"""Whatever happened to a stack, its next run gives the state that a fresh run gives; nothing is orphaned, and what is to be kept is there.

A history changes a program of up to 40 resources in every way that its options allow, and injects failures, silence, a full disk, a
cancellation or the end of the process at any call to the provider and any write of the state (histories/bench.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fakes.things import ThingsInMemory
from tests.unit.engine.histories.bench import Bench
from tests.unit.engine.histories.strategies import HISTORIES, USUAL, History, histories

ROOT = Path(__file__).parents[3]
MEMORY = Path("/dev/shm")
"""Where the machine has it, states are written to memory: the disk's own speed is not what is tested."""


@pytest.mark.slow
@pytest.mark.timeout(60 + 5 * HISTORIES)
@settings(
    max_examples=HISTORIES,
    derandomize=HISTORIES <= USUAL,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(histories)
def test_every_history_ends_in_the_state_that_a_fresh_run_gives(history: History) -> None:
    folder = Path(tempfile.mkdtemp(prefix="liftlock-history-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        bench = Bench(folder / "lived", ThingsInMemory())
        for turn in history.turns:
            bench.take(turn)
        bench.converge(history.last)
        bench.check_converged(history.last, Bench(folder / "fresh", ThingsInMemory()))
        bench.check_destroyed()
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.timeout(60 + 2 * HISTORIES)
@pytest.mark.parametrize("seed", [1000, 2000])
def test_histories_of_runs_that_are_really_killed_end_in_it_too(tmp_path: Path, seed: int) -> None:
    count = max(10, HISTORIES // 10)
    script = [sys.executable, "-m", "tests.unit.engine.histories.killed", str(tmp_path), str(count), str(seed)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= count // 2, "runs are killed before their end"
