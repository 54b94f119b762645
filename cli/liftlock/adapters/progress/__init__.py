"""The Progress port on stderr: a live view in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys

from liftlock.adapters.progress.live import LiveProgress
from liftlock.adapters.progress.plain import PlainProgress

__all__ = ["LiveProgress", "PlainProgress", "choose_progress"]


def choose_progress() -> PlainProgress:
    """Live in a terminal that can move its cursor, plain elsewhere."""
    moves = os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
    return LiveProgress() if sys.stderr.isatty() and moves else PlainProgress()
