"""Rows that are made ahead come in the order in which they are taken, and are never many."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

from liftlock_datagen.synthesis.copying import BLOCK_ROWS, RowsAhead, rows_ahead
from liftlock_datagen.synthesis.generate import Generation
from liftlock_datagen.vocabulary.words import load_vocabularies
from tests.unit.datagen.catalogs import plan, shop

SHOP = shop()
WORDS = load_vocabularies("mixed")


class Waiting(Executor):
    """Counts what was asked for, and makes it at once."""

    def __init__(self) -> None:
        self.asked = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def test_blocks_are_those_of_the_tables_one_after_the_other() -> None:
    planned = plan(*SHOP, rows=5 * BLOCK_ROWS)
    generation = Generation(planned, WORDS)
    with rows_ahead(planned, WORDS) as rows:
        for table in planned.tables:
            found = b"".join(rows.take() for _ in range(0, table.rows, BLOCK_ROWS))
            assert found == generation.block(table, 0, table.rows), table.name


def test_no_more_than_two_blocks_wait() -> None:
    worker = Waiting()
    planned = plan(*SHOP, rows=5 * BLOCK_ROWS)
    rows = RowsAhead(planned, WORDS, worker)
    blocks = sum(len(range(0, table.rows, BLOCK_ROWS)) for table in planned.tables)
    assert blocks > 4
    for taken in range(blocks):
        assert worker.asked == min(taken + 2, blocks)
        rows.take()
