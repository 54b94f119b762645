"""What a copy needs behind its rows: indexes, sequences, statistics, materialised views, the gate of k-anonymity, the marker."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from psycopg import sql
from psycopg.conninfo import make_conninfo

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection, connected
from liftlock_datagen.database.refusals import masked_errors
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.masking.report import Crowd, CrowdError
from liftlock_datagen.masking.source import Source

_INDEX_MEMORY = "256MB"
_SEQUENCES = "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1, 2"


def read_sequences(connection: Connection) -> Mapping[TableName, int]:
    """Where each sequence stands."""
    return {TableName(schema, name): int(last) for schema, name, last in connection.execute(_SEQUENCES).fetchall()}


def set_sequences(stands: Mapping[TableName, int], source: Source, target: Connection, plan: MaskPlan) -> None:
    """Each sequence goes on where the source's stands; behind the largest value of a column whose values were changed."""
    changed = {(mask.name, column.name) for mask in plan.tables for column in mask.changed}
    drawing = {c.sequence: (t.name, c.name) for t in source.catalog.tables for c in t.columns if c.sequence is not None}
    for sequence in sorted({*stands, *drawing}):
        place = drawing.get(sequence)
        last = stands.get(sequence)
        if place is not None and place in changed:
            last = _largest(target, *place)
        if last is not None:
            name = sql.Literal(sql.Identifier(sequence.schema, sequence.name).as_string(target))
            target.execute(
                sql.SQL("SELECT setval({}::regclass, {}) WHERE to_regclass({}) IS NOT NULL").format(name, sql.Literal(last), name)
            )


def _largest(target: Connection, table: TableName, column: str) -> int | None:
    query = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table.schema, table.name))
    row = target.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None and row[0] >= 1 else None


def analyse(url: str, tables: Sequence[TableName], workers: int) -> None:
    """Statistics of every table, the largest first, several at a time."""

    def one(place: int) -> None:
        with connected(url) as connection, masked_errors("statistics", url):
            for table in tables[place::workers]:
                connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.schema, table.name)))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(workers)))


def refresh_views(target: Connection) -> None:
    """Fills materialised views from the changed rows, those that others read first."""
    query = (
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid"
    )
    for schema, name in target.execute(query).fetchall():
        target.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(schema, name)))


def crowds(target: Connection, plan: MaskPlan) -> Iterator[Crowd]:
    """How many rows share the declared quasi-identifiers, per table that declares any."""
    for table in plan.tables:
        if not table.quasi_identifiers:
            continue
        columns = sql.SQL(", ").join(map(sql.Identifier, table.quasi_identifiers))
        query = sql.SQL(
            "SELECT coalesce(min(n), 0), coalesce(sum(n) FILTER (WHERE n < {}), 0), count(*)"
            " FROM (SELECT count(*) AS n FROM {} GROUP BY {}) g"
        ).format(sql.Literal(plan.k), sql.Identifier(table.name.schema, table.name.name), columns)
        smallest, below, groups = target.execute(query).fetchone() or (0, 0, 0)
        yield Crowd(str(table.name), table.quasi_identifiers, int(smallest), int(below), int(groups))


def require_crowds(found: Sequence[Crowd], k: int) -> None:
    """CrowdError where rows share their quasi-identifiers with too few others."""
    lonely = [crowd for crowd in found if crowd.below]
    if lonely:
        raise CrowdError(lonely, k)


def for_indexes(url: str, source: Source, workers: int) -> str:
    """The URL with settings that suit the building of indexes."""
    settings = [f"maintenance_work_mem={_INDEX_MEMORY}", "synchronous_commit=off"]
    if workers > 1 and sum(len(table.indexes) for table in source.catalog.tables) > workers:
        settings.append("max_parallel_maintenance_workers=0")  # several indexes at a time use the processors better
    return make_conninfo(url, options=" ".join(f"-c {setting}" for setting in settings))


def unseen(source: Source, whole: Collection[TableName]) -> Sequence[TableName]:
    """The tables that still need statistics: copied in parts, partitioned, or with indexes over expressions, which come behind the rows."""
    return [
        table.name
        for table in source.catalog.tables
        if not table.holds_rows or table.name not in whole or any(part.column is None for index in table.indexes for part in index.parts)
    ]
