"""What a certificate says. No part of it holds a value of the source or of the copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liftlock_datagen.spec.model import Kind, Privacy, Rule


class Verdict(StrEnum):
    """Of one observation, and of the whole: the worst one. Incomplete is worse than clean: what was not looked at is not clean."""

    CLEAN = "clean"
    CHANCE = "chance"  # there is agreement, no more than chance explains
    ACCEPTED = "accepted"  # more than chance explains, or rows that were not compared, within what the spec allows
    INCOMPLETE = "incomplete"
    BROKEN = "broken"  # no leak, but the copy is not the one that its classification makes
    LEAK = "leak"


class Form(StrEnum):
    """In which form a value was found. The first ones compare a row with its own row, the others look for values anywhere."""

    UNCHANGED = "unchanged"
    FOLDED = "same but for case, accents, blanks, punctuation"
    LOCAL_PART = "same local part of an email address"
    LAST_SEVEN = "same last seven digits"
    LAST_FOUR = "same last four characters"
    LAST_WORD = "same last word"
    OTHER_ROWS = "the source's values, in other rows"
    LEFTOVER = "not what its rule leaves"

    PLAIN = "in the text"
    GLUED = "inside a longer word"
    NUMBER = "the same number in another way"
    REVERSED = "backwards"
    BASE64 = "base64"
    HEX = "hexadecimal"
    URL = "URL escapes"
    BYTES = "bytes"
    COMPRESSED = "compressed"
    MD5 = "MD5 without a salt"
    SHA1 = "SHA-1 without a salt"
    SHA256 = "SHA-256 without a salt"


class PromiseCode(StrEnum):
    """What else a classification promises, as a broken promise is named; stable."""

    NULLS = "nulls-changed"
    MERGED = "values-merged"
    DUPLICATES = "duplicates"


class Method(StrEnum):
    """How rows of source and copy were matched."""

    KEY = "key"
    PSEUDONYM = "pseudonymised key"
    TOGETHER = "what its columns hold together"  # no key; rows that are alike in all that is known are not told apart
    VALUES = "values only"  # no key to match by: the columns are compared as bags of values
    ABSENT = "no rows in the copy"


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is compared. source, copy: addresses. source_shown, copy_shown: as they may be shown. tool: with its version."""

    source: str
    copy: str
    source_shown: str
    copy_shown: str
    tool: str


@dataclass(frozen=True, slots=True)
class FormCount:
    """How many rows agree in this form. expected: by chance."""

    form: Form
    rows: int
    expected: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """A sensitive column, row by row. path: of a JSON column. rows: matched ones in which the source has a value.

    distinct_source, distinct_copy: how many different values; estimates above 32,768. filled: rows whose NULL became a value.
    """

    table: str
    column: str
    path: str
    kind: Kind
    rule: Rule
    privacy: Privacy
    method: Method
    rows: int
    filled: int
    emptied: int
    distinct_source: int
    distinct_copy: int
    forms: tuple[FormCount, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """Values of a source column that are somewhere in the copy. place: a column, or what else holds text. part: of a document.

    cells: how many cells hold one. values: how many different ones (at most 100,000 are told apart). own_row: cells in the row that the
    value is of. examples: row positions, as keyed hashes.
    """

    source: str
    place: str
    part: str
    form: Form
    cells: int
    values: int
    own_row: int
    examples: tuple[str, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A column whose rule was not kept in what it promises beside privacy. column: or those of a unique index, or its name."""

    table: str
    column: str
    code: PromiseCode
    text: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """What was not looked for of a column: values that too many rows share (and how many rows those are), and values that are too short."""

    source: str
    common_values: int
    common_rows: int
    short: int


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """planted: how many places. missed: those in which the check was blind.

    named: how many the classification names. found: how many of those the source has.
    """

    planted: int
    missed: tuple[str, ...]
    named: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class AnonymityResult:
    """How alike rows are by their quasi-identifiers. smallest: rows of the smallest group. below: groups, and rows in them, under k.

    diversity: the fewest different values of a sensitive column that a group has, by column.
    """

    table: str
    columns: tuple[str, ...]
    k: int
    groups: int
    rows: int
    smallest: int
    groups_below: int
    rows_below: int
    diversity: dict[str, int]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TableResult:
    """What was read of a table. source_rows, copy_rows: how many there are; matched: how many of the copy's have a row in the source.

    alone: how many of the copy's have none, as they were deleted there since, or came later; at least so many, where rows do not meet.
    alike: how many of the copy's are not told apart, as several rows of the source hold together what they do.
    raw: of those without a row, how many have the key of one with something as it was; counted where a share of missing rows is accepted.
    """

    table: str
    method: Method
    source_rows: int
    copy_rows: int
    matched: int
    alone: int
    alike: int
    raw: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """All of it. complete: everything was looked at; a leak does not hide that something was not. source, copy: as they may be shown.

    missing: the share of a table's rows that may have no row in the source. rows: of the copy. cells: of both sides: the source's sensitive
    ones, and the copy's that hold text or are compared. remarks: what else people should know. seconds and the two times are the only parts
    that differ from run to run.
    """

    verdict: Verdict
    complete: bool
    source: str
    copy: str
    database: str
    tool: str
    key_id: str
    spec: str
    missing: float
    source_catalog: str
    copy_catalog: str
    source_time: datetime
    copy_time: datetime
    seconds: float
    rows: int
    cells: int
    needles: int
    tables: tuple[TableResult, ...]
    columns: tuple[ColumnResult, ...]
    kept: tuple[str, ...]
    findings: tuple[Finding, ...]
    excluded: tuple[Excluded, ...]
    canaries: CanaryResult
    anonymity: tuple[AnonymityResult, ...]
    promises: tuple[BrokenPromise, ...]
    unread: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def leaks(self) -> int:
        """How many observations are leaks."""
        verdicts = [*(item.verdict for item in self.columns), *(item.verdict for item in self.findings)]
        return [*verdicts, *(item.verdict for item in self.anonymity)].count(Verdict.LEAK)


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row. ctid: where it is, until the table is written again."""

    position: str
    table: str
    ctid: str
