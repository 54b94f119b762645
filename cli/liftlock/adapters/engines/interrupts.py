"""Turns Ctrl-C and a polite kill into a request to stop after the steps that are under way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(tell: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """An event that is set by the first signal; a second one interrupts at once. Outside the main thread nothing is caught.

    tell: called once after the first signal, in a thread of its own: a signal comes at any moment, also while a lock is held.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    came: SimpleQueue[bool] = SimpleQueue()

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is Python's
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        came.put(True)

    def wait() -> None:
        if came.get():
            tell()

    threading.Thread(target=wait, name="interrupt", daemon=True).start()
    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        came.put(False)
