"""From counts to verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from liftlock_datagen.certificate.aligned import Agreement, ColumnAgreement
from liftlock_datagen.certificate.model import ColumnResult, Form, FormCount, Method, TableResult, Verdict
from liftlock_datagen.certificate.plan import Sensitive
from liftlock_datagen.certificate.samples import allowance
from liftlock_datagen.spec.model import DataSpec, Rows, Rule

_MANY = 20
_ORDER = list(Verdict)


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


def judge_column(item: Sensitive, method: Method, found: ColumnAgreement, overlap: float) -> ColumnResult:
    """What is to be said of a column. overlap: the share of rows that may agree beyond chance."""
    forms = tuple(_forms(item, found, overlap))
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


def _forms(item: Sensitive, found: ColumnAgreement, overlap: float) -> Iterator[FormCount]:
    for agreement in found.forms:
        verdict = _verdict(item.value.rule, found, agreement, overlap)
        yield FormCount(agreement.form, agreement.rows, round(agreement.expected.rows, 2), verdict)
    first = found.forms[0]
    if first.expected.same_counts and first.rows < found.rows and item.value.rule in {Rule.PSEUDONYM, Rule.SYNTHETIC, Rule.SHIFT}:
        yield FormCount(Form.OTHER_ROWS, found.rows - first.rows, 0.0, Verdict.LEAK)


def _verdict(rule: Rule, found: ColumnAgreement, agreement: Agreement, overlap: float) -> Verdict:
    """Rows and different values must both be more than chance gives: one frequent value that is its own pseudonym is many rows."""
    if agreement.rows == 0:
        return Verdict.CLEAN
    if rule is Rule.GENERALISE:  # what was coarse already stays as it is
        untouched = agreement.rows > found.rows / 2 and len(agreement.values) > _MANY
        return Verdict.LEAK if untouched else Verdict.CHANCE
    expected = agreement.expected
    if agreement.rows <= allowance(expected.rows) or len(agreement.values) <= allowance(expected.values):
        return Verdict.CHANCE
    return Verdict.ACCEPTED if agreement.rows <= overlap * found.rows else Verdict.LEAK
