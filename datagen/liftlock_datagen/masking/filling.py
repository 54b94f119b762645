"""Fills a database with a copy's rows, so that the next run can go on where this one is cut off, and goes on where an earlier one was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import psycopg

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.beside import Beside
from liftlock_datagen.database.connect import connected
from liftlock_datagen.database.resumption import say_final, say_resumable
from liftlock_datagen.database.schema_copy import SchemaCopy, Section
from liftlock_datagen.errors import NoRoomError
from liftlock_datagen.masking.crew import Crew, Progress
from liftlock_datagen.masking.records import begin_records, empty, read_records, strays, writers
from liftlock_datagen.masking.resuming import PartKey, candidates, resumed, untouched
from liftlock_datagen.masking.worker import Part

Note = Callable[[str], None]


class Filling:
    """The rows of one run. copied: how many each table has. taken_over: how many of them were there."""

    def __init__(self, crew: Crew, on_progress: Progress, on_note: Note) -> None:
        self._crew = crew
        self._on_progress = on_progress
        self._on_note = on_note
        self._open: Beside | None = None  # while the next run could go on with it
        self.copied: Mapping[str, int] = {}
        self.taken_over: Mapping[str, int] = {}

    def begin(self, schema: SchemaCopy, beside: Beside) -> None:
        """A schema that is ready for rows, from now on to be gone on with by the next run."""
        if not beside.begun:
            schema.make(beside.url, Section.BEFORE_ROWS, role=beside.owner)
            with connected(beside.url) as target:
                begin_records(target)
                say_resumable(target, beside.name, beside.target, beside.recipe)
        self._open = beside

    def copy(self, parts: Sequence[Part], beside: Beside, expected: Mapping[TableName, int]) -> None:
        """Copies all parts but those that a cut-off run copied from the same rows."""
        work = {part.key: part for part in parts}
        load = self._missing(work, beside, expected) if beside.begun else list(work.values())
        rows = {**dict.fromkeys((str(part.table.name) for part in parts), 0), **self.taken_over}
        for name, count in self._crew.run(load, expected, self._on_progress).items():
            rows[name] += count
        self.copied = rows

    def end(self, beside: Beside) -> None:
        """Nobody goes on with what comes behind the rows."""
        self.spoil()
        with connected(beside.url) as target:
            say_final(target, beside.name, beside.target)

    def spoil(self) -> None:
        """Nobody goes on with what is there, whatever happens now."""
        self._open = None

    def stays(self, error: BaseException) -> bool:
        """Whether the next run may go on with what this one leaves. A full disk needs its room back, for those whose server it is."""
        left, is_full = self._open, isinstance(error, NoRoomError | psycopg.errors.DiskFull)
        if left is None or is_full or not (left.begun or self._crew.copied):
            return False
        self._on_note(
            f"what was copied stays in database {left.name}: the same command goes on from there, another run for {left.target} removes it"
        )
        return True

    def _missing(self, work: Mapping[PartKey, Part], beside: Beside, expected: Mapping[TableName, int]) -> Sequence[Part]:
        """What is still to be copied. Tables whose rows do not stand are empty then."""
        planned = {key: part.recipe for key, part in work.items()}
        with connected(beside.url) as target:
            there = read_records(target)
            stand = untouched(candidates(planned, there), lambda table: writers(target, table))
            again = [replace(work[one.key], expected=one.digest) for one in stand]
            decided = resumed(planned, there, self._crew.unchanged(again, expected, self._looking))
            empty(target, decided.emptied)
            empty(target, strays(target, {one.key.into for one in decided.taken}))
        taken: dict[str, int] = {}
        for one in decided.taken:
            name = str(work[one.key].table.name)
            taken[name] = taken.get(name, 0) + one.rows
        self.taken_over = taken
        tables = len({part.table.name for part in work.values()})
        self._on_note(f"{len(taken)} of {tables} tables, {sum(taken.values()):,} rows, taken over from a run that was cut off")
        return [work[key] for key in decided.load]

    def _looking(self, name: str, done: int, total: int) -> None:
        self._on_progress(f"{name} (is it unchanged?)", done, total)
