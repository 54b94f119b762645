"""How many rows share each combination of quasi-identifiers in the copy. Counted by the database; no value leaves it."""

from __future__ import annotations

from psycopg import sql

from liftlock_datagen.certificate.model import AnonymityResult, Verdict
from liftlock_datagen.certificate.plan import TablePlan
from liftlock_datagen.database.connect import Connection


def count_groups(connection: Connection, plan: TablePlan, k: int) -> AnonymityResult:
    """The groups of one table that declares quasi-identifiers."""
    names = [sql.Identifier(name) for name in plan.quasi_identifiers]
    counted = [sql.SQL("count(DISTINCT {})").format(sql.Identifier(name)) for name in plan.diverse]
    inner = sql.SQL("SELECT {} FROM {} GROUP BY {}").format(
        sql.SQL(", ").join([sql.SQL("count(*)"), *counted]), sql.Identifier(plan.name.schema, plan.name.name), sql.SQL(", ").join(names)
    )
    columns = [sql.Identifier(f"c{number}") for number in range(len(counted) + 1)]
    smallest = [sql.SQL("coalesce(min({}), 0)").format(name) for name in columns[1:]]
    outer = sql.SQL(
        "SELECT count(*), coalesce(sum(c0), 0), coalesce(min(c0), 0), count(*) FILTER (WHERE c0 < {k}),"
        " coalesce(sum(c0) FILTER (WHERE c0 < {k}), 0) {more} FROM ({inner}) g ({columns})"
    ).format(
        k=sql.Literal(k),
        more=sql.SQL("").join(sql.SQL(", {}").format(part) for part in smallest),
        inner=inner,
        columns=sql.SQL(", ").join(columns),
    )
    row = connection.execute(outer).fetchone() or (0,) * (5 + len(counted))
    groups, rows, least, groups_below, rows_below, *diversity = (int(value) for value in row)
    return AnonymityResult(
        table=str(plan.name),
        columns=plan.quasi_identifiers,
        k=k,
        groups=groups,
        rows=rows,
        smallest=least,
        groups_below=groups_below,
        rows_below=rows_below,
        diversity=dict(zip(plan.diverse, diversity, strict=True)),
        verdict=Verdict.LEAK if groups_below else Verdict.CLEAN,
    )
