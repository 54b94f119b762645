"""The SELECTs of a subset. Rows go by table and ctid, which hold as long as the snapshot that they are read in. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.spec.model import SubsetRoot
from liftlock_datagen.subset.plan import Reference, Stored, SubsetPlan

_HASH_BITS = 56
_OFFSET_BITS = 16

# What a value looks like as text must not depend on who asks: shares and limits are drawn from it.
SETTINGS = (
    ("DateStyle", "ISO, MDY"), ("TimeZone", "UTC"), ("IntervalStyle", "postgres"), ("extra_float_digits", "1"), ("bytea_output", "hex"),
    ("row_security", "off"), ("statement_timeout", "0"), ("standard_conforming_strings", "on"), ("cursor_tuple_fraction", "1"),
)  # fmt: skip
SALT = "liftlock.subset_salt"
"""The setting that holds the salt during the transaction: so it is in no statement that others see run."""


def tid_of(row: int) -> str:
    """A row's address as PostgreSQL writes it."""
    return f"({row >> _OFFSET_BITS},{row & (1 << _OFFSET_BITS) - 1})"


def row_of(tid: bytes) -> int:
    """A row's address as one number."""
    block, _, offset = tid[1:-1].partition(b",")
    return int(block) << _OFFSET_BITS | int(offset)


def condition(rows: Sequence[int], alias: str = "") -> sql.Composed:
    """`ctid` is one of these, which are in order. The blocks are said as well: what reads all of a table reads only those then."""
    last = rows[-1] | (1 << _OFFSET_BITS) - 1
    return sql.SQL("({0} >= {1}::tid AND {0} <= {2}::tid AND {0} = ANY ({3}::tid[]))").format(
        sql.SQL(f"{alias}.ctid" if alias else "ctid"), sql.Literal(tid_of(rows[0])), sql.Literal(tid_of(last)), _array(rows)
    )


def root_rows(plan: SubsetPlan, root: SubsetRoot) -> sql.Composed:
    """Table and address of the rows where a subset begins. A condition that a person wrote must run on its own: see conditions.py."""
    if root.percent is None:
        wanted: sql.Composable = sql.SQL("({})").format(sql.SQL(root.where))
    else:
        wanted = sql.SQL("{} < {}").format(_draw(_key_of(plan, root.table)), sql.Literal(int(root.percent / 100 * 2**_HASH_BITS)))
    return sql.SQL("SELECT t.tableoid::bigint, t.ctid FROM {} t WHERE {}").format(_from(plan, root.table), wanted)


def parents(plan: SubsetPlan, child: Stored, reference: Reference, rows: Sequence[int] | None) -> sql.Composed:
    """Table and address of what these rows (None: all) refer to, and one of the rows for each."""
    within = sql.SQL(" AND ") + condition(rows, "c") if rows is not None else sql.SQL("")
    return sql.SQL(
        "SELECT DISTINCT ON (p.tableoid, p.ctid) p.tableoid::bigint, p.ctid, c.ctid FROM ONLY {} c JOIN {} p ON {} WHERE {}{}"
        " ORDER BY p.tableoid, p.ctid, c.ctid"
    ).format(_name(child.name), _from(plan, reference.parent), _joined(reference), _when(reference), within)


def children(plan: SubsetPlan, parent: Stored, reference: Reference, rows: Sequence[int]) -> sql.Composed:
    """Table and address of what refers to these rows, and the row that each refers to; no more for one row than the limit."""
    source = sql.SQL("ONLY {} p JOIN {} c ON {} WHERE {} AND ").format(
        _name(parent.name), _from(plan, reference.child), _joined(reference), _when(reference)
    ) + condition(rows, "p")
    if reference.limit is None:
        return sql.SQL("SELECT c.tableoid::bigint, c.ctid, p.ctid FROM ") + source
    key = _key_of(plan, reference.child)
    order = sql.SQL("{}, {}").format(_draw(key, "c"), _text(key, "c"))
    return sql.SQL(
        "SELECT tab, row, parent FROM (SELECT c.tableoid::bigint AS tab, c.ctid AS row, p.ctid AS parent,"
        " row_number() OVER (PARTITION BY p.ctid ORDER BY {}) AS place FROM {}) x WHERE place <= {}"
    ).format(order, source, sql.Literal(reference.limit))


def found_row(plan: SubsetPlan, table: TableName) -> sql.Composed:
    """Table and address of the row whose key is written as the parameter says."""
    key = _text(_key_of(plan, table), "t")
    return sql.SQL("SELECT t.tableoid::bigint, t.ctid::text FROM {} t WHERE {} = %s LIMIT 2").format(_from(plan, table), key)


def shown_key(stored: Stored, row: int) -> sql.Composed:
    """The key of a row as text."""
    return sql.SQL("SELECT {} FROM ONLY {} t WHERE ").format(_text(stored.key, "t"), _name(stored.name)) + condition([row], "t")


def _name(table: TableName) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)


def _from(plan: SubsetPlan, table: TableName) -> sql.Composed:
    """A partitioned table stands for its partitions, any other for itself without those that inherit from it."""
    return sql.SQL("{}" if table in plan.partitioned else "ONLY {}").format(_name(table))


def _array(rows: Sequence[int]) -> sql.Literal:
    return sql.Literal("{" + ",".join(f'"{tid_of(row)}"' for row in rows) + "}")


def _joined(reference: Reference) -> sql.Composed:
    parts = []
    for column, other, as_text in zip(reference.columns, reference.parent_columns, reference.as_text, strict=True):
        form = "c.{}::text = p.{}::text" if as_text else "c.{} = p.{}"
        parts.append(sql.SQL(form).format(sql.Identifier(column), sql.Identifier(other)))
    return sql.SQL(" AND ").join(parts)


def _when(reference: Reference) -> sql.Composed:
    parts = [sql.SQL("c.{}::text = {}").format(sql.Identifier(column), sql.Literal(value)) for column, value in reference.when]
    return sql.SQL(" AND ").join([sql.SQL("true"), *parts])


def _key_of(plan: SubsetPlan, table: TableName) -> tuple[str, ...]:
    """The primary key that all tables under this name share; () where there is none."""
    keys = {stored.key for stored in plan.tables if table in stored.within}
    return keys.pop() if len(keys) == 1 else ()


def _text(key: tuple[str, ...], alias: str) -> sql.Composed:
    """A row's key as text: the column's value, several as `(a,b)`, without a key all columns."""
    prefix = sql.SQL(alias)
    if not key:
        return sql.SQL("{}::text").format(prefix)
    names = sql.SQL(", ").join(sql.SQL("{}.{}").format(prefix, sql.Identifier(name)) for name in key)
    return sql.SQL("ROW({})::text").format(names) if len(key) > 1 else sql.SQL("({})::text").format(names)


def _draw(key: tuple[str, ...], alias: str = "t") -> sql.Composed:
    """A number below 2**56 that only the row's key and the salt decide."""
    digits = _HASH_BITS // 4
    return sql.SQL("('x' || substr(encode(sha256(convert_to(current_setting({}) || {}, 'UTF8')), 'hex'), 1, {}))::bit({})::bigint").format(
        sql.Literal(SALT), _text(key, alias), sql.Literal(digits), sql.Literal(_HASH_BITS)
    )
