"""Promotion at scale: `promote plan` cold and warm, opening, and doing it again, on repositories of 100 to 10,000 services.

Beside the physical limit, taken in the same run: Git handing out the same blobs and Python reading as much JSON, and libyaml alone
reading the same files.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.processes import Measured, measure, median
from benchmarks.promotion_repository import Repository, add_pull_requests, git, make_repository, registry
from liftlock.adapters.config_cache import FOLDER

SIZES = (100, 1000, 10000)
RECORDS = 2000
PULLS = 1000
TARGETS = "targets at 1,000 services: plan cold < 10 s and warm < 1 s of CPU, < 300 MiB, no write on a no-op"
_LIFTLOCK = str(Path(sys.executable).parent / "liftlock")
_TARGET = "qa"
_READ = """
import json, subprocess, sys
names = subprocess.run(["git", "ls-tree", "-r", "--name-only", "HEAD"], capture_output=True, text=True).stdout
given = "".join(f"HEAD:{name}\\n" for name in names.splitlines()).encode()
data = subprocess.run(["git", "cat-file", "--batch"], input=given, capture_output=True).stdout
json.loads(json.dumps(data.decode().splitlines()))
"""
_YAML = """
import pathlib, yaml
for path in pathlib.Path().rglob("*.yaml"):
    for event in yaml.parse(path.read_text(), Loader=yaml.cyaml.CParser):
        pass
"""


def run(sizes: Sequence[int] = SIZES, rounds: int = 3) -> list[dict[str, Any]]:
    """One row per size and command."""
    rows: list[dict[str, Any]] = []
    for size in sizes:
        with registry(size) as host, tempfile.TemporaryDirectory(prefix="liftlock-bench-") as folder:
            rows += _rows(make_repository(Path(folder), size, RECORDS, host), rounds)
    return rows


def _rows(made: Repository, rounds: int) -> list[dict[str, Any]]:
    floor = median([measure([sys.executable, "-c", _READ], cwd=made.clone) for _ in range(rounds)])
    yaml = median([measure([sys.executable, "-c", _YAML], cwd=made.clone) for _ in range(rounds)])
    plan, opening = ("plan", "--to", _TARGET), ("open", "--to", _TARGET)
    found: dict[str, tuple[Measured, Mapping[str, int]]] = {}
    found["plan, cold"] = median([_cold(made, plan) for _ in range(rounds)]), {}
    found["plan, warm"] = median([_promote(made, plan) for _ in range(rounds)]), _counted(made, plan)
    found["open"] = _promote(made, opening), {}
    found["open, a no-op"] = median([_promote(made, opening) for _ in range(rounds)]), _counted(made, opening)
    if len(made.services) <= PULLS:  # beyond that, making a thousand branches takes longer than all else
        add_pull_requests(made, "staging", PULLS)
        many = ("plan", "--to", "staging")
        _promote(made, many)
        found[f"plan, {min(PULLS, len(made.services)):,} open pull requests"] = _promote(made, many), _counted(made, many)
    return [_row(made, what, one, counted, floor, yaml) for what, (one, counted) in found.items()]


def _row(made: Repository, what: str, one: Measured, counted: Mapping[str, int], floor: Measured, yaml: Measured) -> dict[str, Any]:
    return {
        "benchmark": "promotion",
        "services": len(made.services),
        "what": what,
        "wall": round(one.wall, 2),
        "cpu": round(one.cpu, 2),
        "peak_mib": round(one.peak_mib),
        "times_floor": round(one.cpu / floor.cpu, 1),
        "times_libyaml": round(one.cpu / yaml.cpu, 1),
        **counted,
    }


def _cold(made: Repository, arguments: Sequence[str]) -> Measured:
    shutil.rmtree(made.clone / FOLDER, ignore_errors=True)
    return _promote(made, arguments)


def _promote(made: Repository, arguments: Sequence[str], path: str | None = None) -> Measured:
    """The command, which may end with 0, 2 (changes) or 4 (blocked)."""
    command = [_LIFTLOCK, "promote", *arguments, "--repo", str(made.clone)]
    shell = 'said=0; "$@" || said=$?; case $said in 0|2|4) ;; *) exit $said ;; esac'
    return measure(["sh", "-c", shell, "sh", *command], env={"PATH": path} if path else None)


def _counted(made: Repository, arguments: Sequence[str]) -> dict[str, int]:
    """How many Git processes the command starts, how many of them in the forge, and how many references of the forge it changes."""
    with tempfile.TemporaryDirectory() as folder:
        log, wrapper = Path(folder) / "log", Path(folder) / "git"
        log.touch()
        wrapper.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\nexec "{shutil.which("git")}" "$@"\n')
        wrapper.chmod(0o755)
        before = git(made.forge, "for-each-ref")
        _promote(made, arguments, f"{folder}{os.pathsep}{os.environ['PATH']}")
        after = git(made.forge, "for-each-ref")
        lines = log.read_text().splitlines()
    changed = set(before.splitlines()) ^ set(after.splitlines())
    return {"git": len(lines), "forge_reads": sum(str(made.forge) in line for line in lines), "forge_writes": len(changed)}


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people, and how each figure grows from size to size: 1 is as the size does."""
    print(
        f"{'services':>9}  {'what':32}{'wall s':>8}{'cpu s':>7}{'MiB':>6}{'x floor':>9}{'x libyaml':>11}{'git':>5}{'reads':>7}{'writes':>8}"
    )
    for row in rows:
        counts = "".join(f"{row.get(key, ''):>{width}}" for key, width in (("git", 5), ("forge_reads", 7), ("forge_writes", 8)))
        figures = f"{row['wall']:>8}{row['cpu']:>7}{row['peak_mib']:>6}{row['times_floor']:>9}{row['times_libyaml']:>11}"
        print(f"{row['services']:>9,}  {row['what']:32}{figures}{counts}")
    for what in dict.fromkeys(row["what"] for row in rows):
        print(_slope(what, [row for row in rows if row["what"] == what]))
    print(TARGETS)


def _slope(what: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """CPU on a logarithmic line, and the exponents between the sizes."""
    plot = "  ".join(f"{row['services']:,}: {'#' * max(1, round(10 * math.log10(row['cpu'] * 10)))} {row['cpu']}" for row in rows)
    grown = [math.log(b["cpu"] / a["cpu"]) / math.log(b["services"] / a["services"]) for a, b in pairwise(rows)]
    return f"{what:32} {plot}  slope {', '.join(f'{one:.2f}' for one in grown) or '-'}"


if __name__ == "__main__":
    found = run(tuple(int(size) for size in sys.argv[1:]) or SIZES)
    show(found)
    print(json.dumps(found))
