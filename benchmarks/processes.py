"""Measures a command from outside: wall time, CPU of it and its children, and the most memory that they held together."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.05  # seconds between two looks at memory
_PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True)
class Measured:
    """wall, cpu: seconds. peak_mib: the highest sum of resident memory over the command and everything below it."""

    wall: float
    cpu: float
    peak_mib: float
    printed: str = ""


def measure(command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Measured:
    """Runs the command to its end; RuntimeError with what it printed where it fails."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env={**_surroundings(), **(env or {})}, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        watch = _Memory(process.pid)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.wait()  # it got the Ctrl-C too, and cleans up
            raise
        finally:
            peak = watch.end()
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{printed[-3000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss / 1024), printed)


def _surroundings() -> dict[str, str]:
    """As users have them: Python may keep the bytecode of a checkout, which an installed package brings along."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def median(measured: Sequence[Measured]) -> Measured:
    """The median of each figure by itself."""
    return Measured(*(statistics.median(getattr(one, name) for one in measured) for name in ("wall", "cpu", "peak_mib")))


class _Memory:
    """Looks at the process and its descendants until told to end. Where there is no /proc, it sees nothing."""

    def __init__(self, root: int) -> None:
        self._root, self._peak, self._over = root, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            self._peak = max(self._peak, sum(_resident(pid) for pid in _tree(self._root)))


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):  # it has ended since it was seen
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0.0
