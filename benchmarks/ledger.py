"""The auditor's commands on long ledgers, in a fresh bare clone, beside what reading the same bytes takes at least."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.ledger_history import write_history
from benchmarks.processes import measure, median

_LIFTLOCK = str(Path(sys.executable).parent / "liftlock")
SIZES = (10_000, 100_000)
TARGET = 2.0
_FLOOR = """\
import hashlib, json, subprocess, sys
log = subprocess.run(["git", "-C", sys.argv[1], "log", "--format=%b", "refs/heads/liftlock/ledger"], capture_output=True, check=True).stdout
for line in log.splitlines():
    if line:
        hashlib.sha256(line).digest(), json.loads(line)
"""
_COMMANDS = {
    "history": ["history"],
    "history of prod, 30 days": ["history", "--env", "prod", "--since", "2025-02-01", "--limit", "1000"],
    "who-has": ["who-has", "v1"],
    "metrics, everything": ["metrics", "--since", "2020-01-01"],
    "metrics, 30 days": ["metrics", "--since", "2025-02-01", "--until", "2025-03-03"],
    "audit verify": ["audit", "verify"],
}


def run(rounds: int, sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """One row per size and command; the floor of a size comes first."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="liftlock-ledger-") as folder:
        for size in sizes:
            made, bare = Path(folder) / f"{size}.git", Path(folder) / f"{size}-clone.git"
            write_history(made, size)
            subprocess.run(["git", "clone", "--quiet", "--bare", "--no-local", str(made), str(bare)], check=True)
            rows += _of_size(bare, size, rounds)
    return rows


def _of_size(bare: Path, size: int, rounds: int) -> list[dict[str, Any]]:
    floor = median([measure([sys.executable, "-c", _FLOOR, str(bare)]) for _ in range(rounds)])
    rows = [{"benchmark": "ledger", "records": size, "what": "floor", "wall": round(floor.wall, 2), "cpu": round(floor.cpu, 2),
             "peak_mib": round(floor.peak_mib), "times_floor": 1.0}]  # fmt: skip
    for what, words in _COMMANDS.items():
        times = 1 if what == "audit verify" else rounds
        found = median([measure([_LIFTLOCK, *words, "--repo", str(bare)]) for _ in range(times)])
        row: dict[str, Any] = {
            "benchmark": "ledger",
            "records": size,
            "what": what,
            "wall": round(found.wall, 2),
            "cpu": round(found.cpu, 2),
        }
        rows.append({**row, "peak_mib": round(found.peak_mib), "times_floor": round(found.cpu / floor.cpu, 2)})
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    print(f"{'records':>9}  {'what':28}{'wall s':>8}{'cpu s':>8}{'MiB':>6}{'x floor':>9}")
    for row in rows:
        print(f"{row['records']:>9}  {row['what']:28}{row['wall']:>8}{row['cpu']:>8}{row['peak_mib']:>6}{row['times_floor']:>9}")
    print(f"target: history and metrics on 100,000 records under {TARGET} s, wall and CPU")
    print("floor: git log of the ledger, sha256 and json.loads of every line")
