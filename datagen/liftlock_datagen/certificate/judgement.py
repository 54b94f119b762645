"""From counts to verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liftlock_datagen.certificate.aligned import Agreement, ColumnAgreement
from liftlock_datagen.certificate.model import ColumnResult, Form, FormCount, Method, TableResult, Verdict
from liftlock_datagen.certificate.ours import is_chance
from liftlock_datagen.certificate.plan import WEAK_KINDS, Sensitive
from liftlock_datagen.certificate.samples import allowance
from liftlock_datagen.spec.model import DataSpec, Kind, Rows, Rule

_MANY = 20
_ORDER = list(Verdict)
_RENEWED = frozenset({Rule.PSEUDONYM, Rule.SYNTHETIC, Rule.SHIFT})
_COUNTED = frozenset({Kind.IDENTIFIER, Kind.REFERENCE})


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; clean where there is none."""
    return max(verdicts, key=_ORDER.index, default=Verdict.CLEAN)


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


def judge_column(
    item: Sensitive, method: Method, found: ColumnAgreement, overlap: float, *, left: int = 0, generated: bool = False
) -> ColumnResult:
    """What is to be said of a column. overlap: the share of rows that may agree beyond chance. left: cells that break the column's rule."""
    forms = tuple(_forms(item, found, overlap, generated=generated))
    if left:
        forms = (*forms, FormCount(Form.LEFTOVER, left, 0.0, Verdict.LEAK))
    return ColumnResult(
        table=str(item.table),
        column=item.column.name,
        path=item.path,
        kind=item.value.kind,
        rule=item.value.rule,
        privacy=item.value.privacy,
        method=method,
        rows=found.rows,
        filled=found.filled,
        emptied=found.emptied,
        distinct_source=found.distinct_source,
        distinct_copy=found.distinct_copy,
        forms=forms,
        verdict=worst(form.verdict for form in forms),
    )


def _forms(item: Sensitive, found: ColumnAgreement, overlap: float, *, generated: bool) -> Iterator[FormCount]:
    for agreement in found.forms:
        rule = Rule.SYNTHETIC if generated else item.value.rule
        verdict = _verdict(rule, found, agreement, overlap)
        if generated and verdict is Verdict.LEAK and not _is_taken_over(item.value.kind, found, agreement):
            verdict = Verdict.CHANCE
        expected = agreement.rows if agreement.by_map else max(agreement.expected.rows, found.rows * agreement.odds)
        yield FormCount(agreement.form, agreement.rows, round(expected, 2), verdict)
    first = found.forms[0]
    moved = (found.rows or found.copy_rows) - first.rows
    counted_up = generated and item.value.kind in _COUNTED
    if first.expected.same_counts and moved > 0 and item.value.rule in _RENEWED and not (counted_up or found.crowded):
        yield FormCount(Form.OTHER_ROWS, moved, 0.0, Verdict.LEAK)


def _verdict(rule: Rule, found: ColumnAgreement, agreement: Agreement, overlap: float) -> Verdict:
    """Rows and different values must both be more than chance gives: one frequent value that is its own pseudonym is many rows."""
    if agreement.rows == 0:
        return Verdict.CLEAN
    if agreement.by_map:
        return Verdict.CHANCE
    if rule is Rule.GENERALISE:  # what was coarse already stays as it is
        return Verdict.LEAK if _is_untouched(found, agreement) else Verdict.CHANCE
    expected = agreement.expected
    if agreement.odds and is_chance(agreement.rows, max(expected.rows, found.rows * agreement.odds)):
        return Verdict.CHANCE
    if agreement.rows <= allowance(expected.rows) or len(agreement.values) <= allowance(expected.values):
        return Verdict.CHANCE
    return Verdict.ACCEPTED if agreement.rows <= overlap * found.rows else Verdict.LEAK


def _is_untouched(found: ColumnAgreement, agreement: Agreement) -> bool:
    return agreement.rows > found.rows / 2 and len(agreement.values) > _MANY


def _is_taken_over(kind: Kind, found: ColumnAgreement, agreement: Agreement) -> bool:
    """Of rows that were made from the schema alone: numbers are counted up on both sides, and times of both go on from row to row."""
    if kind in _COUNTED:
        return False
    return kind not in WEAK_KINDS or _is_untouched(found, agreement)


# --- what was not looked at -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """How a column was looked at. left_out: rows whose values were too common or too short to be looked for."""

    item: Sensitive
    found: ColumnAgreement
    left_out: int


def unseen(table: TableResult, looked: Sequence[Looked], *, generated: bool) -> Iterator[str]:
    """What nobody can say of the sensitive columns of a table: those that were neither compared row by row, nor searched for."""
    if not table.copy_rows or _is_compared(table, generated=generated):
        return
    if not table.source_rows:
        if generated:
            return
        yield f"copy: {table.table} has {table.copy_rows:,} rows and the source none, so there was nothing to hold them against"
        return
    there = [one for one in looked if one.found.source_rows and one.found.copy_rows and not _is_proved(one)]
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


def _is_proved(one: Looked) -> bool:
    """The copy alone shows that the rule was carried out."""
    same = one.item.value.rule is Rule.CONSTANT and one.found.distinct_copy == 1 < one.found.copy_rows
    return one.item.made is not None or same


def _is_compared(table: TableResult, *, generated: bool) -> bool:
    """Every row of the copy met its own. Where rows were made anew, one that was taken over would have met it."""
    return table.method in {Method.KEY, Method.PSEUDONYM} and (generated or table.matched >= table.copy_rows)


def _why(table: TableResult) -> str:
    match table.method:
        case Method.KEY | Method.PSEUDONYM:
            missing = table.copy_rows - table.matched
            if table.method is Method.PSEUDONYM and not table.matched:
                return "no row has one in the source: was another pseudonym key used?"
            text = f"{missing:,} of {table.copy_rows:,} rows have no row in the source: deleted there since, or new in the copy"
            return f"{text}; check a copy when it is made, or make it again"
        case _:
            text = "its rows have no key that is kept, or whose pseudonyms can be made again: check where the pseudonym key is at hand"
            return f"{text}, or give the table a unique key without NULLs that is kept or pseudonymised"
