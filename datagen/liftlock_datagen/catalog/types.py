"""Names, types and columns of a database as pure data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table's schema and name, unquoted. Other things of a schema (types, sequences, views) are named likewise."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class TypeKind(StrEnum):
    """What sort of type it is, once domains are resolved to what they are made of."""

    BASE = "base"
    ENUM = "enum"
    ARRAY = "array"
    COMPOSITE = "composite"
    RANGE = "range"
    MULTIRANGE = "multirange"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type. name: the name in pg_type (int4, varchar, …), that of the base type for domains.

    length: of char(n), varchar(n), bit(n). precision and scale: of numeric(p, s); precision alone: of times and intervals.
    labels: of an enum, in order. element: of an array. attributes: of a composite type, in order. subtype: of a range or multirange.
    schema: of the type's name; "" is pg_catalog. domain: the outermost domain that the column is declared with. checks: of all its domains,
    in SQL over VALUE. extension: which brings the type. declared: the type in SQL as the column says it, domain and modifier included.
    """

    name: str
    kind: TypeKind = TypeKind.BASE
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    labels: tuple[str, ...] = ()
    element: ColumnType | None = None
    attributes: tuple[Attribute, ...] = ()
    subtype: ColumnType | None = None
    schema: str = ""
    domain: TableName | None = None
    checks: tuple[str, ...] = ()
    extension: str = ""
    declared: str = ""

    def __str__(self) -> str:
        if self.element is not None:
            return f"{self.element}[]"
        return self.name


@dataclass(frozen=True, slots=True)
class Attribute:
    """One part of a composite type; it may always be NULL, unless its domain says otherwise."""

    name: str
    type: ColumnType
    nullable: bool = True


class Identity(StrEnum):
    """Whether the column is GENERATED … AS IDENTITY."""

    NONE = ""
    ALWAYS = "a"
    BY_DEFAULT = "d"


@dataclass(frozen=True, slots=True)
class Column:
    """A column in a table. generated: computed by the database, so never written; default is then what it is computed by.

    sequence: the sequence that its default draws from. inherited: it comes from a parent table. statistics: ALTER COLUMN SET STATISTICS;
    None is the server's own. collation: one that is not the type's.
    """

    name: str
    type: ColumnType
    nullable: bool = True
    default: str | None = None
    identity: Identity = Identity.NONE
    generated: bool = False
    sequence: TableName | None = None
    inherited: bool = False
    statistics: int | None = None
    collation: str = ""
    comment: str | None = None

    @property
    def expression(self) -> str | None:
        """What a generated column is computed by, in SQL."""
        return self.default if self.generated else None
