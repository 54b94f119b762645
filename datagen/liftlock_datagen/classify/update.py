"""What another look at a database changes in its classification: new things are added, gone ones marked, what people wrote stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.classify.model import ColumnProposal, Decision, Proposal, TableProposal
from liftlock_datagen.spec.model import DataSpec, Kind, Rows, TableSpec, VirtualReference
from liftlock_datagen.spec.paths import is_covered

Column = tuple[TableName, str]


@dataclass(frozen=True, slots=True)
class SpecUpdate:
    """tables, columns and paths that are new; gone ones, which are only marked. references: guesses, for a file that is new.

    documents: columns that stand there as unclassified because no sample had shown their paths, and this one does.
    """

    tables: tuple[TableProposal, ...] = ()
    columns: Mapping[Column, ColumnProposal] = field(default_factory=dict)
    paths: Mapping[Column, Mapping[str, Decision]] = field(default_factory=dict)
    documents: Mapping[Column, ColumnProposal] = field(default_factory=dict)
    gone_tables: tuple[TableName, ...] = ()
    gone_columns: tuple[Column, ...] = ()
    references: tuple[VirtualReference, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to add and nothing to mark."""
        return not (self.tables or self.columns or self.paths or self.documents or self.gone_tables or self.gone_columns)


def plan_update(catalog: Catalog, spec: DataSpec | None, proposal: Proposal) -> SpecUpdate:
    """What the file lacks and what it has too much. spec: None where there is no file yet."""
    known = spec.tables if spec is not None else {}
    there = {table.name: {column.name for column in table.columns} for table in catalog.tables}
    return SpecUpdate(
        tables=tuple(table for name, table in proposal.tables.items() if name not in known),
        columns={place: column for name, table in known.items() for place, column in _new_columns(table, proposal.tables.get(name))},
        paths={place: paths for name, table in known.items() for place, paths in _new_paths(table, proposal.tables.get(name))},
        documents={place: column for name, table in known.items() for place, column in _shown_documents(table, proposal.tables.get(name))},
        gone_tables=tuple(name for name in known if name not in there),
        gone_columns=tuple(_gone(known, there)),
        references=proposal.references if spec is None else (),
    )


def _new_columns(table: TableSpec, proposed: TableProposal | None) -> Iterator[tuple[Column, ColumnProposal]]:
    if proposed is None or table.rows is Rows.NONE:
        return
    for name, column in proposed.columns.items():
        if name not in table.columns and name not in table.undecided:
            yield (table.name, name), column


def _new_paths(table: TableSpec, proposed: TableProposal | None) -> Iterator[tuple[Column, Mapping[str, Decision]]]:
    """Of documents whose paths are classified one by one; one that is treated as a whole has none."""
    for name, column in table.columns.items():
        if proposed is None or name not in proposed.columns or column.value.kind is not Kind.DOCUMENT:
            continue
        if not (column.paths or column.undecided):
            continue
        patterns = {*column.paths, *column.undecided}
        new = {path: decision for path, decision in proposed.columns[name].paths.items() if not is_covered(path, patterns)}
        if new:
            yield (table.name, name), new


def _shown_documents(table: TableSpec, proposed: TableProposal | None) -> Iterator[tuple[Column, ColumnProposal]]:
    """Nobody has decided them, and now there is something to decide on."""
    for name in table.undecided if proposed is not None and table.rows is not Rows.NONE else ():
        column = proposed.columns.get(name) if proposed is not None else None
        if column is not None and column.paths:
            yield (table.name, name), column


def _gone(known: Mapping[TableName, TableSpec], there: Mapping[TableName, set[str]]) -> Iterator[Column]:
    for name, table in known.items():
        if name in there:
            yield from ((name, column) for column in (*table.columns, *table.undecided) if column not in there[name])
