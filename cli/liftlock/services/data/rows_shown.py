"""Shows how far work on rows has come: rows, rate and time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from liftlock.core.ports import Progress


@dataclass
class RowsShown:
    """Called as liftlock_datagen's Progress. now: seconds of any clock. unit: what is counted."""

    progress: Progress
    now: Callable[[], float] = time.monotonic
    unit: str = "rows"
    _began: dict[str, float] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    def __call__(self, what: str, done: int, total: int) -> None:
        """The part `what` has `done` of `total` rows; it has ended when both are the same, and that is told once."""
        if done >= total and what in self._ended:
            return
        (self._ended.add if done >= total else self._ended.discard)(what)
        now = self.now()
        passed = now - self._began.setdefault(what, now)
        rate = done / passed if passed > 0 else 0.0
        text = f"{done:,} of {total:,} {self.unit}" if total >= done else f"{done:,} {self.unit}"  # an estimate may be too low
        if rate:
            text += f", {rate:,.0f} {self.unit}/s"
        if rate and total > done:
            text += f", {(total - done) / rate:.0f} s left"
        self.progress.item(f"data {what}", text, passed if done >= total else None)
