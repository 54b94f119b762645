"""Rows of one table in COPY's text format, a block in and a block out. Without a Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.cells import ColumnMaker, LedMaker, column_maker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import TableMask
from liftlock_datagen.masking.transformers import Bounds, Document, Elements, Keep, Led, Seeded, Shifted, Transformer

PLACE = "ctid"
"""The column that tells rows of a table without a key apart."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One column that changes. by: the columns whose cells say by what."""

    place: int
    make: ColumnMaker | LedMaker
    by: tuple[int, ...]


class RowMasker:
    """Changes blocks of one table's rows. columns: those to read, in order; the first `written` of them are written."""

    def __init__(self, table: TableMask, key: PseudonymKey) -> None:
        names = [column.name for column in table.columns]
        self.written = len(names)
        needed = [name for column in table.columns for name in _needed(column.transformer)]
        self.columns = (*names, *dict.fromkeys(name for name in needed if name not in names))
        self._changes = [
            _Change(
                place,
                column_maker(f"{table.name}.{column.name}", column.transformer, key),
                tuple(self.columns.index(name) for name in _needed(column.transformer)),
            )
            for place, column in enumerate(table.columns)
            if not _passes(column.transformer)
        ]
        self._table = str(table.name)

    def __call__(self, block: bytes) -> bytes:
        """The block's rows, changed. Each row ends in a newline."""
        cells = block.replace(b"\n", b"\t\n\t").split(b"\t")
        width = len(self.columns) + 1  # a newline is a cell of its own
        rows, rest = divmod(len(cells) - 1, width)
        if rest:
            raise DatagenError(f"{self._table}: the rows that came do not have {len(self.columns)} columns")
        plain = b"\\" not in block
        old = [cells[place : rows * width : width] for place in range(len(self.columns))] if self._needs_old() else []
        for change in self._changes:
            column = cells[change.place : rows * width : width] if not old else old[change.place]
            by = _joined([old[place] for place in change.by]) if change.by else None
            cells[change.place : rows * width : width] = change.make(column, by, plain=plain)
        if self.written + 1 < width:
            cells = self._without_extra(cells, rows, width)
        return b"\t".join(cells).replace(b"\t\n\t", b"\n")

    def _needs_old(self) -> bool:
        return any(change.by for change in self._changes)

    def _without_extra(self, cells: list[bytes], rows: int, width: int) -> list[bytes]:
        kept = [b""] * (rows * (self.written + 1) + 1)
        for place in range(self.written):
            kept[place : rows * (self.written + 1) : self.written + 1] = cells[place : rows * width : width]
        kept[self.written : rows * (self.written + 1) : self.written + 1] = [b"\n"] * rows
        return kept


def _passes(transformer: Transformer) -> bool:
    return isinstance(transformer, Keep)


def _needed(transformer: Transformer) -> tuple[str, ...]:
    """The columns that say by what the values change, beside the column itself."""
    match transformer:
        case Seeded(key=key):
            return key or (PLACE,)
        case Shifted(subject=subject) if subject:
            return (subject,)
        case Led(lead=lead):
            return (lead.column,)
        case Elements(element=inner) | Bounds(bound=inner):
            return _needed(inner)
        case Document(paths=paths):
            return tuple(dict.fromkeys(name for _, inner in paths if isinstance(inner, Seeded) for name in _needed(inner)))
        case _:
            return ()


def _joined(columns: Sequence[list[bytes]]) -> list[bytes]:
    return columns[0] if len(columns) == 1 else list(map(b"\t".join, zip(*columns, strict=True)))
