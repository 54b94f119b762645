"""The plan of an anonymised copy as frozen data. Made in plan.py, carried out in run.py, shown in review/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liftlock_datagen.catalog.model import ColumnType, TableName
from liftlock_datagen.errors import Problem, RequestError, SpecPlanError
from liftlock_datagen.masking.outcomes import Guarantee, describe, document_paths, guarantee_of
from liftlock_datagen.masking.transformers import Keep, Transformer
from liftlock_datagen.spec.model import Kind, Privacy, Rows, Rule, ValueSpec
from liftlock_datagen.spec.privacy import Outcome, counted, tally, weakest


@dataclass(frozen=True, slots=True)
class ColumnMask:
    """What happens to one column. value: what the classification says of it, a reference's being that of its target.

    paths: of a document.
    """

    name: str
    type: ColumnType
    value: ValueSpec
    transformer: Transformer
    paths: Mapping[str, ValueSpec] = field(default_factory=dict)

    @property
    def guarantee(self) -> Guarantee:
        """Whether different values stay different."""
        return guarantee_of(self.transformer)

    @property
    def privacy(self) -> Privacy:
        """What may be said of the column afterwards."""
        if isinstance(self.transformer, Keep):
            return Privacy.KEPT
        if self.value.kind is Kind.DOCUMENT and self.value.rule is Rule.KEEP:
            return weakest(value.privacy for value in self.paths.values())
        return self.value.privacy if self.value.rule is not Rule.KEEP else Privacy.PSEUDONYMISED

    @property
    def text(self) -> str:
        """What happens, in a few words."""
        return describe(self.transformer)

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What happens to the column, and to each path of a document in it."""
        whole = Outcome(self.name, "", self.text, self.guarantee.value, self.privacy)
        changes = document_paths(self.transformer)
        return [whole, *(self._path(path, value, changes) for path, value in self.paths.items())]

    def _path(self, path: str, value: ValueSpec, changes: Mapping[str, Transformer]) -> Outcome:
        what = describe(changes[path]) if path in changes else value.rule.value
        return Outcome(self.name, path, what, "", value.privacy)


@dataclass(frozen=True, slots=True)
class TableMask:
    """What happens to one table. columns: those that are written, in the table's order. generated: those that the database computes."""

    name: TableName
    columns: tuple[ColumnMask, ...]
    generated: tuple[str, ...] = ()
    rows: Rows = Rows.ALL
    quasi_identifiers: tuple[str, ...] = ()

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What happens to each column and each path."""
        return [outcome for column in self.columns for outcome in column.outcomes]

    @property
    def raw(self) -> bool:
        """Nothing is changed: the rows pass through as they are."""
        return all(isinstance(column.transformer, Keep) for column in self.columns)

    @property
    def changed(self) -> tuple[ColumnMask, ...]:
        """The columns whose values change."""
        return tuple(column for column in self.columns if not isinstance(column.transformer, Keep))


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """What an anonymised copy does, table by table; problems: why it cannot be done (accepted ones are not among them)."""

    tables: tuple[TableMask, ...]
    problems: tuple[Problem, ...]
    catalog_digest: str
    spec_digest: str
    k: int = 1

    def table(self, name: TableName) -> TableMask:
        """The table of that name; KeyError where there is none."""
        return next(found for found in self.tables if found.name == name)

    @property
    def privacy(self) -> Mapping[Privacy, int]:
        """How many columns and paths there are of each class."""
        copied = [table for table in self.tables if table.rows is not Rows.NONE]
        return tally(line.privacy for table in copied for line in counted(table.outcomes))

    def required(self) -> MaskPlan:
        """The plan itself; SpecPlanError where there are problems, RequestError where there are no tables: nobody means that."""
        if self.problems:
            raise SpecPlanError(self.problems)
        if not self.tables:
            raise RequestError(
                "the source has no tables, so the copy would be empty", hint="is it the right database? name another with --from"
            )
        return self
