"""A reviewed plan as data: one line a column, every finding with its stable id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from liftlock_datagen.errors import Problem
from liftlock_datagen.spec.model import Privacy
from liftlock_datagen.spec.privacy import counted, tally

UNCLASSIFIED = "unclassified"
"""The kind of what nobody classified."""


class Level(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"  # no copy is made
    WARNING = "warning"  # a copy is made; strict asks that somebody accepted it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to decide. line: in the classification's file, 0 where it is not there. accepted: why somebody lives with it."""

    problem: Problem
    level: Level
    line: int = 0
    accepted: str = ""

    @property
    def id(self) -> str:
        """What an entry of `accepted` names it by."""
        return self.problem.id


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What happens to one column, or to one path of a document. path: "" for the column. uniqueness: of different values afterwards.

    what: in a few words. why: who said so, or what speaks for it. line: in the classification's file.
    Where nobody classified it, its kind is "unclassified", its privacy null, and why says what it may be.
    """

    column: str
    path: str
    type: str
    kind: str
    rule: str
    privacy: Privacy | None
    domain: str
    uniqueness: str
    what: str
    why: str
    line: int


@dataclass(frozen=True, slots=True)
class PlanTable:
    """One table. rows: all or none are copied. untouched: it is copied as it is."""

    table: str
    rows: str
    untouched: bool
    quasi_identifiers: tuple[str, ...]
    lines: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True)
class DataPlan:
    """The whole plan. k: the gate of quasi-identifiers; 1 asks nothing."""

    file: str
    tables: tuple[PlanTable, ...]
    findings: tuple[Finding, ...]
    k: int

    @property
    def counts(self) -> Mapping[Privacy, int]:
        """How many columns and paths of each privacy class. Of a document its paths count, of a table without rows nothing does."""
        return tally(line.privacy for line in self._counted())

    @property
    def unclassified(self) -> int:
        """How many columns and paths nobody classified."""
        return sum(line.privacy is None for line in self._counted())

    def _counted(self) -> Iterator[PlanLine]:
        for table in self.tables:
            if table.rows != "none":
                yield from counted(table.lines)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stops a copy."""
        return tuple(item for item in self.findings if item.level is Level.ERROR and not item.accepted)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What nobody accepted yet."""
        return tuple(item for item in self.findings if item.level is Level.WARNING and not item.accepted)

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """What somebody accepted."""
        return tuple(item for item in self.findings if item.accepted)
