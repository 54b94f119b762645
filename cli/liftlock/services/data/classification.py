"""Proposes the classification of a database and keeps it up with the schema: what is new is added, what people wrote stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from liftlock.core.errors import UsageError
from liftlock.core.ports import Progress
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.classify.update import SpecUpdate, plan_update
from liftlock_datagen.port import DataEngine
from liftlock_datagen.spec.model import DataSpec, Privacy, TableSpec
from liftlock_datagen.spec.rules import SENSITIVE


class SpecFiles(Protocol):
    """The files data/*.yaml."""

    def name(self, database: str) -> str:
        """The file's path in the repository."""
        ...

    def read(self, database: str) -> DataSpec | None:
        """What it says; None where there is none."""
        ...

    def parsed(self, database: str, text: str) -> DataSpec:
        """What such a text says."""
        ...

    def updated(self, database: str, update: SpecUpdate) -> str:
        """Its text after the update."""
        ...

    def write(self, database: str, text: str) -> None:
        """Puts the text there."""
        ...


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One table after the update.

    sensitive: columns of kinds that may say something of a person. kept: columns and paths whose values stay. unclassified: columns and
    paths that wait for a person. new: columns that came now.
    """

    table: str
    columns: int
    sensitive: int
    kept: int
    unclassified: int
    new: int


@dataclass(frozen=True, slots=True)
class InitReport:
    """What was, or with check would be, changed. sampled: how many values of a column were looked at, None for none.

    unseen: tables of which no value was seen, so that names, types and constraints alone decided.
    """

    file: str
    place: str
    created: bool
    changed: bool
    written: bool
    sampled: int | None
    tables: tuple[TableSummary, ...]
    gone: tuple[str, ...]
    new_paths: tuple[str, ...]
    quasi_identifiers: tuple[str, ...]
    references: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    @property
    def unclassified(self) -> int:
        """How many columns and paths wait for a person."""
        return sum(table.unclassified for table in self.tables)


@dataclass(frozen=True, slots=True)
class Classification:
    """Use case of `data init`."""

    engine: DataEngine
    files: SpecFiles
    progress: Progress

    def init(self, database: str, place: Place, *, sample: int | None, check: bool) -> InitReport:
        """Proposes what the file lacks and writes it, unless check only asks. Nothing is written to the place."""
        spec = self.files.read(database)
        self.progress.step(f"{place.shown}: catalog{f' and up to {sample} values of each column' if sample else ''}")
        with datagen_errors(about=place.shown):
            catalog, proposal = self.engine.propose(place.url, sample=sample)
        if spec is not None and spec.tables and not (catalog.tables or catalog.books):
            raise UsageError(
                f"{place.shown} has no tables, and {self.files.name(database)} has {len(spec.tables)}: nothing was written",
                hint="is it the right database, and have its migrations run? Name another place with --from",
            )
        update = plan_update(catalog, spec, proposal)
        text = self.files.updated(database, update)
        changes = spec is None or text != self.files.updated(database, SpecUpdate())
        if changes and not check:
            self.files.write(database, text)
        return InitReport(
            file=self.files.name(database),
            place=place.shown,
            created=spec is None,
            changed=changes,
            written=changes and not check,
            sampled=sample,
            tables=_summaries(self.files.parsed(database, text), update),
            gone=(*map(str, update.gone_tables), *(f"{table}.{column}" for table, column in update.gone_columns)),
            new_paths=tuple(_new_paths(update)),
            quasi_identifiers=tuple(
                f"{table.name}: {', '.join(table.quasi_identifiers)}" for table in update.tables if table.quasi_identifiers
            ),
            references=tuple(f"{item.table}.{item.columns[0]} -> {item.target}" for item in update.references),
            unseen=tuple(str(table.name) for table in proposal.tables.values() if not table.seen),
        )


def _new_paths(update: SpecUpdate) -> Iterator[str]:
    for (table, column), paths in update.paths.items():
        yield from (f"{table}.{column} {path}" for path in paths)
    for (table, column), proposal in update.documents.items():
        yield from (f"{table}.{column} {path}" for path in proposal.paths)


def _summaries(spec: DataSpec, update: SpecUpdate) -> tuple[TableSummary, ...]:
    new: Counter[TableName] = Counter(table for table, _ in update.columns)
    new.update({table.name: len(table.columns) for table in update.tables})
    return tuple(_summary(table, new[table.name]) for table in spec.tables.values())


def _summary(table: TableSpec, new: int) -> TableSummary:
    columns = table.columns.values()
    values = [value for column in columns for value in (column.paths.values() if column.paths else (column.value,))]
    return TableSummary(
        table=str(table.name),
        columns=len(table.columns) + len(table.undecided),
        sensitive=sum(any(value.kind in SENSITIVE for value in (column.value, *column.paths.values())) for column in columns),
        kept=sum(value.privacy is Privacy.KEPT for value in values),
        unclassified=len(table.undecided) + sum(len(column.undecided) for column in columns),
        new=new,
    )
