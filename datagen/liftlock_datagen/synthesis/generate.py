"""Rows of a plan as blocks in COPY's text format. The bytes depend on the plan alone, not on how rows are cut into blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.bits import Counters, Numbers
from liftlock_datagen.primitives.encoding import Piece, blank, join
from liftlock_datagen.synthesis.generators import Null, Reference
from liftlock_datagen.synthesis.plan_data import ColumnPlan, LoadPlan, TablePlan
from liftlock_datagen.synthesis.sources import SourceReader
from liftlock_datagen.synthesis.texts import TextMaker, null_mask
from liftlock_datagen.vocabulary.words import Vocabularies

Mask = NDArray[np.bool_]
_NULL = np.frombuffer(b"\\N", np.uint8)


class Generation:
    """Makes the rows of one plan, any block of any table at any time."""

    def __init__(self, plan: LoadPlan, vocabularies: Vocabularies) -> None:
        self._plan = plan
        self._sources = SourceReader(plan)
        self._texts = TextMaker(self._sources, vocabularies)

    def block(self, table: TablePlan, start: int, count: int) -> bytes:
        """Rows start … start + count - 1, each ending in a newline."""
        rows = np.arange(start, start + count, dtype=np.uint64)
        parents: dict[str, Numbers] = {}
        out: list[Piece] = []
        for column in table.columns:
            pieces, missing = self._column(table, column, rows, parents)
            if missing is not None and bool(missing.any()):
                pieces = [*blank(pieces, missing), missing[:, None] * _NULL]
            out += [*pieces, b"\t"]
        if not out:
            return b"\n" * count
        return join([*out[:-1], b"\n"], count)

    def _column(self, table: TablePlan, column: ColumnPlan, rows: Counters, parents: dict[str, Numbers]) -> tuple[list[Piece], Mask | None]:
        """The column's text, and which rows are NULL. parents: the parent rows per link, as far as they are known for these rows."""
        missing: Mask | None = None
        if column.nulls:
            missing = null_mask(self._sources.key(table.name, "null", column.null_key or column.name), rows, column.nulls)
        if column.present is not None:
            flags = np.array(column.present.flags)
            missing = ~flags[self._sources.numbers(column.present.source, table.name, column.present.label, rows)]
        match column.generator:
            case Null():
                return [b""], np.ones(len(rows), np.bool_)
            case Reference(link, parent, parent_column):
                found = self._parent_rows(table, link, rows, parents)
                absent = found < 0
                missing = absent if missing is None else missing | absent
                pieces, never = self._of_parent(parent, parent_column, np.where(absent, 0, found).astype(np.uint64))
                return pieces, missing if never is None else missing | never
            case generator:
                return self._texts.pieces(generator, table.name, column.name, rows), missing

    def _of_parent(self, parent: TableName, column: str, rows: Counters) -> tuple[list[Piece], Mask | None]:
        plan = self._plan.table(parent)
        return self._column(plan, plan.column(column), rows, {})

    def _parent_rows(self, table: TablePlan, name: str, rows: Counters, parents: dict[str, Numbers]) -> Numbers:
        if name not in parents:
            link = table.link(name)
            parents[name] = self._sources.numbers(link.source, table.name, f"link {link.name}", rows)
        return parents[name]
