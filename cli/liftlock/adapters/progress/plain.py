"""Plain lines: one per change, and one every few seconds where nothing changes, so that no log is silent while work goes on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from liftlock.adapters.progress.board import Board, Tone, clean, heartbeat, stopping_text
from liftlock.core.ports import Passed

_EVERY = 5.0


class PlainProgress:
    """For logs and CI. Safe to call from several threads."""

    def __init__(self, stream: TextIO | None = None, *, every: float = _EVERY) -> None:
        self._stream = stream or sys.stderr
        self._every = every
        self._lines = threading.RLock()
        self._changes = threading.Lock()
        self._board: Board | None = None

    @contextmanager
    def watching(self, title: str, known: int = 0) -> Iterator[None]:
        """Shows what is at work while the block runs; a block within another one takes its place for its time."""
        outer, self._board = self._board, Board(title, time.monotonic(), known)
        try:
            if outer is not None:
                yield
                return
            with self._accompanied():
                yield
        finally:
            self._board = outer

    @contextmanager
    def _accompanied(self) -> Iterator[None]:
        over = threading.Event()
        companion = threading.Thread(target=self._accompany, args=(over,), name="progress", daemon=True)
        companion.start()
        try:
            yield
        finally:
            over.set()
            companion.join()

    def step(self, text: str) -> None:
        """A step begins."""
        self._line(f"==> {text}")

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        """A part changed its state; only an end is worth a line that stays."""
        if seconds is None:
            self._change(lambda board: board.at_work(name, state, time.monotonic()))
            return
        self._change(lambda board: board.ended(name))
        self._line(f"    {name}: {state} ({seconds:.1f} s)", Tone.FAILED if state.isupper() else Tone.PLAIN)

    def passed(self, name: str, how: Passed) -> None:
        """A part is through and only counted."""
        self._change(lambda board: board.passed(name, how))

    def stopping(self) -> None:
        """Says what is waited for."""
        self._change(Board.stopped)
        board = self._board
        if board is not None:
            self._say_stopping(board)

    def note(self, text: str) -> None:
        """The program says something."""
        self._line(_indented(text))

    def warn(self, text: str) -> None:
        """Something to know."""
        self._line(f"warning: {text}", Tone.WARNING)

    def _accompany(self, over: threading.Event) -> None:
        """Runs beside the work, until it is over."""
        while not over.wait(self._every):
            board = self._board
            if board is not None:
                self._line(heartbeat(board, time.monotonic()))

    def _say_stopping(self, board: Board) -> None:
        self._line(stopping_text(board), Tone.WARNING)

    def _change(self, change: Callable[[Board], Board]) -> None:
        """Boards are replaced, never changed: who draws one needs no lock."""
        with self._changes:
            if self._board is not None:
                self._board = change(self._board)

    def _line(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        with self._lines:
            self._write(clean(text), tone)

    def _write(self, text: str, tone: Tone) -> None:  # noqa: ARG002 - only a terminal has colours
        print(text, file=self._stream, flush=True)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
