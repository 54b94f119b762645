"""Reads a database's shape from the statistics that ANALYZE left: pg_class, pg_stats and the catalog. No table is read, none is locked.

What values a column holds is asked for only where showing.py allows it, so no others leave the server. The role needs CONNECT, and SELECT
on the columns: pg_stats shows a role only what it might read itself. Columns that it may not see become gaps, not errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from liftlock_datagen.catalog.books import book_of
from liftlock_datagen.catalog.model import Column, Table, TableKind, TableName
from liftlock_datagen.catalog.types import ColumnType
from liftlock_datagen.database.connect import connected, wrapped
from liftlock_datagen.profile.coarsen import (
    COARSE,
    FINE,
    OF_MADE_ROWS,
    ROWS_PER_BUCKET,
    Observed,
    coarse_frequencies,
    coarse_histogram,
    rounded,
)
from liftlock_datagen.profile.model import ColumnProfile, Gap, GapReason, Profile, ProfileReading, TableProfile, Unit
from liftlock_datagen.profile.showing import ColumnFacts, Showing, showing_of, unit_of
from liftlock_datagen.spec.model import DataSpec

Row = dict[str, Any]
_GRAINS = {Showing.FINE: FINE, Showing.COARSE: COARSE, Showing.MADE: OF_MADE_ROWS}

# Tables of the system, of extensions and of liftlock itself hold nothing of the user's, and neither do those that migration tools keep
# about themselves (see _is_book). A partition counts to the table that it is part of.
_TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned,
       s.rows,
       s.pages * current_setting('block_size')::bigint AS bytes, s.index_pages * current_setting('block_size')::bigint AS index_bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  WITH RECURSIVE part(oid) AS (
    SELECT c.oid UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN part p ON i.inhparent = p.oid WHERE c.relkind = 'p')
  SELECT sum(t.relpages)::bigint AS pages,
         CASE WHEN bool_or(t.relkind = 'r' AND (t.reltuples < 0
                OR (t.reltuples + t.relpages = 0 AND current_setting('server_version_num')::int < 140000))) THEN NULL
              ELSE sum(t.reltuples) FILTER (WHERE t.relkind = 'r') END::float8 AS rows,
         coalesce(sum((SELECT sum(x.relpages) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = t.oid)), 0)::bigint
           AS index_pages
  FROM part JOIN pg_class t USING (oid)) s
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'liftlock_data')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

_COLUMNS = """
WITH RECURSIVE base(oid, type) AS (
  SELECT oid, oid FROM pg_type UNION ALL SELECT b.oid, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
SELECT c.oid, a.attname AS name, t.typname AS type, t.typtype = 'e' AS enum, s.null_frac, s.avg_width, s.n_distinct, s.correlation,
       s.most_common_freqs AS frequencies, s.attname IS NOT NULL AS seen, has_column_privilege(c.oid, a.attnum, 'SELECT') AS granted,
       c.relrowsecurity AND row_security_active(c.oid) AS hidden,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
         AS unique,
       EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)) AS refers
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN base b ON b.oid = a.atttypid JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND s.inherited = (c.relkind = 'p')
WHERE c.oid = ANY (%s)
ORDER BY c.oid, a.attnum
"""

_VALUES = """
SELECT s.schemaname AS schema, s.tablename AS name, s.attname AS column, s.most_common_vals::text::text[] AS common,
       s.histogram_bounds::text::text[] AS bounds
FROM pg_stats s JOIN unnest(%s::text[], %s::text[], %s::text[], %s::boolean[]) w(schema, name, "column", inherited)
  ON (s.schemaname, s.tablename, s.attname, s.inherited) = (w.schema, w.name, w."column", w.inherited)
"""


def read_profile(url: str, spec: DataSpec | None = None, *, like: Profile | None = None) -> ProfileReading:
    """The database's shape. spec: the classification of its columns; without one no histograms, and values of enums and booleans only.
    like: for rows that were made: whatever that profile shows is shown of these as well.

    Raises:
        DatagenError: the database cannot be reached or refused. No password is in the message.
    """
    with connected(url) as connection, wrapped(url), connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for name, value in (("DateStyle", "ISO, MDY"), ("TimeZone", "UTC"), ("search_path", "pg_catalog"), ("client_encoding", "UTF8")):
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        tables = cursor.execute(_TABLES).fetchall()
        columns = cursor.execute(_COLUMNS, [[table["oid"] for table in tables]]).fetchall()
        return _assembled(cursor, tables, columns, spec, like)


def _assembled(
    cursor: psycopg.Cursor[Row], tables: Sequence[Row], columns: Sequence[Row], spec: DataSpec | None, like: Profile | None
) -> ProfileReading:
    by_table: dict[int, list[Row]] = defaultdict(list)
    for column in columns:
        by_table[column["oid"]].append(column)
    tables = [table for table in tables if not _is_book(table, by_table[table["oid"]])]
    wanted, unclassified = _wanted(tables, by_table, spec, like)
    values = _values(cursor, wanted)
    found, gaps = {}, []
    for table in tables:
        name = TableName(table["schema"], table["name"])
        rows = None if table["rows"] is None else round(table["rows"])
        shapes = {}
        for column in by_table[table["oid"]]:
            if rows is not None and column["seen"]:
                at = (name, column["name"])
                showing, least = wanted.get(at, (Showing.COUNTS, False))[0], ROWS_PER_BUCKET if like is None else 1
                shapes[column["name"]] = _column(column, rows, showing, values.get(at), least)
            elif rows != 0 or not column["granted"]:
                gaps.append(Gap(str(name), column["name"], _reason(column)))
        found[name] = TableProfile(rows, table["bytes"], table["index_bytes"], shapes)
    return ProfileReading(Profile(found), tuple(sorted(gaps)), unclassified)


def _is_book(table: Row, columns: Sequence[Row]) -> bool:
    """Whether a migration tool keeps it about itself: facts that no rows are made for, so their shape is nobody's business."""
    made = tuple(
        Column(column["name"], ColumnType(column["type"], element=ColumnType("text") if column["type"] == "_text" else None))
        for column in columns
    )
    kind = TableKind.PARTITIONED if table["partitioned"] else TableKind.ORDINARY
    return book_of(Table(TableName(table["schema"], table["name"]), made, kind=kind)) is not None


def _reason(column: Row) -> GapReason:
    if not column["granted"]:
        return GapReason.NO_RIGHT
    return GapReason.ROW_SECURITY if column["hidden"] else GapReason.NOT_ANALYSED


_Wanted = dict[tuple[TableName, str], tuple[Showing, bool]]


def _wanted(
    tables: Sequence[Row], by_table: dict[int, list[Row]], spec: DataSpec | None, like: Profile | None
) -> tuple[_Wanted, tuple[str, ...]]:
    """The columns whose values may be looked at, with how much of them and whether their statistics are a partitioned table's; and the
    columns that show counts only because nobody classified them."""
    found: _Wanted = {}
    unclassified = []
    for table in tables:
        name = TableName(table["schema"], table["name"])
        for column in by_table[table["oid"]]:
            facts = ColumnFacts(name, column["name"], column["type"], column["enum"], column["unique"], column["refers"])
            value = spec.value(name, column["name"]) if spec else None
            showing = showing_of(facts, value)
            if like is not None and not facts.refers:
                showing = _shown_in(like.column(name, column["name"]))
            if showing is not Showing.COUNTS:
                found[name, column["name"]] = (showing, table["partitioned"])
            elif value is None and not column["refers"]:
                unclassified.append(f"{name}.{column['name']}")
    return found, tuple(unclassified)


def _shown_in(column: ColumnProfile | None) -> Showing:
    if column is None or not (column.histogram or column.values):
        return Showing.COUNTS
    return Showing.MADE if column.histogram else Showing.VALUES


def _values(cursor: psycopg.Cursor[Row], wanted: _Wanted) -> dict[tuple[TableName, str], Row]:
    parts = list(zip(*((at[0].schema, at[0].name, at[1], inherited) for at, (_, inherited) in wanted.items()), strict=True))
    if not parts:
        return {}
    rows = cursor.execute(_VALUES, [list(part) for part in parts]).fetchall()
    return {(TableName(row["schema"], row["name"]), row["column"]): row for row in rows}


def _column(column: Row, rows: int, showing: Showing, values: Row | None, least: int) -> ColumnProfile:
    shares = [float(share) for share in column["frequencies"] or ()]
    common = (values["common"] or []) if values else []
    shape = ColumnProfile(
        nulls=rounded(float(column["null_frac"])),
        distinct=rounded(float(column["n_distinct"])),
        width=column["avg_width"],
        correlation=None if column["correlation"] is None else round(float(column["correlation"]), 2),
        frequencies=coarse_frequencies(shares, rows, least),
    )
    if showing is Showing.VALUES:
        shown = sorted(zip(common, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
        kept = tuple((value, found[0]) for value, share in shown if (found := coarse_frequencies([share], rows, least)))
        return replace(shape, values=kept, frequencies=())
    unit = unit_of(column["type"])
    if showing is Showing.COUNTS or unit is None or values is None:
        return shape
    points = [(point, share) for text, share in zip(common, shares, strict=True) if (point := _point(text, unit)) is not None]
    bounds = [point for text in values["bounds"] or () if (point := _point(text, unit)) is not None]
    observed = Observed(tuple(points), tuple(bounds), shape.nulls, rows)
    whole = column["type"].startswith("int") or unit is not Unit.NUMBER
    return replace(shape, histogram=coarse_histogram(observed, unit, _GRAINS[showing], whole=whole))


def _point(text: str, unit: Unit) -> float | None:
    """The number, day or second that PostgreSQL's text spells; None for infinities and for years that Python's calendar lacks."""
    try:
        match unit:
            case Unit.NUMBER:
                return float(text) if text not in {"NaN", "Infinity", "-Infinity"} else None
            case Unit.DAY:
                return float(date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal())
            case Unit.MOMENT:
                return _seconds(text)
    except ValueError:
        return None


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()  # the session's zone is UTC
