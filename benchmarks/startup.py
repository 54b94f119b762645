"""What a command costs before it does anything: `liftlock --version` and `--help`, beside Python that does nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.processes import measure, median

_LIFTLOCK = str(Path(sys.executable).parent / "liftlock")
_COMMANDS = {"python -c pass": [sys.executable, "-c", "pass"], "--version": [_LIFTLOCK, "--version"], "--help": [_LIFTLOCK, "--help"]}
TARGET = 0.15


def run(rounds: int = 7) -> list[dict[str, Any]]:
    """One row per command."""
    rows: list[dict[str, Any]] = []
    for what, command in _COMMANDS.items():
        found = median([measure(command) for _ in range(rounds)])
        row = {"benchmark": "startup", "what": what, "wall": round(found.wall, 3), "cpu": round(found.cpu, 3), "runs": rounds}
        rows.append({**row, "times_python": round(found.cpu / (rows[0]["cpu"] if rows else found.cpu), 1)})
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    print(f"{'what':42}{'wall s':>9}{'cpu s':>9}{'x python':>10}")
    for row in rows:
        print(f"{row['what']:42}{row['wall']:>9}{row['cpu']:>9}{row['times_python']:>10}")
    print(f"target: at most {TARGET} s of CPU")
