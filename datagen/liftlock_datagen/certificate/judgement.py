"""From counts to verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from liftlock_datagen.certificate.aligned import Agreement, ColumnAgreement
from liftlock_datagen.certificate.model import ColumnResult, Form, FormCount, Method, Verdict
from liftlock_datagen.certificate.ours import is_chance
from liftlock_datagen.certificate.plan import WEAK_KINDS, Sensitive
from liftlock_datagen.certificate.samples import allowance
from liftlock_datagen.spec.model import Kind, Rule

_MANY = 20
_ORDER = list(Verdict)
_RENEWED = frozenset({Rule.PSEUDONYM, Rule.SYNTHETIC, Rule.SHIFT})
_COUNTED = frozenset({Kind.IDENTIFIER, Kind.REFERENCE})


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; clean where there is none."""
    return max(verdicts, key=_ORDER.index, default=Verdict.CLEAN)


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
