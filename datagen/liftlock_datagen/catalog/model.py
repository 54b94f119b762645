"""The schema of a database as pure data: what a plan is made from. Reads nothing (see read_catalog)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table's schema and name, unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class TypeKind(StrEnum):
    """What sort of type it is, once domains are resolved to what they are made of."""

    BASE = "base"
    ENUM = "enum"
    ARRAY = "array"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type. name: the name in pg_type (int4, varchar, …), that of the base type for domains.

    length: of char(n), varchar(n), bit(n). precision and scale: of numeric(p, s). labels: of an enum, in order. element: of an array.
    """

    name: str
    kind: TypeKind = TypeKind.BASE
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    labels: tuple[str, ...] = ()
    element: ColumnType | None = None

    def __str__(self) -> str:
        if self.element is not None:
            return f"{self.element}[]"
        return self.name


class Identity(StrEnum):
    """Whether the column is GENERATED … AS IDENTITY."""

    NONE = ""
    ALWAYS = "a"
    BY_DEFAULT = "d"


@dataclass(frozen=True, slots=True)
class Column:
    """A column in a table. generated: computed by the database, so never written. sequence: the sequence that its default draws from."""

    name: str
    type: ColumnType
    nullable: bool = True
    default: str | None = None
    identity: Identity = Identity.NONE
    generated: bool = False
    sequence: TableName | None = None


@dataclass(frozen=True, slots=True)
class IndexPart:
    """What one position of an index holds: a column, or an expression in SQL."""

    column: str | None
    expression: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index. predicate: WHERE of a partial index, in SQL. constraint: how the constraint behind it is defined, where there is one.

    movable: nothing but foreign keys depends on it, so that it can be dropped before a load and built afterwards.
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


class Match(StrEnum):
    """How a foreign key of several columns treats NULLs."""

    SIMPLE = "s"
    FULL = "f"


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """columns[i] refers to target_columns[i] of target. definition: the text that ALTER TABLE … ADD CONSTRAINT name takes."""

    name: str
    columns: tuple[str, ...]
    target: TableName
    target_columns: tuple[str, ...]
    definition: str = ""
    match: Match = Match.SIMPLE
    validated: bool = True
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint of the table, or of a column's domain (then VALUE was replaced by the column). expression: SQL, no CHECK (…)."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table that holds rows. obstacles: what it has that this package cannot fill (partitions, inheritance, …), in words."""

    name: TableName
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def primary_key(self) -> Index | None:
        """The index behind the primary key."""
        return next((index for index in self.indexes if index.primary), None)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables of a database that rows are made for, by name."""

    tables: tuple[Table, ...] = field(default=())

    def table(self, name: TableName) -> Table:
        """The table of that name; KeyError where there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(str(name))

    @property
    def digest(self) -> str:
        """A hash of everything above: another digest means another schema."""
        text = repr(sorted(self.tables, key=lambda table: table.name))
        return "blake2b:" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
