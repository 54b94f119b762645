"""What the API asks the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

_TABLES = ("customers", "addresses", "products", "orders", "order_lines", "payments", "reviews")
_LATEST = """
    SELECT o.id, c.full_name, o.status::text, o.placed_at, count(l.product_id), coalesce(sum(l.quantity * l.unit_price), 0)
      FROM (SELECT * FROM orders ORDER BY placed_at DESC, id DESC LIMIT 8) o
      JOIN customers c ON c.id = o.customer_id
      LEFT JOIN order_lines l ON l.order_id = o.id
     GROUP BY o.id, c.full_name, o.status, o.placed_at
     ORDER BY o.placed_at DESC, o.id DESC
"""


def connect(url: str, *, timeout: int = 3) -> Connection[Any]:
    """A connection. The driver is loaded by the first one, so that the service listens before it."""
    import psycopg  # noqa: PLC0415

    return psycopg.connect(url, connect_timeout=timeout, autocommit=True, application_name="shop")


def schema_number(connection: Connection[Any]) -> int:
    """The number of the last migration that was applied; 0 for an empty database."""
    there = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
    if there is None or there[0] is None:
        return 0
    found = connection.execute("SELECT coalesce(max(number), 0) FROM schema_migrations").fetchone()
    return int(found[0]) if found else 0


def count_tables(connection: Connection[Any], *, loyalty: bool) -> dict[str, int]:
    """Rows per table."""
    tables = (*_TABLES, "vouchers") if loyalty else _TABLES
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608 - names from above
    return {str(table): int(rows) for table, rows in connection.execute(query)}


def describe_customers(connection: Connection[Any]) -> dict[str, Any]:
    """How many customers there are, and where most of them live."""
    total = connection.execute("SELECT count(*) FROM customers").fetchone()
    places = connection.execute(
        "SELECT country, count(DISTINCT customer_id) AS people FROM addresses GROUP BY country ORDER BY people DESC, country LIMIT 5"
    )
    return {"customers": int(total[0]) if total else 0, "countries": {str(country): int(people) for country, people in places}}


def describe_orders(connection: Connection[Any]) -> dict[str, Any]:
    """Orders by status, and the latest ones."""
    statuses = {str(s): int(n) for s, n in connection.execute("SELECT status::text, count(*) FROM orders GROUP BY status ORDER BY status")}
    latest = [
        {"id": number, "customer": name, "status": status, "placed_at": at.isoformat(), "items": items, "total": str(total)}
        for number, name, status, at, items, total in connection.execute(_LATEST)
    ]
    return {"orders": sum(statuses.values()), "statuses": statuses, "latest": latest}
