"""By which columns the rows of a copy meet their own in the source: a key, or what several columns hold together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock_datagen.catalog.model import Column, Table
from liftlock_datagen.certificate.model import Method
from liftlock_datagen.masking.invented import PROSE
from liftlock_datagen.masking.transformers import Addresses, Chosen, Integers, Invented, Keep, Led, Letters, Shifted, Transformer, Uuids
from liftlock_datagen.spec.model import TableSpec

_KEPT = (Keep,)
_MAPS = (Integers, Letters, Uuids, Invented)  # the same value gives the same pseudonym, whatever stands beside it
_MADE_AGAIN = (*_MAPS, Chosen, Addresses)

Masks = Mapping[str, Transformer]
"""What a copy makes of each column."""


def find_key(table: Table, masks: Masks, *, generated: bool, has_key: bool) -> tuple[tuple[Column, ...], Method] | None:
    """A unique key that is kept, or whose pseudonyms can be made again; None where the table has none."""
    for makers, method in ((_KEPT, Method.KEY), ((*_KEPT, *_MAPS) if has_key else _KEPT, Method.PSEUDONYM)):
        for key in _keys(table):
            if generated or all(isinstance(masks.get(column.name), makers) for column in key):
                return key, method
    return None


def find_together(table: Table, spec: TableSpec, masks: Masks, *, has_key: bool) -> tuple[Column, ...]:
    """Every column of which it is known what stands in the copy: those that are kept, and, with the pseudonym key, those that can be made
    again. Where the specification names a row key, those of it alone. Rows that are alike there are not told apart.
    """
    wanted = spec.row_key or tuple(column.name for column in table.columns)
    found = [
        column for column in table.columns if column.name in wanted and not column.generated and _is_known(column, masks, has_key=has_key)
    ]
    names = {column.name for column in found}
    return tuple(column for column in found if (by := led_by(masks[column.name])) is None or by in names)


def _is_known(column: Column, masks: Masks, *, has_key: bool) -> bool:
    made = masks.get(column.name)
    if isinstance(made, Invented) and made.kind in PROSE:
        return False  # the line breaks of a long text are not kept in what is read
    return isinstance(made, Keep) or (has_key and isinstance(made, (*_MADE_AGAIN, Led, Shifted)))


def led_by(made: Transformer) -> str | None:
    """The column of the row whose value says what becomes of this one; None where its own does."""
    match made:
        case Shifted(subject=subject) if subject:
            return subject
        case Led(lead=lead):
            return lead.column
        case _:
            return None


def _keys(table: Table) -> Iterator[tuple[Column, ...]]:
    """Columns that no two rows share the values of, the primary key first. One that may be NULL tells no row from another."""
    unique = [index for index in table.indexes if index.unique and index.predicate is None]
    for index in sorted(unique, key=lambda index: (not index.primary, index.name)):
        columns = tuple(table.column(part.column) for part in index.parts if part.column is not None)
        if len(columns) == len(index.parts) and not any(column.nullable for column in columns):
            yield columns
