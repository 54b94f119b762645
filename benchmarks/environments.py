"""Environments: `env up` without a change, and `branch up` on a warm machine, against Docker's own time for the same objects.

    python -m benchmarks.environments

The floor is measured in the same run: every object of a running branch environment is made again by hand, one after the other in the
order in which each needs the one before, with the same settings under other names: created, started, and waited for until it is healthy
or has ended.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.docker_floor import copy_objects, labelled_objects, remove_copies, remove_project

_ROOT = Path(__file__).parent.parent
_IMAGES = _ROOT / ".machine" / "images.json"
_LIFTLOCK = Path(sys.executable).parent / "liftlock"
TARGET = 2.0


def run(rounds: int = 5) -> list[dict[str, Any]]:
    """One row per command: median wall and CPU seconds, peak memory, and the ratio to its floor where it has one."""
    with _repository() as user:
        user.run("image", "record", "--env", "dev", "api=v1", "web=v1")
        first = user.run("env", "up", "dev")
        unchanged = [user.run("env", "up", "dev") for _ in range(rounds)]
        made, branches, bare, floors = [], [], [], []
        for number in range(rounds):
            user.run("data", "snapshot", "prune", "--keep", "0", "--yes")
            made.append(user.run("branch", "up", "--branch", f"made-{number}"))
            user.run("branch", "down", "--branch", f"made-{number}")
            branches.append(user.run("branch", "up", "--branch", f"bench-{number}"))
            floors.append(user.floor(f"bench-{number}"))
            user.run("branch", "down", "--branch", f"bench-{number}")
            bare.append(user.run("branch", "up", "--branch", f"bare-{number}", "--data", "none"))
            user.run("branch", "down", "--branch", f"bare-{number}")
    floor = statistics.median(floors)
    rows = [
        _row("env up, from nothing", [first]),
        _row("env up, no change", unchanged),
        _row("branch up, warm, 100,000 rows cloned", branches),
        _row("the same, rows made, golden copy left", made),
    ]
    rows[2]["times_made"] = round(statistics.median(a["wall"] / b["wall"] for a, b in zip(branches, made, strict=True)), 2)
    rows.append({"benchmark": "environments", "what": "Docker's own time for the same objects", "wall": round(floor, 2)})
    without_data = [found["wall"] for found in bare]
    rows.append(
        {
            "benchmark": "environments",
            "what": "branch up, warm, without the data",
            "wall": round(statistics.median(without_data), 2),
            "times_floor": round(statistics.median(a / b for a, b in zip(without_data, floors, strict=True)), 2),
        }
    )
    rows[2]["times_floor"] = round(statistics.median(a["wall"] / b for a, b in zip(branches, floors, strict=True)), 2)
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    print(f"{'what':48}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'x floor':>9}{'x made':>9}")
    for row in rows:
        cells = [row.get(key, "") for key in ("wall", "cpu", "peak_mib", "times_floor", "times_made")]
        print(f"{row['what']:48}{cells[0]!s:>9}{cells[1]!s:>9}{cells[2]!s:>10}{cells[3]!s:>9}{cells[4]!s:>9}")
    print("x made: against the same branch in the same round when no golden copy is there, so that its rows are made anew")
    print(f"target: branch up, warm, at most {TARGET} times the floor (its objects come one after the other)")


class _User:
    """Types commands in a repository of its own and measures them from outside."""

    def __init__(self, repository: Path, project: str) -> None:
        self.repository, self.project = repository, project

    def run(self, *words: str) -> dict[str, Any]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        process = subprocess.Popen(
            [str(_LIFTLOCK), *words],
            cwd=self.repository,
            env={**os.environ, "LIFTLOCK_ACTOR": "Bench <bench@liftlock.invalid>"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        lines = list(process.stderr)
        process.wait()
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode != 0:
            raise RuntimeError(f"liftlock {' '.join(words)} ended with {process.returncode}:\n{''.join(lines)}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall": wall, "cpu": cpu, "peak_mib": after.ru_maxrss / 1024}

    def floor(self, branch: str) -> float:
        """Seconds that Docker takes for the objects of the branch's environment, one after the other."""
        listed = subprocess.run(
            [str(_LIFTLOCK), "branch", "list", "--json"], cwd=self.repository, capture_output=True, text=True, check=True
        )
        environment = next(item["environment"] for item in json.loads(listed.stdout)["items"] if item["branch"] == branch)
        suffix = f"-floor-{uuid.uuid4().hex[:4]}"
        try:
            return copy_objects(labelled_objects(self.project, environment), suffix)
        finally:
            remove_copies(suffix)


@contextmanager
def _repository() -> Iterator[_User]:
    project = f"bench{uuid.uuid4().hex[:5]}"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "environments"
        command = [
            str(_LIFTLOCK),
            "init",
            str(place),
            "--project",
            project,
            "--forge",
            str(Path(folder) / "forge.git"),
            "--images",
            str(_IMAGES),
        ]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "LIFTLOCK_ACTOR": "Bench <bench@liftlock.invalid>"})
        try:
            yield _User(place, project)
        finally:
            remove_project(project)


def _row(what: str, measured: list[dict[str, Any]]) -> dict[str, Any]:
    medians = {key: statistics.median(found[key] for found in measured) for key in ("wall", "cpu", "peak_mib")}
    return {"benchmark": "environments", "what": what, **{key: round(value, 2) for key, value in medians.items()}, "runs": len(measured)}


if __name__ == "__main__":
    show(run())
