"""What becomes of the tables that migration tools keep about themselves, where the classification does not say it. Pure.

They belong to the schema, so their rows come along: what the tool reads again as it is, free text that it does not read replaced.
"""

from __future__ import annotations

from dataclasses import replace

from liftlock_datagen.catalog.books import book_of
from liftlock_datagen.catalog.model import Catalog, Column, Table
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec

_REPLACED = "liftlock"


def with_books(catalog: Catalog, spec: DataSpec) -> DataSpec:
    """The classification with what holds of the books that it does not classify itself."""
    return replace(spec, tables={**{table.name: _book_spec(table) for table in catalog.books}, **spec.tables})


def _book_spec(table: Table) -> TableSpec:
    return TableSpec(table.name, {column.name: ColumnSpec(_value(table, column)) for column in table.columns if not column.generated})


def _value(table: Table, column: Column) -> ValueSpec:
    book = book_of(table)
    if book is None:
        raise ValueError(f"{table.name} is no book of a migration tool")
    if column.name in book.compared:
        kind = Kind.PERSON_NAME if column.name == "author" else Kind.FREE_TEXT
        return ValueSpec(kind, Rule.KEEP, reason=book.compared[column.name])
    if column.name not in book.written_by_people:
        return ValueSpec(Kind.TECHNICAL, Rule.KEEP, reason=f"{book.tool} keeps book of the schema here")
    reason = f"free text that {book.tool} does not read again"
    if column.nullable:
        return ValueSpec(Kind.FREE_TEXT, Rule.EMPTY, reason=reason)
    return ValueSpec(Kind.FREE_TEXT, Rule.CONSTANT, options={"value": "{}" if column.type.element else _REPLACED}, reason=reason)
