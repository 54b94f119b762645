"""What a classification promises beside privacy: NULLs stay NULLs, and what was unique stays so.

A copy that breaks it leaks nothing by that, and is not the one that the classification makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import psycopg
from psycopg import sql

from liftlock_datagen.catalog.constraints import Index
from liftlock_datagen.catalog.model import Catalog, Table, TableName
from liftlock_datagen.certificate.aligned import ColumnAgreement
from liftlock_datagen.certificate.model import BrokenPromise, PromiseCode, TableResult
from liftlock_datagen.certificate.plan import Sensitive
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.refusals import told

_WENT_ON = "unless the source went on since: check a copy when it is made"


def broken_by_values(table: TableResult, looked: Sequence[tuple[Sensitive, ColumnAgreement]]) -> Iterator[BrokenPromise]:
    """What the rows of a table show, column by column."""
    for item, found in looked:
        if item.path:
            continue
        if item.keeps_nulls and (text := _nulls(table, found)):
            yield BrokenPromise(table.table, item.column.name, PromiseCode.NULLS, text)
        if item.keeps_apart and found.merged:
            text = f"{found.merged:,} values of the copy stand for several of the source, and different ones were to stay different"
            yield BrokenPromise(table.table, item.column.name, PromiseCode.MERGED, f"{text}, {_WENT_ON}")


def _nulls(table: TableResult, found: ColumnAgreement) -> str:
    """What became of NULLs. Where rows do not meet, as many rows on both sides must have as many NULLs."""
    parts = []
    if found.filled:
        parts.append(f"{found.filled:,} rows have a value where the source has NULL")
    if found.emptied:
        parts.append(f"{found.emptied:,} rows are NULL where the source has a value")
    if not table.matched and table.source_rows == table.copy_rows and found.nulls[0] != found.nulls[1]:
        parts.append(f"{found.nulls[1]:,} rows are NULL, and {found.nulls[0]:,} of the source's")
    return f"{'; '.join(parts)}: NULLs were to stay, {_WENT_ON}" if parts else ""


# --- uniqueness -----------------------------------------------------------------------------------------------------------------------


def lost_uniqueness(connection: Connection, source: Catalog, copy: Catalog, gaps: list[str]) -> Iterator[BrokenPromise]:
    """Unique indexes of the source that the copy does not have, and rows that they would refuse. Counted by the database.

    gaps: takes what could not be counted.
    """
    there: Mapping[TableName, Table] = {table.name: table for table in copy.tables}
    for table in source.tables:
        found = there.get(table.name)
        if found is None or table.partition_of is not None:
            continue
        for index in _missing(table, found):
            try:
                with connection.transaction():
                    values, rows = _duplicates(connection, table.name, index)
            except psycopg.Error as err:
                gaps.append(f'copy: {table.name}: whether "{index.name}" still holds: {told(err)}')
                continue
            if rows:
                text = f'{rows:,} rows share {values:,} values that "{index.name}" of the source keeps unique'
                yield BrokenPromise(str(table.name), _named(index), PromiseCode.DUPLICATES, text)


def _named(index: Index) -> str:
    """Its columns; its name where it has expressions, as those may hold a value of production."""
    columns = [part.column for part in index.parts if part.column is not None]
    return ", ".join(columns) if len(columns) == len(index.parts) else index.name


def _missing(table: Table, copy: Table) -> Iterator[Index]:
    """Those that the copy has lost, as far as it has their columns."""
    kept = {_shape(index) for index in copy.indexes if index.unique}
    columns = {column.name for column in copy.columns}
    for index in table.indexes:
        if index.unique and _shape(index) not in kept and all(part.column is None or part.column in columns for part in index.parts):
            yield index


def _shape(index: Index) -> tuple[object, ...]:
    return tuple((part.column, part.expression) for part in index.parts), index.predicate, index.nulls_distinct


def _duplicates(connection: Connection, table: TableName, index: Index) -> tuple[int, int]:
    """How many values come several times, and in how many rows."""
    parts = [sql.Identifier(part.column) if part.column else sql.SQL("({})").format(_own(part.expression)) for part in index.parts]
    wanted = [sql.SQL("({})").format(_own(index.predicate))] if index.predicate else []
    if index.nulls_distinct:
        wanted += [sql.SQL("{} IS NOT NULL").format(part) for part in parts]
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(n), 0) FROM (SELECT count(*) FROM {table} WHERE {wanted} GROUP BY {parts} HAVING count(*) > 1) g (n)"
    ).format(
        table=sql.Identifier(table.schema, table.name),
        wanted=sql.SQL(" AND ").join(wanted) if wanted else sql.SQL("true"),
        parts=sql.SQL(", ").join(parts),
    )
    values, rows = connection.execute(query).fetchone() or (0, 0)
    return int(values), int(rows)


def _own(expression: str) -> sql.SQL:
    """An expression as the source's database wrote it."""
    return sql.SQL(expression)
