"""What is proposed for a column or for a path of a document. No reason holds a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.spec.model import ColumnSpec, Kind, ValueSpec, VirtualReference

UNSHOWN = "no sample shows its paths"
"""Why a document is undecided as a whole."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One kind that a value may be of. confidence: 0 to 1. reason: in words."""

    kind: Kind
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """What a person has to decide, with what it may be, the likeliest first. A reason is there also where nothing is likely."""

    candidates: tuple[ValueSpec, ...]
    reason: str


Decision = ValueSpec | Undecided


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """A column. paths: of a document, where a sample showed some."""

    decision: Decision
    paths: Mapping[str, Decision] = field(default_factory=dict)

    @property
    def spec(self) -> ColumnSpec | None:
        """The column as it stands in a classification; None where it is undecided."""
        if isinstance(self.decision, Undecided):
            return None
        decided = {path: value for path, value in self.paths.items() if isinstance(value, ValueSpec)}
        return ColumnSpec(self.decision, decided, {path: 0 for path in self.paths if path not in decided})


@dataclass(frozen=True, slots=True)
class TableProposal:
    """A table. quasi_identifiers: columns that together may tell who somebody is; subject: whom its rows are about.

    seen: a sample had values of it; else names, types and constraints alone decided.
    """

    name: TableName
    columns: Mapping[str, ColumnProposal]
    quasi_identifiers: tuple[str, ...] = ()
    subject: str = ""
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole database. references: that the database does not declare; each is a guess."""

    tables: Mapping[TableName, TableProposal]
    references: tuple[VirtualReference, ...] = ()
