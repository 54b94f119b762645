"""What can go wrong in synthesis, each with a message for a person. No message holds a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """Why a schema cannot be filled as it is; stable, so that it can be searched for and written into a ticket."""

    UNSUPPORTED_TYPE = "unsupported-type"
    UNSUPPORTED_TABLE = "unsupported-table"
    UNPLANNABLE_CHECK = "unplannable-check"
    UNPLANNABLE_UNIQUE = "unplannable-unique"
    UNPLANNABLE_PARTITION = "unplannable-partition"
    EXCLUSION_CONSTRAINT = "exclusion-constraint"
    UNIQUE_DOMAIN_TOO_SMALL = "unique-domain-too-small"
    OVERLAPPING_FOREIGN_KEYS = "overlapping-foreign-keys"
    CIRCULAR_KEY = "circular-key"
    EMPTY_RANGE = "empty-range"
    ROWS_OUT_OF_RANGE = "rows-out-of-range"
    UNCLASSIFIED_TABLE = "unclassified-table"
    UNCLASSIFIED_COLUMN = "unclassified-column"
    UNSUPPORTED_TRANSFORM = "unsupported-transform"
    REFERENCE_MISMATCH = "reference-mismatch"
    REFERENCE_WITHOUT_TARGET = "reference-without-target"
    SHIFT_WITHOUT_SUBJECT = "shift-without-subject"
    UNIQUENESS_LOST = "uniqueness-lost"
    NULL_NOT_ALLOWED = "null-not-allowed"
    DERIVED_COLUMN = "derived-column"
    UNPROVED_CHECK = "unproved-check"
    PARTITION_KEY = "partition-key"
    SUBSET_UNKNOWN = "subset-unknown"
    SUBSET_CONDITION = "subset-condition"
    FOREIGN_DATA = "foreign-data"
    LARGE_OBJECTS = "large-objects"
    UNCLASSIFIED_PATH = "unclassified-path"
    KEPT_SENSITIVE = "kept-sensitive"
    NOT_IN_DATABASE = "not-in-database"
    UNGATED_QUASI_IDENTIFIERS = "ungated-quasi-identifiers"
    STALE_ACCEPTANCE = "stale-acceptance"


UNACCEPTABLE = frozenset({ProblemCode.UNCLASSIFIED_TABLE, ProblemCode.UNCLASSIFIED_COLUMN, ProblemCode.UNCLASSIFIED_PATH})
"""What nobody can accept: nobody knows what it is."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One reason why no plan can be made. column is None where the whole table is concerned. advice: what to do, until somebody did it."""

    table: str
    column: str | None
    code: ProblemCode
    text: str
    advice: str = ""

    @property
    def where(self) -> str:
        """`schema.table`, or `schema.table.column`."""
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def id(self) -> str:
        """What tells this problem from all others, in every run: `code:schema.table.column`. Accepted problems are named by it."""
        return f"{self.code}:{self.where}"

    def __str__(self) -> str:
        return f"{self.where} [{self.code}]: {self.said}"

    @property
    def said(self) -> str:
        """Text and advice."""
        return f"{self.text}: {self.advice}" if self.advice else self.text


class DatagenError(Exception):
    """Rows could not be made or loaded. message says what and where, hint what to do next."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class PlanError(DatagenError):
    """The schema has parts for which no valid rows can be planned. Nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.table, p.column or "", p.code, p.text)))
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"no rows were written: {len(self.problems)} part(s) of the schema cannot be planned:{lines}")


class RequestError(DatagenError):
    """What was asked for does not exist, such as a table or a size: whoever asked says something else."""


class TargetError(DatagenError):
    """The target is not to be written to. may_be_lost: it is, where somebody says that nothing there is needed."""

    def __init__(self, message: str, *, hint: str | None = None, may_be_lost: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.may_be_lost = may_be_lost


class BusyError(DatagenError):
    """Another run is at work on the same database: whoever waits may go on."""


class ChangedError(DatagenError):
    """Somebody changed a schema while rows were made for it: whoever runs the same again takes the new one."""


class UnreachableError(DatagenError):
    """The database does not answer, or lets nobody in."""


class KeyReferenceError(DatagenError):
    """The pseudonym key is not where it was said to be, or what is there is none: people mend the reference or the file."""


class NoRoomError(DatagenError):
    """A server's disk is full."""


class SpecError(DatagenError):
    """The classification (or the profile) is not complete, or what it says cannot be carried out: people mend the file."""


class SpecPlanError(PlanError, SpecError):
    """The same, of a plan: every part that is at fault."""
