"""Row against row: what is said of each sensitive column and of each table, and of what could not be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from liftlock_datagen.certificate.aligned import Agreement, ColumnAgreement
from liftlock_datagen.certificate.features import Features
from liftlock_datagen.certificate.judgement import judge_column
from liftlock_datagen.certificate.model import BrokenPromise, ColumnResult, TableResult
from liftlock_datagen.certificate.ours import is_chance, odds
from liftlock_datagen.certificate.plan import Sensitive, TablePlan
from liftlock_datagen.certificate.promises import broken_by_values
from liftlock_datagen.certificate.reading import Reading
from liftlock_datagen.certificate.rooms import is_crowded, room, rooms_of
from liftlock_datagen.certificate.source import cells_of, ours_alone
from liftlock_datagen.certificate.unseen import Looked, alone, unseen
from liftlock_datagen.masking.cells import ColumnMaker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.transformers import Addresses, Chosen, Integers, Invented, Letters, Shifted, Uuids
from liftlock_datagen.spec.model import Rule

_BY_VALUE = (Integers, Letters, Uuids, Invented, Chosen, Addresses)  # what they make depends on key and value alone


@dataclass
class Comparison:
    """blind: where rows of our own were not seen. gaps: what nobody can say anything of, in words."""

    columns: list[ColumnResult] = field(default_factory=list)
    tables: list[TableResult] = field(default_factory=list)
    promises: list[BrokenPromise] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def compare(reading: Reading) -> Comparison:
    """All tables whose rows were read on both sides."""
    result = Comparison()
    for table in reading.plan.tables:
        _compare(reading, table, result)
    return result


def _compare(reading: Reading, table: TablePlan, result: Comparison) -> None:
    alignment = reading.side.alignments.get(table.name)
    if alignment is None:
        return
    generated = reading.plan.generated
    matched, found = alignment.result()
    was, now = alignment.rows
    lonely = alone(table.method, was, now, matched + alignment.alike)
    raw = 0 if is_chance(alignment.raw, lonely * was / rooms_of(table.makers)) else alignment.raw
    rows = TableResult(str(table.name), table.method, was, now, matched, lonely, alignment.alike, raw)
    pairs = list(zip(table.columns, found, strict=True))
    _weigh(reading, table, found)
    _excuse(reading, table, pairs)
    result.tables.append(rows)
    looked = [Looked(item, column, _left_out(reading, item)) for item, column in pairs]
    result.gaps += unseen(rows, looked, generated=generated, missing=reading.spec.missing)
    result.promises += broken_by_values(rows, pairs)
    for item, column in pairs:
        left = reading.scan.left[item.number]
        result.columns.append(judge_column(item, table.method, column, reading.spec.overlap, left=left, generated=generated))
    result.blind += [f"row against row: {table.columns[number]}" for number in alignment.blind()]


def _weigh(reading: Reading, table: TablePlan, found: Sequence[ColumnAgreement]) -> None:
    """Where rows agree on values that our makers could have given on both sides, says how likely that is."""
    locale, likely, agreed = reading.spec.locale, {}, {}
    for place, (item, column) in enumerate(zip(table.columns, found, strict=True)):
        for agreement in column.forms:
            of_ours = odds(locale, item.value.kind, agreement.form)
            if of_ours and agreement.rows and agreement.is_counted and item.value.rule in {Rule.PSEUDONYM, Rule.SYNTHETIC}:
                likely[place, agreement.form] = of_ours
                agreed[place, agreement.form] = agreement.values
    chosen = ours_alone(reading.source, table, reading.relations, reading.hasher, agreed, locale) if agreed else set()
    for place, column in enumerate(found):
        for agreement in column.forms:
            agreement.odds = likely[place, agreement.form] if (place, agreement.form) in chosen else 0.0


def _excuse(reading: Reading, table: TablePlan, pairs: Sequence[tuple[Sensitive, ColumnAgreement]]) -> None:
    """What would be a leak but for the map itself: a value that it leaves as it is, or a column that has all the values there are.

    Reads a column of the source again where that is to be told.
    """
    for place, (item, column) in enumerate(pairs):
        first = column.forms[0]
        if first.expected.same_counts and isinstance(item.new, Letters | Integers | Shifted):
            among = room(item.new, item.column.type, _texts(reading, table, place))
            column.crowded = is_crowded(column.distinct_source, among, first.expected.share)
        if first.rows and first.is_counted and reading.key is not None and isinstance(item.new, _BY_VALUE):
            first.by_map = _is_by_map(reading, table, place, item, first, reading.key)


def _texts(reading: Reading, table: TablePlan, place: int) -> Iterator[bytes]:
    for block, index in cells_of(reading.source, table, reading.relations, place):
        yield from (block.cell(row * block.columns + index) for row in range(block.rows))


def _is_by_map(reading: Reading, table: TablePlan, place: int, item: Sensitive, agreement: Agreement, key: PseudonymKey) -> bool:
    """Whether the map of pseudonyms leaves every value as it is that source and copy agree on."""
    if item.new is None:
        return False
    make = ColumnMaker(str(item), item.new, key)
    for block, index in cells_of(reading.source, table, reading.relations, place):
        agreed = np.isin(Features(reading.hasher, block).of(index, [agreement.form])[0], agreement.values)
        texts = list({block.cell(row * block.columns + index) for row in np.flatnonzero(agreed).tolist()})
        if any(b"\\" in text for text in texts) or make(texts) != texts:
            return False
    return True


def _left_out(reading: Reading, item: Sensitive) -> int:
    """Rows of the source whose value of this column was not looked for."""
    common = reading.table.common[item.number]
    return common.rows + common.short
