"""Waiting for what something else does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], *, seconds: float = 120) -> float:
    """Returns once it holds, with the seconds that took; fails where it takes too long. The machine may be busy."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"what the test waits for did not happen within {seconds:g} s"
        time.sleep(0.05)
    return time.monotonic() - started
