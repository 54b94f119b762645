"""How much of a column's statistics may be shown: decided by its type and its classification, before anything of its values is read. Pure.

What is not classified shows counts only. No value of a text column is shown, unless the classification keeps it as a category or a flag.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.profile.model import Unit
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec


class Showing(StrEnum):
    """COUNTS: shares, widths and numbers of values. VALUES: the common values too. FINE, COARSE: a histogram. MADE: one of made rows."""

    COUNTS = "counts"
    VALUES = "values"
    FINE = "fine"
    COARSE = "coarse"
    MADE = "made"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What the catalog says of a column. type: its name in pg_type, domains resolved. unique: it alone differs in every row."""

    table: TableName
    name: str
    type: str
    enum: bool = False
    unique: bool = False
    refers: bool = False


_UNITS = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), Unit.NUMBER),
    "date": Unit.DAY,
    **dict.fromkeys(("timestamp", "timestamptz"), Unit.MOMENT),
}
_HARMLESS = (Kind.CATEGORY, Kind.FLAG, Kind.NUMBER, Kind.AMOUNT, Kind.MOMENT, Kind.TECHNICAL)
_FINE = (Kind.NUMBER, Kind.MOMENT)
_COARSE = (Kind.AMOUNT, Kind.BIRTH_DATE)


def unit_of(type_name: str) -> Unit | None:
    """What the type's histogram counts in; None where it has none."""
    return _UNITS.get(type_name)


def showing_of(column: ColumnFacts, value: ValueSpec | None) -> Showing:
    """How much of the column may be shown. value: its classification."""
    if column.refers:
        return Showing.COUNTS
    if column.enum or column.type == "bool":
        return Showing.VALUES if value is None or value.kind in _HARMLESS else Showing.COUNTS
    if value is None:
        return Showing.COUNTS
    if value.kind in (Kind.CATEGORY, Kind.FLAG):
        return Showing.VALUES if value.rule is Rule.KEEP and not column.unique else Showing.COUNTS
    unit = unit_of(column.type)
    if unit is None or (column.unique and unit is Unit.NUMBER):
        return Showing.COUNTS
    if value.kind in _FINE:
        return Showing.FINE
    return Showing.COARSE if value.kind in _COARSE else Showing.COUNTS
