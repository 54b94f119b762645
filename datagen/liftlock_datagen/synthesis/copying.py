"""Rows of a plan on their way into their tables: a worker makes the next blocks while the server takes the present one.

It goes on from one table to the next, and begins before the first table is ready to take rows. Memory is bounded by a few blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager

from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.synthesis.generate import Generation
from liftlock_datagen.synthesis.plan_data import LoadPlan, TablePlan
from liftlock_datagen.vocabulary.words import Vocabularies

Progress = Callable[[str, int, int], None]

BLOCK_ROWS = 16384
_AHEAD = 2  # blocks


class RowsAhead:
    """The blocks of all tables in the plan's order, made ahead of whoever takes them."""

    def __init__(self, plan: LoadPlan, vocabularies: Vocabularies, worker: Executor) -> None:
        self._generation = Generation(plan, vocabularies)
        self._worker = worker
        self._left = ((table, start) for table in plan.tables for start in _starts(table))
        self._coming: deque[Future[bytes]] = deque()
        for _ in range(_AHEAD):
            self._ask()

    def take(self) -> bytes:
        """The next block."""
        block = self._coming.popleft()
        self._ask()
        return block.result()

    def _ask(self) -> None:
        wanted = next(self._left, None)
        if wanted is not None:
            table, start = wanted
            self._coming.append(self._worker.submit(self._generation.block, table, start, min(BLOCK_ROWS, table.rows - start)))


@contextmanager
def rows_ahead(plan: LoadPlan, vocabularies: Vocabularies) -> Iterator[RowsAhead]:
    """Begins to make the rows at once; what nobody takes is dropped at the end."""
    with ThreadPoolExecutor(1, thread_name_prefix="generate") as worker:
        try:
            yield RowsAhead(plan, vocabularies, worker)
        finally:
            worker.shutdown(wait=False, cancel_futures=True)


def copy_tables(connection: Connection, plan: LoadPlan, rows: RowsAhead, frozen: Collection[TableName], on_progress: Progress) -> None:
    """Every table of the plan. frozen: tables emptied in this transaction, whose rows no vacuum needs to visit again."""
    for table in plan.tables:
        on_progress(str(table.name), 0, table.rows)
        with connection.cursor() as cursor, cursor.copy(_statement(table, frozen=table.name in frozen)) as copy:
            for start in _starts(table):
                copy.write(rows.take())
                on_progress(str(table.name), min(start + BLOCK_ROWS, table.rows), table.rows)


def _starts(table: TablePlan) -> range:
    return range(0, table.rows, BLOCK_ROWS)


def _statement(table: TablePlan, *, frozen: bool) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    listed = sql.SQL("({})").format(columns) if table.columns else sql.SQL("")
    options = sql.SQL(" (FREEZE)" if frozen else "")
    return sql.SQL("COPY {} {} FROM STDIN{}").format(sql.Identifier(table.name.schema, table.name.name), listed, options)
