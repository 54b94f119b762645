"""The plan of a load as frozen data: everything that decides which bytes are written."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.draws import Source
from liftlock_datagen.synthesis.generators import Generator


@dataclass(frozen=True, slots=True)
class Presences:
    """Whether the column is there: flags[the source's number]. label: the stream that the source draws from."""

    label: str
    flags: tuple[bool, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What a column gets. nulls: how many of 65,536 rows are NULL; null_key: whose coin decides (columns of one link share it).

    present: where a combination of columns decides which rows are NULL, instead of a coin.
    """

    name: str
    generator: Generator
    nulls: int = 0
    null_key: str = ""
    present: Presences | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """How the rows of a table find their parents' rows: one per foreign key."""

    name: str
    parent: TableName
    source: Source


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table's rows. columns: those that are written, in the table's order.

    subject: the link to the row that this row is a part of, one to one: it speaks of the same person and place.
    """

    name: TableName
    rows: int
    columns: tuple[ColumnPlan, ...]
    links: tuple[Link, ...] = ()
    subject: str = ""

    def column(self, name: str) -> ColumnPlan:
        """The plan of one column; KeyError where the column is not written."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    def link(self, name: str) -> Link:
        """The link of that name."""
        return next(link for link in self.links if link.name == name)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """All tables, parents before children where that is possible. Two equal plans give the same bytes."""

    seed: int
    requested_rows: int
    tables: tuple[TablePlan, ...]
    catalog_digest: str
    vocabulary_digest: str

    @property
    def total_rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables)

    def table(self, name: TableName) -> TablePlan:
        """The plan of one table."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(str(name))
