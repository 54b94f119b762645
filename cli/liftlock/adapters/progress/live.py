"""The live view of a terminal: what is at work stands below, what ended moves up.

rich draws it. It is loaded only where work takes longer than a moment, so a run without changes does not pay for it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from liftlock.adapters.progress.board import ASCII_SPINNER, SPINNER, Board, Tone, render
from liftlock.adapters.progress.plain import PlainProgress

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.live import Live

_GRACE = 0.25
_PAUSE = 0.125
_TALLEST = 12
_STYLES = {
    Tone.BUSY: "cyan",
    Tone.MORE: "dim",
    Tone.COUNTS: "dim",
    Tone.STOPPING: "yellow",
    Tone.PLAIN: "",
    Tone.WARNING: "yellow",
    Tone.FAILED: "bold red",
}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Is drawn anew each time, so that a line that moves up leaves the view in the same moment."""

    draw: Callable[[], RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield self.draw()


class LiveProgress(PlainProgress):
    """For a person at a terminal. Lines that stay are printed above the view."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._console: Console | None = None

    def _accompany(self, over: threading.Event) -> None:
        if over.wait(_GRACE):
            return
        console = _console(self._stream, self._lines)
        live = self._view(console)
        with self._lines:
            live.start()
            self._console = console
        # rich's own drawing thread and a print at the same moment lose lines: each clears the view where the other left it.
        while not over.wait(_PAUSE):
            with self._lines:
                live.refresh()
        with self._lines:
            self._console = None
            live.stop()

    def _view(self, console: Console) -> Live:
        from rich.live import Live  # noqa: PLC0415

        # A stdout that goes elsewhere holds results: it is never drawn into the view.
        shared = sys.stdout.isatty()
        return Live(
            _Drawn(lambda: self._draw(console)),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=shared,
            vertical_overflow="crop",
        )

    def _draw(self, console: Console) -> RenderableType:
        """The board as it stands; boards are replaced, never changed, so no lock is needed."""
        from rich.text import Text  # noqa: PLC0415

        board = self._board
        if board is None:
            return Text("")
        height = max(1, min(_TALLEST, console.height // 2))
        spinner = ASCII_SPINNER if console.options.ascii_only else SPINNER
        lines = render(board, time.monotonic(), console.width, height, spinner=spinner)
        texts = [Text(line.text, style=_STYLES[line.tone], no_wrap=True, overflow="ellipsis") for line in lines]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(texts)

    def _say_stopping(self, board: Board) -> None:
        """The view says it, and keeps it true while it waits; without a view yet it is a line."""
        if self._console is None:
            super()._say_stopping(board)

    def _write(self, text: str, tone: Tone) -> None:
        if self._console is None:
            super()._write(text, tone)
            return
        from rich.text import Text  # noqa: PLC0415

        self._console.print(Text(text, style=_STYLES[tone]), soft_wrap=True)


def _console(stream: TextIO, lines: threading.RLock) -> Console:
    from rich.console import Console  # noqa: PLC0415

    class OneAtATime(Console):
        """Also what is printed past us (to sys.stderr) waits until the view is drawn."""

        def print(self, *objects: Any, **options: Any) -> None:
            with lines:
                super().print(*objects, **options)

    return OneAtATime(file=stream, highlight=False, markup=False, emoji=False)
