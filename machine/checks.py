"""The checks of `make check` and `make test`, each run as a person would run it by hand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from machine.places import PROJECT, VENV
from machine.steps import say, shown

STATIC = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy --strict", ("mypy",)),
    ("import contracts", ("lint-imports",)),
)
WITH_PULUMI, WITH_FORGES, WITH_VERSIONS = "pulumi", "gitea or prism", "versions"
WITHOUT_BUILT = "not pulumi and not gitea and not prism and not versions"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float


def run_static() -> tuple[Outcome, ...]:
    """Format, lint, types, imports: side by side, and what a failed one printed goes to stdout."""
    with ThreadPoolExecutor(max_workers=len(STATIC)) as pool:
        return tuple(pool.map(lambda check: _run_static(*check), STATIC))


def _run_static(name: str, command: Sequence[str]) -> Outcome:
    started = time.monotonic()
    tool = [str(VENV / "bin" / command[0]), *command[1:]]
    done = subprocess.run(tool, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    outcome = Outcome(name, done.returncode == 0, time.monotonic() - started)
    if not outcome.passed:
        sys.stdout.write(f"--- {name}: {shown(command)}\n{done.stdout.decode(errors='replace')}\n")
        sys.stdout.flush()
    say(f"  {'ok  ' if outcome.passed else 'FAIL'} {name} ({outcome.seconds:.1f} s)")
    return outcome


def run_pytest(docker_host: str, markers: str) -> Outcome:
    """The tests with these markers, or with FAST=1 the quick ones of them; PYTEST takes further arguments. The output is pytest's own.

    As many at a time as the machine has cores, up to four; tests/side_by_side.py says which wait for each other.
    """
    chosen = f"({markers}) and not slow" if os.environ.get("FAST") == "1" else markers
    workers = ["-n", str(min(4, os.cpu_count() or 1)), "--no-loadscope-reorder"]
    command = [str(VENV / "bin" / "python"), "-m", "pytest", *workers, "-m", chosen, *os.environ.get("PYTEST", "").split()]
    started = time.monotonic()
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, "DOCKER_HOST": docker_host, "PYTHONUNBUFFERED": "1"}, check=False)
    return Outcome("pytest", done.returncode == 0, time.monotonic() - started)


def summarise(outcomes: Sequence[Outcome]) -> int:
    """One closing line on stderr; the exit status."""
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    seconds = sum(outcome.seconds for outcome in outcomes if outcome.name == "pytest") or max(outcome.seconds for outcome in outcomes)
    if failed:
        say(f"checks: FAILED: {', '.join(failed)} ({len(outcomes) - len(failed)} of {len(outcomes)} are fine); what they printed is above")
        return 1
    say(f"checks: all {len(outcomes)} are fine: {', '.join(outcome.name for outcome in outcomes)} ({seconds:.0f} s)")
    return 0
