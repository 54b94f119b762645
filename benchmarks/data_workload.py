"""The workload of anonymised copies (data_workload.sql): its classification, its size, and what Greenmask took for it."""

from __future__ import annotations

from pathlib import Path

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec

CUSTOMERS = 500_000
_SQL = (Path(__file__).parent / "data_workload.sql").read_text(encoding="utf-8")
KEY = PseudonymKey(b"a benchmark protects nobody's rows")
GREENMASK_SECONDS, GREENMASK_PLAIN_SECONDS = 10.0, 3.8  # 0.2.22, 41 MB; and pg_dump | psql beside it, a quiet machine


def _column(kind: Kind, rule: Rule = Rule.KEEP) -> ColumnSpec:
    return ColumnSpec(ValueSpec(kind, rule))


_CUSTOMERS, _ORDERS = TableName("public", "customers"), TableName("public", "orders")
_DOCUMENT = ColumnSpec(
    ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.tier": ValueSpec(Kind.CATEGORY, Rule.KEEP), "$.note": ValueSpec(Kind.TECHNICAL, Rule.KEEP)}
)
SPEC = DataSpec(
    "shop",
    {
        _CUSTOMERS: TableSpec(
            _CUSTOMERS,
            {
                "id": _column(Kind.IDENTIFIER),
                "email": _column(Kind.EMAIL, Rule.PSEUDONYM),
                "full_name": _column(Kind.PERSON_NAME, Rule.PSEUDONYM),
                "phone": _column(Kind.PHONE, Rule.PSEUDONYM),
                "street": _column(Kind.STREET, Rule.PSEUDONYM),
                "created": _column(Kind.MOMENT),
                "attrs": _DOCUMENT,
            },
        ),
        _ORDERS: TableSpec(
            _ORDERS,
            {
                "id": _column(Kind.IDENTIFIER),
                "customer_id": _column(Kind.REFERENCE),
                "status": _column(Kind.CATEGORY),
                "total": _column(Kind.AMOUNT),
                "placed": _column(Kind.MOMENT),
            },
        ),
    },
    key="env:BENCHMARK_DATA_KEY",
)


def workload(customers: int) -> str:
    """The SQL that makes the source, with twice as many orders as customers."""
    return _SQL.replace("1000000", str(2 * customers)).replace("500000", str(customers))


def rows_of(customers: int) -> int:
    """The rows of both tables."""
    return 3 * customers


def cells_of(customers: int) -> int:
    """The cells of both tables: seven and five columns."""
    return 7 * customers + 5 * 2 * customers
