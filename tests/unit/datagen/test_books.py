"""Which tables are the books of migration tools, and what becomes of what is written in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock_datagen.catalog.books import book_of
from liftlock_datagen.catalog.model import Catalog, Column, ColumnType, Table, TypeKind
from liftlock_datagen.classify.model import Proposal
from liftlock_datagen.errors import ProblemCode
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.transformers import Fixed, Keep, Null
from liftlock_datagen.review.build import review
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Privacy, Rule, TableSpec, ValueSpec
from tests.unit.datagen.catalogs import column, table

FLYWAY = table(
    "flyway_schema_history", column("installed_rank", "int4"), column("version", "varchar", nullable=True),
    column("description", "varchar"), column("type", "varchar"), column("script", "varchar"), column("checksum", "int4", nullable=True),
    column("installed_by", "varchar"), column("installed_on", "timestamp"), column("execution_time", "int4"), column("success", "bool"),
)  # fmt: skip
LIQUIBASE = table(
    "databasechangelog", column("id"), column("author"), column("filename"), column("dateexecuted", "timestamp"),
    column("orderexecuted", "int4"), column("exectype"), column("description", nullable=True), column("comments", nullable=True),
)  # fmt: skip
STATEMENTS = Column("statements", ColumnType("_text", TypeKind.ARRAY, element=ColumnType("text")), nullable=True)


@pytest.mark.parametrize(
    "book",
    [
        FLYWAY,
        LIQUIBASE,
        table("alembic_version", column("version_num", "varchar")),
        table("schema_migrations", column("version", "int8"), column("dirty", "bool")),
        table("schema_migrations", column("version"), STATEMENTS, column("name", nullable=True)),
        table("__EFMigrationsHistory", column("MigrationId", "varchar"), column("ProductVersion", "varchar")),
    ],
    ids=lambda book: book.name.name,
)
def test_a_table_of_a_tools_name_and_columns_is_its_book(book: Table) -> None:
    assert book_of(book) is not None


@pytest.mark.parametrize(
    "other",
    [
        table("customer_migration", column("email"), column("iban")),
        table("customer_schema_migrations", column("version")),
        table("SCHEMA_MIGRATIONS", column("version")),
        table("schema_migrations", column("version"), column("email")),
        table("schema_migrations", column("version", "jsonb")),
        table("alembic_version", column("email")),
        table("alembic_version"),
    ],
    ids=lambda other: f"{other.name.name} {','.join(found.name for found in other.columns)}",
)
def test_a_table_that_only_looks_like_a_book_is_a_table_like_any_other(other: Table) -> None:
    assert book_of(other) is None


def test_books_are_in_the_plan_without_what_people_wrote_into_them() -> None:
    catalog = Catalog(
        (table("people", column("id")),), books=(FLYWAY, LIQUIBASE, table("schema_migrations", column("version"), STATEMENTS))
    )
    plan = plan_mask(catalog, _spec()).required()
    made = {f"{mask.name.name}.{found.name}": found.transformer for mask in plan.tables for found in mask.columns}
    assert {name: found for name, found in made.items() if not isinstance(found, Keep)} == {
        "flyway_schema_history.installed_by": Fixed("liftlock"),
        "databasechangelog.description": Null(),
        "databasechangelog.comments": Null(),
        "schema_migrations.statements": Null(),
    }


def test_a_book_is_shown_to_reviewers_and_what_a_tool_needs_of_people_is_a_warning() -> None:
    plan = review(Catalog((table("people", column("id")),), books=(LIQUIBASE,)), _spec(), Proposal({}))
    assert [found.table for found in plan.tables] == ["public.people", "public.databasechangelog"]
    assert {line.column: line.privacy for line in plan.tables[1].lines}["comments"] is Privacy.ANONYMISED
    assert [item.id for item in plan.warnings] == ["kept-sensitive:public.databasechangelog.author"]


def test_what_the_classification_says_of_a_book_holds() -> None:
    author = ColumnSpec(ValueSpec(Kind.PERSON_NAME, Rule.CONSTANT, options={"value": "x"}))
    said = TableSpec(LIQUIBASE.name, {"author": author})
    spec = replace(_spec(), tables={**_spec().tables, LIQUIBASE.name: said})
    problems = plan_mask(Catalog((table("people", column("id")),), books=(LIQUIBASE,)), spec).problems
    assert ProblemCode.UNCLASSIFIED_COLUMN in {problem.code for problem in problems}


def _spec() -> DataSpec:
    people = table("people", column("id"))
    return DataSpec("shop", {people.name: TableSpec(people.name, {"id": ColumnSpec(ValueSpec(Kind.IDENTIFIER, Rule.KEEP))})})
