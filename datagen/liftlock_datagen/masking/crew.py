"""The processes that copy parts of tables, side by side. They are started before anything is read, and end with the run however it ends."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.resuming import PartKey
from liftlock_datagen.masking.worker import Moved, Part, Setup, work

Progress = Callable[[str, int, int], None]

_GRACE = 5.0


class Crew:
    """Some processes; a context manager. copied: how many parts were written."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._members: list[tuple[BaseProcess, Pipe]] = []
        self.copied = 0

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        with _deaf_to_interrupts():
            for _ in range(self._size):
                ours, theirs = context.Pipe()
                process = context.Process(target=work, args=(theirs,), daemon=True)
                process.start()
                theirs.close()
                self._members.append((process, ours))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            for process, _ in self._members:
                process.terminate()
        self.dismiss()

    def dismiss(self) -> None:
        """Ends them, and with them what they hold of the source: locks and a snapshot."""
        members, self._members = self._members, []
        for _, pipe in members:
            pipe.close()
        for process, _ in members:
            process.join(_GRACE)
            if process.is_alive():
                process.kill()
                process.join()

    def begin(self, setup: Setup) -> None:
        """Tells all of them where to read and to write from now on."""
        for _, pipe in self._members:
            _told(pipe, setup)

    def run(self, parts: Sequence[Part], estimates: Mapping[TableName, int], on_progress: Progress) -> dict[str, int]:
        """Carries all parts out; the rows of each table. DatagenError of the first member that fails."""

        def count(_part: Part, _moved: Moved) -> bool:
            self.copied += 1
            return True

        return self._carried_out(parts, estimates, on_progress, count)

    def unchanged(self, parts: Sequence[Part], estimates: Mapping[TableName, int], on_progress: Progress) -> frozenset[PartKey]:
        """Reads all parts, each with the digest that is expected of it; those that have it."""
        same: set[PartKey] = set()

        def note(part: Part, moved: Moved) -> bool:
            if moved.same:
                same.add(part.key)
            return True

        self._carried_out(parts, estimates, on_progress, note)
        return frozenset(same)

    def first_changed(self, parts: Sequence[Part], estimates: Mapping[TableName, int], on_progress: Progress) -> PartKey | None:
        """Reads parts in their order, each with the digest that is expected of it, until one has another; None where all have it."""
        other: list[PartKey] = []

        def note(part: Part, moved: Moved) -> bool:
            if not moved.same:
                other.append(part.key)
            return not other

        self._carried_out(parts, estimates, on_progress, note)
        return other[0] if other else None

    def _carried_out(
        self, parts: Sequence[Part], estimates: Mapping[TableName, int], on_progress: Progress, on_done: Callable[[Part, Moved], bool]
    ) -> dict[str, int]:
        """on_done: whether to go on; where not, no further part is begun, and those that are under way end."""
        totals = {str(part.table.name): estimates.get(part.table.name, 0) for part in parts}
        open_parts = dict.fromkeys(totals, 0)
        for part in parts:
            open_parts[str(part.table.name)] += 1
        rows = dict.fromkeys(totals, 0)
        waiting = list(parts)
        busy: dict[Pipe, Part] = {}

        def begin(pipe: Pipe) -> None:
            part = waiting.pop(0)
            name = str(part.table.name)
            if not rows[name]:
                on_progress(name, 0, max(1, totals[name]))  # from now on its time counts
            _told(pipe, part)
            busy[pipe] = part

        for _, pipe in self._members[: len(waiting)]:
            begin(pipe)
        while busy:
            for ready in wait(list(busy)):
                assert isinstance(ready, Pipe)  # noqa: S101 - nothing else was asked for
                moved = _received(ready)
                rows[moved.table] += moved.rows
                if moved.done:
                    open_parts[moved.table] -= 1
                    if not on_done(busy.pop(ready), moved):
                        waiting.clear()
                    if waiting:
                        begin(ready)
                total = max(totals[moved.table], rows[moved.table] + (1 if open_parts[moved.table] else 0))
                on_progress(moved.table, rows[moved.table], total if open_parts[moved.table] else rows[moved.table])
        return rows


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started here never hears of Ctrl-C, from its first moment on. Who starts it hears of it when all of them are started."""
    resource_tracker.ensure_running()  # else it starts with the first process, and lets interrupts through again
    came = list[int]()
    is_main = threading.current_thread() is threading.main_thread()  # no other thread is ever interrupted
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number)) if is_main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited, as handlers are not
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if is_main:
            signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


def _told(pipe: Pipe, what: Setup | Part) -> None:
    """Sends it; where the worker has ended, its own reason is the error, or that it gave none."""
    try:
        pipe.send(what)
    except (BrokenPipeError, ConnectionResetError):
        while True:  # what it had written before it ended comes first
            _received(pipe)


def _received(pipe: Pipe) -> Moved:
    try:
        found = pipe.recv()
    except (EOFError, ConnectionResetError):
        raise DatagenError("a worker ended unexpectedly; nothing was swapped in", hint="was it killed, or out of memory?") from None
    if isinstance(found, Moved):
        return found
    kind, message, hint = found
    raise kind(message, hint=hint)
