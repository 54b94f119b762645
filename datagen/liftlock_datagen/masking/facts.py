"""The facts that decide a copy: read from source and copy, and noted in the finished copy (liftlock_data.made) for the next run.

All marks but the key's id are keyed hashes: they tell whether something is the same, and nothing else, to who has not got the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from liftlock_datagen.catalog.definitions import definitions
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.masking.finish import read_sequences
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.masking.recipes import keyed, program
from liftlock_datagen.masking.sameness import Fact, Facts

_TABLE = """
CREATE SCHEMA IF NOT EXISTS liftlock_data;
CREATE TABLE IF NOT EXISTS liftlock_data.made (kind text NOT NULL, name text NOT NULL, mark text NOT NULL, PRIMARY KEY (kind, name));
"""
# How large a table is, and how many writes were counted; what was counted until now, not when the transaction first asked.
_NOW = "SELECT pg_stat_clear_snapshot()"
_COUNTED = """
SELECT n.nspname, c.relname, concat_ws(' ', pg_relation_size(c.oid), pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
  pg_stat_get_tuples_deleted(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
"""


def of_request(key: PseudonymKey, plan: MaskPlan, *, source: str, tool: str, options: str) -> Facts:
    """What was asked. source: see origin(). options: all that changes the copy and is said neither by the plan nor by the key."""
    marks = {
        Fact.SOURCE: keyed(key, source),
        Fact.PROGRAM: keyed(key, tool, program()),
        Fact.OPTIONS: keyed(key, options),
        Fact.CLASSIFICATION: keyed(key, plan.spec_digest, str(plan.k), repr(plan.tables)),
    }
    return {(Fact.KEY, ""): key.id, **{(kind, ""): mark for kind, mark in marks.items()}}


def of_schema(key: PseudonymKey, source: Connection) -> Facts:
    """What is defined in the source, in the snapshot that is read."""
    return {(Fact.SOURCE_SCHEMA, ""): keyed(key, str(source.info.server_version // 10000), definitions(source))}


def of_rows(key: PseudonymKey, source: Connection, read: Iterable[TableName], stands: Mapping[TableName, int]) -> Facts:
    """What shows without a look at a row whether the source's rows may be others. read: the tables that are read. stands: its sequences."""
    source.execute(_NOW)
    tables = set(read)
    counted = ((TableName(schema, name), said) for schema, name, said in source.execute(_COUNTED).fetchall())
    marks = {(Fact.SOURCE_TABLE, str(name)): keyed(key, str(name), said) for name, said in counted if name in tables}
    return {**marks, (Fact.SOURCE_SEQUENCES, ""): _sequences(key, stands)}


def of_copy(key: PseudonymKey, copy: Connection) -> Facts:
    """What a finished copy is besides its rows."""
    return {(Fact.COPY_SCHEMA, ""): keyed(key, "copy", definitions(copy)), (Fact.COPY_SEQUENCES, ""): _sequences(key, read_sequences(copy))}


def note_facts(copy: Connection, key: PseudonymKey, facts: Facts) -> None:
    """Notes them in the finished copy, with what it is itself. Called last: what is defined afterwards counts as a change."""
    copy.execute(_TABLE)
    every = {**facts, **of_copy(key, copy)}
    with copy.transaction(), copy.cursor() as cursor:
        cursor.execute("DELETE FROM liftlock_data.made")
        rows = [(kind.value, name, mark) for (kind, name), mark in every.items()]
        cursor.executemany("INSERT INTO liftlock_data.made VALUES (%s, %s, %s)", rows)


def noted_facts(copy: Connection) -> Facts:
    """Those that were noted; none of a copy that an older version made, or of any other database."""
    known = copy.execute("SELECT to_regclass('liftlock_data.made') IS NOT NULL").fetchone()
    if not known or not known[0]:
        return {}
    kinds: Mapping[str, Fact] = {kind.value: kind for kind in Fact}
    rows = copy.execute("SELECT kind, name, mark FROM liftlock_data.made").fetchall()
    return {(kinds[kind], name): mark for kind, name, mark in rows if kind in kinds}


def _sequences(key: PseudonymKey, stands: Mapping[TableName, int]) -> str:
    return keyed(key, "sequences", repr(sorted(stands.items())))
