"""Decides what of an earlier copy still stands: which parts need not be masked and written again. Pure; records.py reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName


@dataclass(frozen=True, slots=True, order=True)
class PartKey:
    """Tells a part from all others. into: where its rows are written. stored: where they are read, from page first on to before last."""

    into: TableName
    stored: TableName
    first: int = 0
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A part that was copied. recipe: of how its rows were changed. digest: of the rows that were read. rows: how many were written.

    lasting: whether what is there outlives a crash of the server, which empties unlogged tables. writer: the number of the transaction that
    wrote the record, and the rows with it.
    """

    key: PartKey
    recipe: str
    digest: str
    rows: int
    lasting: bool = True
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """taken: what stands. emptied: tables with rows that do not, to be emptied before anything is copied. load: the parts to be copied."""

    taken: tuple[Recorded, ...]
    emptied: tuple[TableName, ...]
    load: tuple[PartKey, ...]


def candidates(planned: Mapping[PartKey, str], recorded: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """What stands if the source's rows are the same. planned: the recipe of each part.

    Rows of a table cannot be told apart by their part, so all that a table holds must be of parts that are planned just so.
    """
    return tuple(
        one
        for parts in _by_table(recorded).values()
        if all(it.lasting and planned.get(it.key) == it.recipe for it in parts)
        for one in parts
    )


def untouched(recorded: Iterable[Recorded], found: Callable[[TableName], Mapping[str, int]]) -> tuple[Recorded, ...]:
    """Those of tables that hold the rows of their parts and no others. found: how many rows of a table each transaction wrote."""
    return tuple(
        one
        for into, parts in _by_table(recorded).items()
        if {part.writer: part.rows for part in parts if part.rows} == found(into)
        for one in parts
    )


def resumed(planned: Mapping[PartKey, str], recorded: Iterable[Recorded], same: Collection[PartKey]) -> Resumed:
    """What is to be done where the source's rows were read again. same: the candidates whose rows were what they are now."""
    parts = _by_table(recorded)
    standing = {into for into, found in parts.items() if all(one.key in same for one in found)}
    taken = tuple(one for into in standing for one in parts[into])
    there = {one.key for one in taken}
    return Resumed(
        tuple(sorted(taken, key=lambda one: (one.key.into, one.key.stored, one.key.first))),
        tuple(sorted(into for into in parts if into not in standing)),
        tuple(key for key in planned if key not in there),
    )


def _by_table(recorded: Iterable[Recorded]) -> Mapping[TableName, Sequence[Recorded]]:
    found: dict[TableName, list[Recorded]] = {}
    for one in recorded:
        found.setdefault(one.key.into, []).append(one)
    return found
