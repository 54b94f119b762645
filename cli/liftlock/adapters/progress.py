"""Progress on stderr: live lines in a terminal, one plain line per change elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO


class PlainProgress:
    """One line per event; for logs and CI. Safe to call from several threads."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()

    def step(self, text: str) -> None:
        """A step begins."""
        self._line(f"==> {text}")

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        """A part changed its state; only ends are worth a line of a log."""
        if seconds is not None:
            self._line(f"    {name}: {state} ({seconds:.1f} s)")

    def warn(self, text: str) -> None:
        """Something to know."""
        self._line(f"warning: {text}")

    def _line(self, text: str) -> None:
        with self._lock:
            print(text, file=self._stream, flush=True)


class LiveProgress(PlainProgress):
    """The same with a line that shows what is at work right now."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._running: dict[str, tuple[str, float]] = {}

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        """Parts at work share the last line of the terminal; finished ones move up."""
        with self._lock:
            self._clear()
            if seconds is None:
                self._running[name] = (state, time.monotonic())
            else:
                self._running.pop(name, None)
                self._stream.write(f"    {name}: {state} ({seconds:.1f} s)\n")
            self._show()

    def _line(self, text: str) -> None:
        with self._lock:
            self._clear()
            self._stream.write(text + "\n")
            self._show()

    def _clear(self) -> None:
        self._stream.write("\r\033[K")

    def _show(self) -> None:
        if self._running:
            busy = ", ".join(f"{name} {state}" for name, (state, _) in self._running.items())
            self._stream.write(f"    … {busy}"[:110])
        self._stream.flush()


def choose_progress() -> PlainProgress:
    """Live in a terminal, plain elsewhere."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()
