"""A terminal's screen, as far as the live view uses one; what it does not know fails."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_PART = re.compile(r"\x1b\[(?P<number>\??\d*(?:;\d+)*)(?P<code>[A-Za-z])|(?P<plain>[^\x1b])")
_TAKE_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"  # so that Ctrl-C reaches it
_KNOWN = {"A", "B", "K", "m", "h", "l"}


@dataclass
class Screen:
    """The lines as they stand, and whether the cursor is seen. Wraps as a terminal does."""

    width: int
    lines: list[str] = field(default_factory=lambda: [""])
    cursor_shown: bool = True
    _row: int = 0
    _column: int = 0

    def feed(self, text: str) -> Screen:
        at = 0
        while at < len(text):
            part = _PART.match(text, at)
            assert part is not None, f"not known to this screen: {text[at : at + 20]!r}"
            at = part.end()
            self._draw(part["plain"]) if part["plain"] else self._obey(part["number"], part["code"])
        return self

    def text(self) -> list[str]:
        return [line.rstrip() for line in "\n".join(self.lines).rstrip("\n").split("\n")]

    def _draw(self, char: str) -> None:
        match char:
            case "\r":
                self._column = 0
            case "\n":
                self._down()
            case _:
                if self._column == self.width:
                    self._column = 0
                    self._down()
                line = self.lines[self._row].ljust(self._column)
                self.lines[self._row] = line[: self._column] + char + line[self._column + 1 :]
                self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self.lines):
            self.lines.append("")

    def _obey(self, number: str, code: str) -> None:
        assert code in _KNOWN, code
        match code:
            case "A":
                self._row = max(0, self._row - int(number or 1))
            case "K":
                assert number == "2"
                self.lines[self._row] = ""
            case "h" | "l":
                assert number == "?25"
                self.cursor_shown = code == "h"


def run_in_terminal(
    code: str, *, width: int, height: int, env: Mapping[str, str], on_output: Callable[[int, str], None]
) -> tuple[int, str]:
    """Runs Python code in a pseudo-terminal of this size. on_output: told (the terminal, everything printed so far) as it grows."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    command = [sys.executable, "-c", _TAKE_TERMINAL + code]
    child = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, env={**os.environ, **env}, start_new_session=True)
    os.close(inside)
    printed = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so at the end
            piece = b""
        if not piece:
            break
        printed += piece
        on_output(terminal, printed.decode(errors="ignore"))
    os.close(terminal)
    return child.wait(timeout=60), printed.decode()
