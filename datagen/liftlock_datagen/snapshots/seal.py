"""The seal of a marked database: which transactions wrote the rows that its marker tells of, so that later ones are seen.

PostgreSQL keeps with each row the number of the transaction that wrote it, through VACUUM, freezing, clones of templates and copies of the
data folder. So a look at those numbers finds every row that was inserted or changed behind the marker, in any table, whoever wrote it, and
writing the seal costs nothing. A dump gives rows new numbers: a seal that came with one is broken, which is right, as nobody knows what
was loaded beside it.

It is no signature. It does not show what was deleted, what a statement wrote into the schema (a column's default, a comment), nor a seal
that the database's owner forged: it guards against what people forget, not against those who deceive.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.row_security import hidden_rows

_TABLE = """
CREATE SCHEMA IF NOT EXISTS liftlock_data;
CREATE TABLE IF NOT EXISTS liftlock_data.sealed (first bigint NOT NULL, last bigint, seen text NOT NULL, place oid NOT NULL);
DELETE FROM liftlock_data.sealed;
"""
_FIRST = """
INSERT INTO liftlock_data.sealed (first, seen, place)
VALUES (txid_current(), txid_current_snapshot()::text, 'liftlock_data.sealed'::regclass)
"""
_LAST = """
UPDATE liftlock_data.sealed
SET last = first + (xmin::text::bigint - first % (1::bigint << 32) + (1::bigint << 32)) % (1::bigint << 32)
"""
# A seal that lies in another table than it was made in, or carries another number, came with a dump.
_READ = """
SELECT first, last, seen, age(xmin)::bigint, place = 'liftlock_data.sealed'::regclass AND last % (1::bigint << 32) = xmin::text::bigint
FROM liftlock_data.sealed
"""
# Everything that holds rows but the markers: tables of every schema, of extensions too, and materialized views.
_RELATIONS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relispopulated AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT (n.nspname = 'liftlock_data' AND c.relname IN ('anonymised', 'seeded', 'sealed', 'made'))
ORDER BY 1, 2
"""
_OLDEST = 1 << 30  # transactions, of the 2 ** 31 that PostgreSQL's numbers can tell apart
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Seal:
    """first, last: the transactions of the session that made the marker. seen: those that were over then, as a snapshot of PostgreSQL.

    age: how many transactions ago `last` was. own: whether it was made here and did not come with a dump.
    """

    first: int
    last: int
    seen: str
    age: int
    own: bool

    def foreign(self) -> sql.Composable:
        """The condition under which a row was written by none of them. Ages instead of numbers: those begin anew after 2 ** 32."""
        low, high, running = self.seen.split(":")
        before, until = (self.age + self.last - int(number) for number in (low, high))
        open_then = [self.age + self.last - int(number) for number in running.split(",") if number]
        return sql.SQL(
            "NOT (age(xmin) > {before} OR age(xmin) BETWEEN {last} AND {first}"
            " OR age(xmin) > {until} AND age(xmin) <> ALL({open_then}::bigint[]))"
        ).format(before=before, until=until, last=self.age, first=self.age + self.last - self.first, open_then=open_then)


def seal(connection: Connection) -> None:
    """Says that the rows of this moment are the marker's. Called with the marker, when they are proved."""
    connection.execute(_TABLE)
    with connection.transaction():  # inside another one it has a number of its own, the session's newest
        connection.execute(_FIRST)
        connection.execute(_LAST)


def written_since(connection: Connection, *, besides: Collection[TableName] = ()) -> str:
    """Why the marker does not tell of every row that is there now, in words without values; nothing where it does.

    Looks at each row, so it takes as long as counting them. Only reads. besides: tables in which others may write.
    """
    found = _read(connection)
    if found is None:
        return "it was marked by an older version of liftlock, which noted nothing to see later changes by"
    if not found.own:
        return "its marker came with a dump, and tells nothing of the rows that were loaded here"
    if not 0 <= found.age < _OLDEST:
        return "it was marked too many transactions ago to see later changes"
    later = {name: count for name, count in _counted(connection, found, besides) if count}
    if not later:
        return ""
    named = ", ".join(list(later)[:_NAMED]) + (f" and {len(later) - _NAMED} more" if len(later) > _NAMED else "")
    return f"{sum(later.values()):,} rows were written behind its marker, in {named}"


def written_or_hidden(connection: Connection, *, besides: Collection[TableName] = ()) -> str:
    """As written_since, for who decides whether rows may go: those that a policy may hide from this role count as written."""
    return hidden_rows(connection, besides=besides) or written_since(connection, besides=besides)


def _read(connection: Connection) -> Seal | None:
    known = connection.execute("SELECT to_regclass('liftlock_data.sealed') IS NOT NULL").fetchone()
    if not known or not known[0]:
        return None
    rows = connection.execute(_READ).fetchall()
    return Seal(*rows[0]) if len(rows) == 1 else None


def _counted(connection: Connection, found: Seal, besides: Collection[TableName]) -> list[tuple[str, int]]:
    condition, counts = found.foreign(), []
    for schema, name in connection.execute(_RELATIONS).fetchall():
        if TableName(schema, name) in besides:
            continue
        query = sql.SQL("SELECT count(*) FROM ONLY {} WHERE {}").format(sql.Identifier(schema, name), condition)
        row = connection.execute(query).fetchone()
        counts.append((f"{schema}.{name}", int(row[0]) if row else 0))
    row = connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone()  # neither synthesis nor anonymisation makes any
    return [*counts, ("large objects", int(row[0]) if row else 0)]
