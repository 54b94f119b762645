"""The schema of a database as pure data: what a plan is made from. Reads nothing (see read_catalog)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from liftlock_datagen.catalog.constraints import (
    Action,
    Check,
    Exclusion,
    ForeignKey,
    Index,
    IndexPart,
    Match,
    PartitionKey,
    Policy,
    Trigger,
)
from liftlock_datagen.catalog.types import Attribute, Column, ColumnType, Identity, TableName, TypeKind

__all__ = [
    "Action",
    "Attribute",
    "Catalog",
    "Check",
    "Column",
    "ColumnType",
    "Exclusion",
    "Extension",
    "ForeignKey",
    "Identity",
    "Index",
    "IndexPart",
    "Match",
    "Outside",
    "PartitionKey",
    "Policy",
    "Sequence",
    "Table",
    "TableKind",
    "TableName",
    "Trigger",
    "TypeKind",
    "View",
]


class TableKind(StrEnum):
    """Whether a table holds rows itself."""

    ORDINARY = "r"
    PARTITIONED = "p"


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    partition_of and bound: of a partition (it may be partitioned itself). inherits: parents by INHERITS. rows: PostgreSQL's estimate, None
    where the table was never analysed. bytes: on disk, without indexes. Both change with the data, so they are no part of the digest.
    """

    name: TableName
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    kind: TableKind = TableKind.ORDINARY
    partition_of: TableName | None = None
    bound: str | None = None
    partition_key: PartitionKey | None = None
    inherits: tuple[TableName, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    row_security: bool = False
    row_security_forced: bool = False
    replica_identity: str = "d"
    unlogged: bool = False
    comment: str | None = None
    statistics: tuple[str, ...] = ()
    rows: int | None = field(default=None, repr=False, compare=False)
    bytes: int = field(default=0, repr=False, compare=False)

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

    @property
    def holds_rows(self) -> bool:
        """Whether rows are stored in it; those of a partitioned table are in its partitions."""
        return self.kind is TableKind.ORDINARY


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence. owner: table and column that it goes with. last: the value that it is at; it changes with the data."""

    name: TableName
    start: int = 1
    minimum: int = 1
    maximum: int = 2**63 - 1
    increment: int = 1
    cycle: bool = False
    type: str = "int8"
    owner: tuple[TableName, str] | None = None
    last: int | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class View:
    """A view; materialised ones hold rows that are computed. depends_on: the tables and views that it reads."""

    name: TableName
    definition: str
    materialised: bool = False
    populated: bool = True
    depends_on: tuple[TableName, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension. types: the names of the types that it brings."""

    name: str
    version: str
    schema: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outside:
    """Something that leads to another server, or needs such a thing: its rows are not this database's, its options may hold a password.

    kind: PostgreSQL's word, such as "server", "user mapping", "foreign table", "view". identity: its name, as PostgreSQL writes it.
    relation: where it is one. number: classid and oid in pg_catalog. partition_of: the table whose rows may go there.
    """

    kind: str
    identity: str
    relation: TableName | None = None
    number: tuple[int, int] = field(default=(0, 0), repr=False, compare=False)
    partition_of: TableName | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables of a database that may hold data of its own, by name, and what stands around them. version: of the server, as 150004.

    outside: what leads elsewhere. No row of it is read, and it is in no copy.
    books: the tables that migration tools keep about themselves, which belong to the schema (books.py).
    large_objects: how many there are; they are data, and belong to no table.
    """

    tables: tuple[Table, ...] = field(default=())
    books: tuple[Table, ...] = field(default=(), kw_only=True)
    sequences: tuple[Sequence, ...] = ()
    views: tuple[View, ...] = ()
    extensions: tuple[Extension, ...] = ()
    outside: tuple[Outside, ...] = ()
    version: int = field(default=0, repr=False, compare=False)
    large_objects: int = field(default=0, repr=False, compare=False)
    _by_name: Mapping[TableName, Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {table.name: table for table in self.tables})  # frozen, yet asked for by name all the time

    def table(self, name: TableName) -> Table:
        """The table of that name; KeyError where there is none."""
        try:
            return self._by_name[name]
        except KeyError:
            raise KeyError(str(name)) from None

    def find(self, name: TableName) -> Table | None:
        """The table of that name; None where there is none, such as one of a migration tool."""
        return self._by_name.get(name)

    def root_of(self, table: Table) -> Table:
        """The partitioned table that the rows of a partition are addressed by; the table itself where it is no partition."""
        while table.partition_of is not None:
            table = self.table(table.partition_of)
        return table

    def partitions_of(self, name: TableName) -> tuple[Table, ...]:
        """The tables that hold the rows of a partitioned table, at whatever depth, by name; an ordinary table is its own only one."""
        return tuple(self._leaves(self.table(name)))

    def _leaves(self, table: Table) -> Iterator[Table]:
        if table.holds_rows:
            yield table
            return
        for other in self.tables:
            if other.partition_of == table.name:
                yield from self._leaves(other)

    @property
    def digest(self) -> str:
        """A hash of everything above: another digest means another schema."""
        parts = [sorted(self.tables, key=lambda table: table.name), self.sequences, self.views, self.extensions]
        parts += [self.outside] if self.outside else []
        return "blake2b:" + hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
