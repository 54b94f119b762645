"""Steps that a person can follow: a line each on stderr with its seconds; a failure names the step, the reason and the way out."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_print_lock = threading.Lock()
_SHOWN_LINES = 15


class StepError(Exception):
    """A step could not be done. reason: what happened, may have several lines. way_out: what a person does next."""

    def __init__(self, reason: str, *, way_out: str, step: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.way_out = way_out
        self.step = step


def say(line: str) -> None:
    """One line on stderr, whole even where several steps run at once."""
    with _print_lock:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Says that the work has begun, and how long it took; a failure inside is given the title."""
    started = time.monotonic()
    say(f"  ...  {title}")
    try:
        yield
    except StepError as failed:
        failed.step = failed.step or title
        raise
    say(f"  ok   {title} ({time.monotonic() - started:.1f} s)")


def run(
    command: Sequence[str],
    *,
    way_out: str,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float = 1800,
) -> str:
    """What the command printed on stdout; StepError with the last lines that it printed where it fails, is missing or takes too long."""
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=cwd, timeout=timeout, check=False)
    except FileNotFoundError as err:
        raise StepError(f"{command[0]} is not installed", way_out=way_out) from err
    except subprocess.TimeoutExpired as err:
        raise StepError(f"{shown(command)} took longer than {timeout:.0f} s", way_out=way_out) from err
    if done.returncode != 0:
        printed = (done.stdout + b"\n" + done.stderr).decode(errors="replace")
        raise StepError(f"{shown(command)}: exit status {done.returncode}\n{last_lines(printed)}", way_out=way_out)
    return done.stdout.decode(errors="replace")


def shown(command: Sequence[str]) -> str:
    """The command as a person reads it, cut where it gets long."""
    text = " ".join(command)
    return text if len(text) <= 120 else text[:117] + "..."


def last_lines(text: str, count: int = _SHOWN_LINES) -> str:
    """The last lines that are not empty, indented."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join("    " + line for line in lines[-count:])
