"""Asks whether the target already is the copy that a run would make. Reads, and writes nothing anywhere.

What is compared, and which difference is told, is decided in sameness.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection, connected
from liftlock_datagen.database.refusals import told
from liftlock_datagen.database.row_security import hidden_rows
from liftlock_datagen.masking.crew import Crew, Progress
from liftlock_datagen.masking.facts import noted_facts, of_copy
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.records import read_records, writers
from liftlock_datagen.masking.resuming import PartKey, Recorded
from liftlock_datagen.masking.sameness import Facts, in_order_of_reading, other_fact, other_part, touched
from liftlock_datagen.masking.source import Source, read_only
from liftlock_datagen.masking.worker import Part, Setup
from liftlock_datagen.snapshots.seal import written_since

Expected = Mapping[TableName, int]
"""About how many rows each table has."""

_READING = "the target is a copy of just this; reading the source's rows, whether they still are what was copied"


@dataclass(frozen=True, slots=True)
class Same:
    """Nothing is to be done. rows: of each table."""

    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Other:
    """A copy is to be made. reason: empty where there was no copy to compare with."""

    reason: str = ""


class SecondRun:
    """What a run would make: of which parts, and which facts decide it."""

    def __init__(self, source: Source, key: PseudonymKey, parts: Sequence[Part], facts: Facts) -> None:
        self._source = source
        self._key = key
        self._work = {part.key: part for part in parts}
        self._facts = facts

    def compared(
        self, target_url: str, crew: Crew, expected: Expected, on_progress: Progress, on_note: Callable[[str], None]
    ) -> Same | Other:
        """Holds it against the target: what costs least first, and no further than to the first difference."""
        try:
            with _looked_at(target_url) as target:  # for no longer than it takes: others may want to change it
                then = noted_facts(target)
                if not then:
                    return Other()
                if reason := self._other(target, then):
                    return Other(reason)
                recorded = read_records(target)
        except psycopg.Error as err:
            return Other(f"the target could not be compared ({told(err)})")
        on_note(_READING)
        changed = self._changed(recorded, crew, expected, on_progress)
        return Other(f"{changed.stored} changed in the source") if changed else Same(self._rows(recorded))

    def _other(self, target: Connection, then: Facts) -> str:
        """What of the target is not what this run would make of the rows that it was made of."""
        if reason := other_fact(then, {**self._facts, **of_copy(self._key, target)}):
            return reason
        recorded = read_records(target)
        return (
            other_part({key: part.recipe for key, part in self._work.items()}, recorded)
            or hidden_rows(target)
            or touched(recorded, lambda table: writers(target, table))
            or written_since(target, besides={one.key.into for one in recorded})
        )

    def _changed(
        self, recorded: Sequence[Recorded], crew: Crew, expected: Mapping[TableName, int], on_progress: Progress
    ) -> PartKey | None:
        """The first part whose rows are not those that were copied."""
        digests = {one.key: one.digest for one in recorded}
        order = in_order_of_reading({key: self._source.pages.get(key.stored, 0) for key in self._work})
        crew.begin(Setup(self._source.url, "", self._source.snapshot, self._key))
        again = [replace(self._work[key], expected=digests[key]) for key in order]
        return crew.first_changed(again, expected, lambda name, done, total: on_progress(f"{name} (is it unchanged?)", done, total))

    def _rows(self, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        rows = dict.fromkeys((str(part.table.name) for part in self._work.values()), 0)
        for one in recorded:
            rows[str(self._work[one.key].table.name)] += one.rows
        return rows


@contextmanager
def _looked_at(url: str) -> Iterator[Connection]:
    """The target at one moment. Who holds a table of it locked is not waited for long."""
    with connected(read_only(url)) as target:
        target.execute("SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '5s', false)")
        with target.transaction():
            target.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield target
