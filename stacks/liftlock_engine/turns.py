"""One thread writes for all: who comes while a write goes on waits for the next one, which takes along what all of them brought."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Turns:
    """Writes of something that has versions. write: writes it as it is, and tells which version that was."""

    def __init__(self, write: Callable[[], int]) -> None:
        self._write = write
        self._changed = threading.Condition()
        self._written = 0
        self._busy = False

    def reach(self, version: int) -> None:
        """Returns when that version or a later one is written. Raises what the write raises, where this thread had to do it."""
        with self._changed:
            self._changed.wait_for(lambda: self._written >= version or not self._busy)
            if self._written >= version:
                return
            self._busy = True
        written = 0
        try:
            written = self._write()
        finally:
            with self._changed:
                self._written = max(self._written, written)
                self._busy = False
                self._changed.notify_all()
