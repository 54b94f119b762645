"""What a database demands of rows, and what happens beside them, as pure data: indexes, keys, checks, triggers, policies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock_datagen.catalog.types import TableName


@dataclass(frozen=True, slots=True)
class IndexPart:
    """What one position of an index holds: a column, or an expression in SQL."""

    column: str | None
    expression: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index. predicate: WHERE of a partial index, in SQL. constraint: how the constraint behind it is defined, where there is one.

    movable: nothing but foreign keys depends on it, so that it can be dropped before a load and built afterwards.
    nulls_distinct: two NULLs do not break uniqueness. deferrable and deferred: uniqueness is checked at the transaction's end, if asked or
    from the start. included: columns that are only carried along. exclusion: it is behind an exclusion constraint. parent: the index of the
    partitioned table that this one is a part of.
    """

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool
    primary: bool
    definition: str
    predicate: str | None = None
    constraint: str | None = None
    comment: str | None = None
    movable: bool = True
    nulls_distinct: bool = True
    deferrable: bool = False
    deferred: bool = False
    method: str = "btree"
    included: tuple[str, ...] = ()
    exclusion: bool = False
    parent: TableName | None = None

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns that it holds; None where it holds an expression."""
        names = tuple(part.column for part in self.parts if part.column is not None)
        return names if len(names) == len(self.parts) else None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """No two rows for which every parts[i] operators[i] parts[i] holds. operators: as in SQL (`=`, `&&`). definition: EXCLUDE …"""

    name: str
    parts: tuple[IndexPart, ...]
    operators: tuple[str, ...]
    definition: str
    predicate: str | None = None
    method: str = "gist"
    deferrable: bool = False
    deferred: bool = False
    comment: str | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.definition}"


class Match(StrEnum):
    """How a foreign key of several columns treats NULLs."""

    SIMPLE = "s"
    FULL = "f"


class Action(StrEnum):
    """What a foreign key does when the row that it refers to goes or changes its key."""

    NOTHING = "a"
    RESTRICT = "r"
    CASCADE = "c"
    SET_NULL = "n"
    SET_DEFAULT = "d"


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """columns[i] refers to target_columns[i] of target. definition: the text that ALTER TABLE … ADD CONSTRAINT name takes.

    inherited: it belongs to a partition because its partitioned table has it, and comes and goes with that one.
    """

    name: str
    columns: tuple[str, ...]
    target: TableName
    target_columns: tuple[str, ...]
    definition: str = ""
    match: Match = Match.SIMPLE
    validated: bool = True
    comment: str | None = None
    deferrable: bool = False
    deferred: bool = False
    on_delete: Action = Action.NOTHING
    on_update: Action = Action.NOTHING
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint of the table, or of a column's domain (then VALUE was replaced by the column). expression: SQL, no CHECK (…).

    domain: whose check it is, where it is not the table's own.
    """

    name: str
    expression: str
    domain: TableName | None = None
    validated: bool = True
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that people made. enabled: O (origin), D (disabled), R (replica), A (always). function: what it calls.

    before: it fires before the row (or statement) and may change it. refuses: its function says RAISE EXCEPTION, so it may refuse the row.
    """

    name: str
    definition: str
    function: TableName
    enabled: str = "O"
    inherited: bool = False
    before: bool = False
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A row security policy. command: r, a, w, d or *. using, check: SQL."""

    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class PartitionKey:
    """How a table is split. strategy: r (range), l (list), h (hash). definition: as PARTITION BY says it."""

    strategy: str
    parts: tuple[IndexPart, ...]
    definition: str
