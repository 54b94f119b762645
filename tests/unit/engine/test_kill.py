"""SIGKILL at any moment: the next run takes over the lock, settles what was begun, and nothing is orphaned."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from liftlock_engine import Operation
from tests.fakes.things import Things
from tests.unit.engine.conftest import STACK
from tests.unit.engine.killed_run import check_taken_over, engine, program

ROOT = Path(__file__).parents[3]
DICE = random.Random(4711)  # noqa: S311 - moments to die at, no secrets


def _start(folder: Path, variant: str, at: int) -> subprocess.Popen[bytes]:
    script = [sys.executable, "-m", "tests.unit.engine.killed_run", str(folder), variant, str(at)]
    return subprocess.Popen(script, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)


@pytest.mark.slow
@pytest.mark.parametrize("at", sorted(DICE.sample(range(1, 11), 3) + DICE.sample(range(11, 30), 4)))
def test_a_run_killed_at_a_step_is_taken_over(tmp_path: Path, at: int) -> None:
    variant = "first" if at <= 10 else "second"  # ten calls make the first variant; its change to the second takes some twenty
    if variant == "second":
        engine(tmp_path, Things(tmp_path / "world")).run(Operation.UP, STACK, program("first"))
    process = _start(tmp_path, variant, at if variant == "first" else at - 10)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    check_taken_over(tmp_path, "second")


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", [5, 30, 60, 100, 160, 240])
def test_a_run_killed_at_any_moment_is_taken_over(tmp_path: Path, milliseconds: int) -> None:
    engine(tmp_path, Things(tmp_path / "world")).run(Operation.UP, STACK, program("first"))
    process = _start(tmp_path, "second", 0)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    time.sleep(0.25 + milliseconds / 1000)  # after the key of the secrets is derived, while steps are done
    process.kill()
    process.communicate(timeout=60)
    check_taken_over(tmp_path, "first" if milliseconds % 20 else "second")
