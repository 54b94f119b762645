"""Generated rows in production's shape are queried as production's are: the same plans for the same queries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.profile.compare import compare_profiles
from liftlock_datagen.profile.read import read_profile
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from liftlock_datagen.synthesis.load import fill
from liftlock_datagen.synthesis.request import RowsRequest, rows_of_size
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_SHOP = (Path(__file__).parents[3] / "samples" / "shop" / "shop" / "migrations" / "0001_shop.sql").read_text(encoding="utf-8")
_PRODUCTION = (Path(__file__).parent / "production.sql").read_text(encoding="utf-8")
_KINDS = {
    "orders": {"status": Kind.CATEGORY, "placed_at": Kind.MOMENT, "shipped_at": Kind.MOMENT},
    "order_lines": {"quantity": Kind.NUMBER, "unit_price": Kind.AMOUNT},
    "products": {"price": Kind.AMOUNT, "stock": Kind.NUMBER},
    "payments": {"method": Kind.CATEGORY, "amount": Kind.AMOUNT, "paid_at": Kind.MOMENT},
    "reviews": {"rating": Kind.NUMBER},
}
_QUERIES = {
    "one customer's orders": "SELECT * FROM orders WHERE customer_id = 2000",
    "the latest orders": "SELECT * FROM orders ORDER BY placed_at DESC LIMIT 20",
    "a rare status": "SELECT count(*) FROM orders WHERE status = 'cancelled'",
    "the common status": "SELECT count(*) FROM orders WHERE status = 'delivered'",
    "a month of orders": "SELECT count(*) FROM orders WHERE placed_at >= '2024-11-01' AND placed_at < '2024-12-01'",
    "a day of orders": "SELECT * FROM orders WHERE placed_at >= '2024-06-01' AND placed_at < '2024-06-02'",
    "an order with its lines": "SELECT * FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.id = 77",
    "revenue by product": "SELECT product_id, sum(quantity * unit_price) FROM order_lines GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
    "all lines of a month": "SELECT sum(unit_price) FROM orders o JOIN order_lines l ON order_id = o.id WHERE placed_at >= '2024-12-01'",
    "customers without orders": "SELECT count(*) FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)",
    "sold out products": "SELECT count(*) FROM products WHERE stock = 0",
    "bad reviews": "SELECT p.name, count(*) FROM reviews r JOIN products p ON p.id = r.product_id WHERE r.rating = 1 GROUP BY 1",
}

_UNSEEN = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relallvisible < relpages"


def _spec() -> DataSpec:
    names = {TableName("public", table): kinds for table, kinds in _KINDS.items()}
    tables = {
        name: TableSpec(name, {column: ColumnSpec(ValueSpec(kind, Rule.KEEP)) for column, kind in kinds.items()})
        for name, kinds in names.items()
    }
    return DataSpec("shop", tables)


@pytest.fixture(scope="module")
def twins(postgres: RunningPostgres) -> Iterator[tuple[str, str]]:
    """A production, and a database that was generated from its profile alone; both analysed."""
    with postgres.database(_SHOP + _PRODUCTION) as production, postgres.database(_SHOP) as twin:
        profile = read_profile(postgres.url(production), _spec()).profile
        sized = rows_of_size("production", {}, profile)
        fill(postgres.url(twin), RowsRequest(sized.rows, 1, counts=sized.counts, profile=profile), on_progress=lambda *_: None)
        for name in (production, twin):
            _vacuum(postgres, name)
        yield production, twin


def _vacuum(postgres: RunningPostgres, database: str) -> None:
    """Until every page is known as visible to all, which an index-only scan's costs hang on; none is while an older transaction runs."""
    with postgres.connect(database) as connection:
        connection.execute("SET client_min_messages = error")
        for _ in range(200):
            connection.execute("VACUUM ANALYZE")
            if connection.execute(_UNSEEN).fetchall() == []:
                return
            time.sleep(0.1)
    raise AssertionError("pages stay invisible: a transaction in this database does not end")


def _plan(postgres: RunningPostgres, database: str, query: str) -> list[str]:
    """The plan's node types from the top down, with the tables and join types that they are about.

    Whether an index leads to the rows one by one or page by page is left out: that depends on the order of the rows on disk, and generated
    rows lie in the order of their keys.
    """
    with postgres.connect(database) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        row = connection.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchone()
    assert row is not None
    found: Any = row[0]
    return list(_nodes(found[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    kind = plan["Node Type"]
    if kind != "Bitmap Index Scan":
        by_index = kind in {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
        shown = {**plan, "Node Type": "by index" if by_index else kind}
        yield " ".join(str(shown[part]) for part in ("Node Type", "Join Type", "Relation Name") if part in shown)
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize("name", _QUERIES)
def test_a_query_has_the_same_plan_in_both(postgres: RunningPostgres, twins: tuple[str, str], name: str) -> None:
    production, twin = twins
    assert _plan(postgres, twin, _QUERIES[name]) == _plan(postgres, production, _QUERIES[name])


def test_what_is_profiled_is_found_again(postgres: RunningPostgres, twins: tuple[str, str]) -> None:
    production, twin = twins
    profile = read_profile(postgres.url(production), _spec()).profile
    found = compare_profiles(profile, read_profile(postgres.url(twin), _spec(), like=profile).profile)
    by_name = {f"{table.name.name}.{column.name}": column.distance for table in found.tables for column in table.columns}
    close = ("orders.status", "orders.placed_at", "orders.customer_id", "payments.amount", "payments.method", "reviews.rating")
    assert {name: by_name[name] for name in close if (by_name[name] or 0) > 0.1} == {}
    assert [table.made.rows for table in found.tables] == [table.profiled.rows for table in found.tables]
