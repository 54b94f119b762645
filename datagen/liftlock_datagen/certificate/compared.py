"""Row against row: what is said of each sensitive column and of each table, and of what could not be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from liftlock_datagen.certificate.aligned import ColumnAgreement
from liftlock_datagen.certificate.judgement import Looked, judge_column, unseen
from liftlock_datagen.certificate.model import BrokenPromise, ColumnResult, TableResult
from liftlock_datagen.certificate.ours import odds
from liftlock_datagen.certificate.plan import Sensitive, TablePlan
from liftlock_datagen.certificate.promises import broken_by_values
from liftlock_datagen.certificate.reading import Reading
from liftlock_datagen.certificate.source import ours_alone
from liftlock_datagen.spec.model import Rule


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
    rows = TableResult(str(table.name), table.method, alignment.rows[0], alignment.rows[1], matched)
    pairs = list(zip(table.columns, found, strict=True))
    _weigh(reading, table, found)
    result.tables.append(rows)
    result.gaps += unseen(rows, [Looked(item, column, _left_out(reading, item)) for item, column in pairs], generated=generated)
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


def _left_out(reading: Reading, item: Sensitive) -> int:
    """Rows of the source whose value of this column was not looked for."""
    common = reading.table.common[item.number]
    return common.rows + common.short
