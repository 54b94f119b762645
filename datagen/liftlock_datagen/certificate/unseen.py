"""What nobody can say of a copy: of tables without rows, rows without a row in the source, columns neither compared nor searched. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liftlock_datagen.certificate.aligned import ColumnAgreement
from liftlock_datagen.certificate.model import ColumnResult, Method, TableResult
from liftlock_datagen.certificate.plan import WEAK_KINDS, Sensitive
from liftlock_datagen.spec.model import DataSpec, Rows, Rule

_MEET = frozenset({Method.KEY, Method.PSEUDONYM})
_NO_KEY = (
    "its rows have no key that is kept, or whose pseudonyms can be made again: check where the pseudonym key is at hand,"
    " or give the table a unique key without NULLs that is kept or pseudonymised"
)


def without_rows(tables: Sequence[TableResult], spec: DataSpec, *, generated: bool) -> tuple[str, ...]:
    """Where there was nothing to look at: tables with rows in the source and none in the copy, unless the specification says so.

    A subset, or rows that were made from the schema alone, may leave a table empty, but not all of them.
    """
    none = {str(name) for name, table in spec.tables.items() if table.rows is Rows.NONE}
    filled = [table for table in tables if table.source_rows and table.table not in none]
    empty = [table for table in filled if not table.copy_rows]
    if len(empty) < len(filled) and (generated or spec.subset is not None):
        return ()
    return tuple(
        f"copy: {table.table} has no rows (the source has {table.source_rows:,}), so there was nothing to look at" for table in empty
    )


def without_values(columns: Sequence[ColumnResult], rows: int) -> Iterator[str]:
    """Where the source had nothing to lose: silence about such a copy is no proof. rows: of the copy."""
    if not columns:
        if not rows:
            yield "copy: it has no rows, and the classification names no sensitive column, so nothing was looked at"
    elif not any(column.distinct_source for column in columns):
        yield "source: no sensitive column holds a value, so there was nothing to look for: is --from the right place?"


@dataclass(frozen=True, slots=True)
class Looked:
    """How a column was looked at. left_out: rows whose values were too common or too short to be looked for."""

    item: Sensitive
    found: ColumnAgreement
    left_out: int


def unseen(table: TableResult, looked: Sequence[Looked], *, generated: bool, missing: float) -> Iterator[str]:
    """What nobody can say of a table: rows that could not be compared, and columns that were neither compared nor searched for.

    missing: the share of the copy's rows that may have no row in the source. Rows that were made anew have none: one that was taken over
    would have met its own.
    """
    there = [one for one in looked if one.found.copy_rows and not _is_proved(one)]
    if not table.copy_rows or not there or (generated and (table.method in _MEET or not table.source_rows)):
        return
    if not table.source_rows:
        yield f"copy: {table.table} has {table.copy_rows:,} rows and the source none, so there was nothing to hold them against"
        return
    consent = is_accepted(table, missing)
    columns = [] if table.method in _MEET else list(_columns(table, [one for one in there if one.found.source_rows]))
    if table.method is Method.TOGETHER and table.matched + (table.alone if consent else 0) >= table.copy_rows:
        columns = []
    if table.alone and not consent and (columns or table.method in _MEET or table.copy_rows > table.source_rows):
        yield _alone(table)
    yield from columns


def _columns(table: TableResult, there: Sequence[Looked]) -> Iterator[str]:
    """Where rows do not meet, the search alone speaks, and it cannot of every column."""
    names = {
        "neither compared row by row nor searched for": [one for one in there if not one.item.searched],
        "not compared row by row, and so common that finding one elsewhere says nothing": [
            one for one in there if one.item.searched and one.item.value.kind in WEAK_KINDS
        ],
        "not compared row by row, and some values are too common or too short to be searched for": [
            one for one in there if one.item.searched and one.item.value.kind not in WEAK_KINDS and one.left_out and not one.found.crowded
        ],
        "not compared row by row, and it has nearly every value that there is of its shape, so finding one says nothing": [
            one for one in there if one.item.searched and one.item.value.kind not in WEAK_KINDS and one.found.crowded
        ],
    }
    for what, columns in names.items():
        if columns:
            listed = ", ".join(f"{one.item.column.name} {one.item.path}".strip() for one in columns)
            yield f"copy: {table.table}: {listed}: {what} ({_why(table)})"


def _why(table: TableResult) -> str:
    if table.method is not Method.TOGETHER:
        return _NO_KEY
    met = f"{table.matched:,} of {table.copy_rows:,} rows met their own by what they hold together in columns that are known"
    return f"{met}, {table.alike:,} are not told apart: give the table a unique key without NULLs, or check where the pseudonym key is"


def _is_proved(one: Looked) -> bool:
    """The copy alone shows that the rule was carried out."""
    same = one.item.value.rule is Rule.CONSTANT and one.found.distinct_copy == 1 < one.found.copy_rows
    return one.item.made is not None or same


# --- rows without a row in the source -------------------------------------------------------------------------------------------------


def alone(method: Method, source_rows: int, copy_rows: int, matched: int) -> int:
    """How many rows of the copy have no row in the source: all of them where rows meet, else no fewer than these.

    matched: how many have one, or several that they could be of.
    """
    return max(0, copy_rows - (source_rows if method is Method.VALUES else matched))


def is_accepted(table: TableResult, missing: float) -> bool:
    """Whether so many rows without a row in the source were said to be right.

    Never all of them: such a table was not compared. Nor where a row of the source was left as it was: that one is not missing.
    """
    return 0 < table.alone <= missing * table.copy_rows and not table.raw and (table.method is Method.VALUES or table.matched > 0)


def accepted(tables: Sequence[TableResult], missing: float) -> tuple[str, ...]:
    """What is left out of a certificate with somebody's consent."""
    return tuple(
        f"{_counted(table)}, and up to {missing:.1%} are accepted: of those, only values that the source still has were looked for"
        for table in tables
        if is_accepted(table, missing)
    )


def _alone(table: TableResult) -> str:
    if table.method in _MEET and not table.matched:
        why = "was another pseudonym key used?" if table.method is Method.PSEUDONYM else "is it a copy of this source?"
        return f"copy: {table.table}: no row has one in the source, so none was compared: {why}"
    if table.raw:
        return (
            f"copy: {_counted(table)}, and {table.raw:,} of them hold, with a value as it was, what tells a row of the source from others:"
            " those are not deleted or new, so no share of missing rows accepts them; make the copy again"
        )
    return (
        f"copy: {_counted(table)}: deleted there since, or new in the copy, so what they hold was not compared;"
        " check a copy when it is made, make it again, or accept so many (--accept-missing, or missing in the classification)"
    )


def _counted(table: TableResult) -> str:
    least = "at least " if table.method is Method.VALUES else ""
    return (
        f"{table.table}: {least}{table.alone:,} of {table.copy_rows:,} rows ({table.alone / table.copy_rows:.1%}) have no row in the source"
    )
