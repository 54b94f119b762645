"""The plan of a load as frozen data: everything that decides which bytes are written."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.generators import ColumnPlan, Link


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
