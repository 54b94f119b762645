"""The tables that migration tools keep about themselves, told by their exact name and columns. Pure.

A table of another name, or with a column more, is a table like any other: a name that only looks like a tool's says nothing of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from liftlock_datagen.catalog.model import Table, TableKind
from liftlock_datagen.catalog.types import ColumnType

_FAMILIES = MappingProxyType(
    {
        "text": frozenset({"text", "varchar", "bpchar"}),
        "whole": frozenset({"int2", "int4", "int8", "numeric"}),
        "flag": frozenset({"bool"}),
        "moment": frozenset({"timestamp", "timestamptz"}),
        "texts": frozenset({"_text"}),
    }
)


@dataclass(frozen=True, slots=True)
class Book:
    """What one tool writes down. needed, allowed: column -> family of its type. written_by_people: columns of free text that the tool does
    not read again. compared: columns of free text without which the tool would not know its own steps again, with what it does there.
    """

    tool: str
    needed: Mapping[str, str]
    allowed: Mapping[str, str] = field(default_factory=dict)
    written_by_people: frozenset[str] = frozenset()
    compared: Mapping[str, str] = field(default_factory=dict)

    def fits(self, table: Table) -> bool:
        """Whether the table has these columns and no others."""
        known = {**self.needed, **self.allowed}
        found = {column.name: column.type for column in table.columns}
        return set(self.needed) <= set(found) <= set(known) and all(_is(kind, known[name]) for name, kind in found.items())


def book_of(table: Table) -> Book | None:
    """The migration tool's book that the table is; None for every other table."""
    if table.kind is not TableKind.ORDINARY or table.partition_of is not None or table.inherits:
        return None
    return next((book for book in _BOOKS.get(table.name.name, ()) if book.fits(table)), None)


def _is(kind: ColumnType, family: str) -> bool:
    if kind.element is not None:
        return family == "texts" and kind.element.name == "text"
    return kind.domain is None and kind.name in _FAMILIES[family]


def _columns(text: str) -> Mapping[str, str]:
    return dict(part.split(":", 1) for part in text.split())


_FLYWAY = Book(
    "Flyway",
    _columns(
        "installed_rank:whole version:text description:text type:text script:text checksum:whole installed_by:text"
        " installed_on:moment execution_time:whole success:flag"
    ),
    _columns("version_rank:whole"),
    frozenset({"installed_by"}),
    {"description": "Flyway compares it with the name of the script"},
)
_LIQUIBASE = Book(
    "Liquibase",
    _columns("id:text author:text filename:text dateexecuted:moment orderexecuted:whole exectype:text"),
    _columns("md5sum:text description:text comments:text tag:text liquibase:text contexts:text labels:text deployment_id:text"),
    frozenset({"description", "comments"}),
    {"author": "Liquibase knows a change set by it, its id and its file, and would run all of them again"},
)
_NUMBERED = _columns("name:text dirty:flag inserted_at:moment applied_at:moment created_at:moment")
_VERSIONS = (
    Book("a migration tool", _columns("version:text"), _NUMBERED),
    Book("a migration tool", _columns("version:whole"), _NUMBERED),
    Book("a migration tool", _columns("number:whole"), _NUMBERED),
    Book(
        "Supabase",
        _columns("version:text"),
        _columns("name:text statements:texts created_by:text idempotency_key:text rollback:texts"),
        frozenset({"statements", "created_by", "rollback", "idempotency_key"}),
    ),
)
_BOOKS: Mapping[str, tuple[Book, ...]] = MappingProxyType(
    {
        "flyway_schema_history": (_FLYWAY,),
        "schema_version": (_FLYWAY,),
        "databasechangelog": (_LIQUIBASE,),
        "databasechangeloglock": (
            Book("Liquibase", _columns("id:whole locked:flag lockgranted:moment lockedby:text"), {}, frozenset({"lockedby"})),
        ),
        "alembic_version": (Book("Alembic", _columns("version_num:text")),),
        "schema_migrations": _VERSIONS,
        "ar_internal_metadata": (Book("Rails", _columns("key:text value:text created_at:moment updated_at:moment")),),
        "django_migrations": (Book("Django", _columns("id:whole app:text name:text applied:moment")),),
        "__EFMigrationsHistory": (Book("Entity Framework", _columns("MigrationId:text ProductVersion:text")),),
        "goose_db_version": (Book("Goose", _columns("id:whole version_id:whole is_applied:flag"), _columns("tstamp:moment")),),
        "SequelizeMeta": (Book("Sequelize", _columns("name:text")),),
        "knex_migrations": (Book("Knex", _columns("id:whole name:text batch:whole migration_time:moment")),),
        "knex_migrations_lock": (Book("Knex", _columns("index:whole is_locked:whole")),),
        "pgmigrations": (Book("node-pg-migrate", _columns("id:whole name:text run_on:moment")),),
        "__drizzle_migrations": (Book("Drizzle", _columns("id:whole hash:text created_at:whole")),),
        "migrations": (
            Book("Laravel", _columns("id:whole migration:text batch:whole")),
            Book("TypeORM", _columns("id:whole timestamp:whole name:text")),
        ),
        "_prisma_migrations": (
            Book(
                "Prisma",
                _columns(
                    "id:text checksum:text finished_at:moment migration_name:text logs:text rolled_back_at:moment started_at:moment"
                    " applied_steps_count:whole"
                ),
                {},
                frozenset({"logs"}),
            ),
        ),
    }
)
