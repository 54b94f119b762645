"""A crash between any two writes, and at any byte of a write, leaves the previous or the next state, and nothing half written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def deaths_of_runs(folder: Path, where: str, *every: str) -> list[dict[str, Any]]:
    """What crashed_writes.py found."""
    script = [sys.executable, "-m", "tests.unit.engine.crashed_writes", str(folder), where, *every]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)  # some fifty runs of the engine
@pytest.mark.parametrize(("where", "ends_by"), [("between", signal.SIGKILL), ("within", signal.SIGXFSZ)])
def test_wherever_a_run_is_cut_off_the_state_is_whole_and_the_next_run_goes_on(tmp_path: Path, where: str, ends_by: int) -> None:
    deaths = deaths_of_runs(tmp_path, where)
    assert [death for death in deaths if death["wrong"]] == []
    assert {death["died of"] for death in deaths} == {ends_by}
    assert len({death["states"] for death in deaths}) > 5  # it died at many states
