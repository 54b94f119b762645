"""Catalogs to plan with, made by hand: no database is needed."""

from __future__ import annotations

from liftlock_datagen.catalog.model import Catalog, Check, Column, ColumnType, ForeignKey, Index, IndexPart, Table, TableName
from liftlock_datagen.synthesis.generate import Generation
from liftlock_datagen.synthesis.plan import plan_load
from liftlock_datagen.synthesis.plan_data import LoadPlan
from liftlock_datagen.vocabulary.words import load_vocabularies

Row = tuple[str | None, ...]


def column(name: str, kind: str = "text", *, length: int | None = None, nullable: bool = False) -> Column:
    """A column of a base type."""
    return Column(name, ColumnType(kind, length=length), nullable)


def unique(*columns: str, primary: bool = False, where: str | None = None) -> Index:
    """A unique index over columns."""
    parts = tuple(IndexPart(name, name) for name in columns)
    return Index("unique_" + "_".join(columns), parts, unique=True, primary=primary, definition="", predicate=where)


def refers(columns: str, target: str, target_columns: str = "id") -> ForeignKey:
    """A foreign key; columns are separated by blanks."""
    return ForeignKey(f"fk_{columns}", tuple(columns.split()), TableName("public", target), tuple(target_columns.split()))


def table(name: str, *parts: Column | Index | ForeignKey | Check) -> Table:
    """A table of these parts."""
    return Table(
        TableName("public", name),
        columns=tuple(part for part in parts if isinstance(part, Column)),
        indexes=tuple(part for part in parts if isinstance(part, Index)),
        foreign_keys=tuple(part for part in parts if isinstance(part, ForeignKey)),
        checks=tuple(part for part in parts if isinstance(part, Check)),
    )


def key() -> tuple[Column, Index]:
    """The usual primary key."""
    return column("id", "int8"), unique("id", primary=True)


def plan(*tables: Table, rows: int = 300, seed: int = 1) -> LoadPlan:
    """A plan for the tables."""
    return plan_load(Catalog(tables), load_vocabularies(), rows=rows, seed=seed)


def text_of(planned: LoadPlan, name: str, *, block: int = 1 << 16) -> bytes:
    """A table's rows in COPY's format, made in blocks of that size."""
    chosen = planned.table(TableName("public", name))
    generation = Generation(planned, load_vocabularies())
    return b"".join(generation.block(chosen, start, min(block, chosen.rows - start)) for start in range(0, chosen.rows, block))


def rows_of(planned: LoadPlan, name: str) -> list[Row]:
    """A table's rows as texts, None for NULL."""
    lines = text_of(planned, name).decode().split("\n")[:-1]
    return [tuple(None if cell == "\\N" else cell for cell in line.split("\t")) for line in lines]


def values_of(planned: LoadPlan, name: str, wanted: str) -> list[str | None]:
    """One column's values."""
    names = [found.name for found in planned.table(TableName("public", name)).columns]
    return [row[names.index(wanted)] for row in rows_of(planned, name)]


def shop() -> tuple[Table, ...]:
    """A small shop: unique texts, a self-reference, composite keys over foreign keys, orders between columns."""
    return (
        table("customers", *key(), column("email"), unique("email"), column("full_name"), column("phone", nullable=True)),
        table(
            "products", *key(), column("sku", "varchar", length=12), unique("sku"), column("parent_id", "int8", nullable=True),
            refers("parent_id", "products"), column("attributes", "jsonb"),
        ),
        table(
            "orders", *key(), column("customer_id", "int8"), refers("customer_id", "customers"), column("placed_at", "timestamptz"),
            column("shipped_at", "timestamptz", nullable=True), Check("order", "(placed_at <= shipped_at)"),
        ),
        table(
            "order_lines", column("order_id", "int8"), column("line_no", "int2"), column("product_id", "int8"), column("quantity", "int4"),
            refers("order_id", "orders"), refers("product_id", "products"), unique("order_id", "line_no", primary=True),
        ),
        table(
            "reviews", *key(), column("customer_id", "int8"), column("product_id", "int8"), column("rating", "int2"), column("body"),
            refers("customer_id", "customers"), refers("product_id", "products"), unique("customer_id", "product_id"),
            Check("rating", "((rating >= 1) AND (rating <= 5))"),
        ),
    )  # fmt: skip
