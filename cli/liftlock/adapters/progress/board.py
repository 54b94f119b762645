"""What is at work right now, and the lines that show it. Pure: the time is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from liftlock.core.ports import Passed

SETTLED = 0.3
"""Seconds that a part must be at work before it gets a live line: hundreds of quick ones would only flicker."""
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
_TURNS = 10  # per second
_NAMED = 3  # parts that a heartbeat or the stopping line names
_LONG = 10.0
_NOTHING_LEFT = "stopping: nothing new begins; Ctrl-C again ends at once"
_FIGURES = re.compile(r"\d[\d.,]*")
_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


class Tone(Enum):
    """How a line is to be read."""

    BUSY = "busy"
    MORE = "more"
    COUNTS = "counts"
    STOPPING = "stopping"
    PLAIN = "plain"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a terminal, without its end."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Working:
    """A part at work. since: when it came into this state."""

    name: str
    state: str
    since: float


@dataclass(frozen=True, slots=True)
class Board:
    """One stretch of work as it stands. known: parts that there are at least; read: parts looked at, done: parts that came to an end."""

    title: str
    began: float
    known: int = 0
    working: tuple[Working, ...] = ()
    read: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    stopping: bool = False

    def at_work(self, name: str, state: str, now: float) -> Board:
        """The part is in this state; the seconds count from when it came into it. One that counts stays in its state."""
        before = next((part for part in self.working if part.name == name), None)
        if before is None or _FIGURES.sub("", before.state) != _FIGURES.sub("", state):
            return replace(self, working=(*self._without(name), Working(name, state, now)))
        if before.state == state:
            return self
        return replace(self, working=tuple(replace(part, state=state) if part is before else part for part in self.working))

    def ended(self, name: str) -> Board:
        """The part is done, whichever way."""
        return replace(self, working=self._without(name), done=self.done | {name})

    def passed(self, name: str, how: Passed) -> Board:
        """The part is through. One that was only read may still come to work."""
        if how is Passed.READ:
            return replace(self, working=self._without(name), read=self.read | {name})
        return self.ended(name)

    def stopped(self) -> Board:
        """Nothing new begins."""
        return replace(self, stopping=True)

    def _without(self, name: str) -> tuple[Working, ...]:
        return tuple(part for part in self.working if part.name != name)


def render(board: Board, now: float, width: int, height: int, *, spinner: str = SPINNER) -> tuple[Line, ...]:
    """At most `height` lines of at most `width` characters: the parts longest at work, how many more there are, and the counts."""
    turn = spinner[int((now - board.began) * _TURNS) % len(spinner)]
    settled = sorted((part for part in board.working if now - part.since >= SETTLED), key=lambda part: part.since)
    room = max(0, height - 1)
    shown = settled if len(settled) <= room else settled[: max(0, room - 1)]
    more = len(settled) - len(shown)
    widest = max((len(part.name) for part in shown), default=0)
    lines = [Line(f"    {turn} {part.name:{widest}}  {part.state}  {duration(now - part.since)}", Tone.BUSY) for part in shown]
    if more and room:
        lines.append(Line(f"      +{more} more at work", Tone.MORE))
    last = (
        Line(f"    {stopping_text(board, width - 4)}", Tone.STOPPING)
        if board.stopping
        else Line(f"    {turn} {counts(board, now)}", Tone.COUNTS)
    )
    return tuple(Line(_cut(line.text, width), line.tone) for line in (*lines, last))


def counts(board: Board, now: float) -> str:
    """How far the work is, in one line."""
    elapsed = duration(now - board.began)
    reading = [part for part in board.working if part.state == "reading"]
    begun = board.done or len(board.working) > len(reading)
    if not begun and (reading or board.read):
        known = max(board.known, len(board.read) + len(reading))
        return f"{board.title}: {len(board.read)} of {known} read, {elapsed}"
    if not board.known:
        done = f"{len(board.done)} done, " if board.done else ""
        return f"{board.title}: {done}{f'{len(board.working)} at work, ' if board.working else ''}{elapsed}"
    known = max(board.known, len(board.done | {part.name for part in board.working}))
    return f"{board.title}: {len(board.done)} of {known} done, {elapsed}"


def stopping_text(board: Board, width: int = 160) -> str:
    """What is waited for after Ctrl-C: as many names as there is room for."""
    parts = [f"{part.state} {part.name}" for part in board.working]
    waits = [f"waits for {_some(parts, named)}" for named in range(min(_NAMED, len(parts)), 0, -1)]
    texts = [f"stopping: {text}; Ctrl-C again ends at once" for text in (*waits, f"waits for {len(parts)}")]
    return next((text for text in texts if len(text) <= width), texts[-1]) if parts else _NOTHING_LEFT


def heartbeat(board: Board, now: float) -> str:
    """The line that says, where nothing moves, that work goes on: what counts, what takes long, else how far it is."""
    counting = [f"{part.name}: {part.state}" for part in board.working if part.state[:1].isdigit()]
    long = sorted(
        (part for part in board.working if now - part.since >= _LONG and not part.state[:1].isdigit()), key=lambda part: part.since
    )
    shown = [*counting, *(f"{part.name}: {part.state} for {duration(now - part.since)}" for part in long)]
    return f"    … {_some(shown) if shown else counts(board, now)}"


def duration(seconds: float) -> str:
    """Whole seconds, or minutes and seconds."""
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def clean(text: str) -> str:
    """The text without anything that moves a cursor or changes colours: a program's words must not draw over the view."""
    return _CODES.sub("", text).translate(_CONTROLS)


def _some(texts: Sequence[str], named: int = _NAMED) -> str:
    more = len(texts) - named
    return ", ".join(texts[:named]) + (f" and {more} more" if more > 0 else "")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + "…" if width > 0 else ""
