"""What is done to an empty schema before rows are copied in, and made good behind them: keys, indexes, triggers, sequences, statistics.

Foreign keys and what can be moved of the indexes are dropped first and made again from their own definitions, with their names and
comments; keys are validated then, so PostgreSQL itself proves every reference. All of it belongs into one transaction.

Triggers that compute a row (BEFORE) fire as they do for any row; those that act behind it (AFTER) are off meanwhile: they would write rows
into other tables, or tell other systems. So are those that may refuse a row (RAISE EXCEPTION): what they guard is the application's order
of work, which a load does not follow. So is row security that is forced on the owner, which forbids COPY.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psycopg
from psycopg import sql

from liftlock_datagen.catalog.model import Catalog, ForeignKey, Index, Sequence, Table, TableName, Trigger, View
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.row_security import force_again, lift_forced

_ON = {"O": "ENABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}
_WHOLE = frozenset({"int2", "int4", "int8", "numeric"})


def prepare_load(connection: Connection, catalog: Catalog) -> None:
    """Drops foreign keys and movable indexes, and switches off what would act on rows or forbid them."""
    for table, key in _own_keys(catalog):
        _drop_constraint(connection, table, key.name)
    for table, index in _whole_indexes(catalog):
        if index.constraint is not None:
            _drop_constraint(connection, table, index.name)
        else:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(table.name.schema, index.name)))
    for table, trigger in _acting(catalog):
        _alter(connection, table, sql.SQL("DISABLE TRIGGER {}").format(sql.Identifier(trigger.name)))
    lift_forced(connection, catalog)


def empty_anew(connection: Connection, catalog: Catalog) -> frozenset[TableName]:
    """Gives empty tables new files in this transaction, so that COPY FREEZE may fill them; which ones.

    It asks for no row: who calls it has seen, with the tables locked and nothing hidden by a policy, that there is none.

    Rows that are frozen as they come need no vacuum that writes them a second time, and are not logged where the server keeps no log for
    others. They are seen at once, by the statement that writes them (so no table has a trigger, which might look) and, when the load is
    over, by a transaction that began before it and saw none.
    """
    tables = [table.name for table in catalog.tables if table.holds_rows and table.partition_of is None and not table.triggers]
    if not tables:
        return frozenset()
    try:
        with connection.transaction():
            connection.execute(sql.SQL("TRUNCATE ONLY {}").format(sql.SQL(", ONLY ").join(map(_name, tables))))
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege):
        return frozenset()  # a table outside the catalog refers to one of them, or somebody else owns it: rows as usual
    return frozenset(tables)


def build_indexes(connection: Connection, catalog: Catalog) -> None:
    """Every dropped index, primary keys first. Those of partitions get their own names, then become parts of the whole."""
    parts = _parts(catalog)
    for table, index in sorted(_whole_indexes(catalog), key=lambda item: (item[0].name, not item[1].primary, item[1].name)):
        _build_tree(connection, parts, table, index)


def prove_references(connection: Connection, catalog: Catalog) -> None:
    """Every dropped foreign key as it was: one that was NOT VALID stays so, any other is validated."""
    for table, key in _own_keys(catalog):
        # where a partitioned table is on either side the key comes with its proof; for others it is quicker apart
        target = catalog.find(key.target)
        apart = key.validated and table.holds_rows and (target is None or target.holds_rows)
        _add_constraint(connection, table, key.name, key.definition + (" NOT VALID" if apart else ""))
        if apart:
            _alter(connection, table, sql.SQL("VALIDATE CONSTRAINT {}").format(sql.Identifier(key.name)))
        _comment(connection, sql.SQL("CONSTRAINT {} ON {}").format(sql.Identifier(key.name), _name(table.name)), key.comment)


def finish_load(connection: Connection, catalog: Catalog) -> None:
    """Sequences, triggers, row security, materialised views and statistics, in this order."""
    advance_sequences(connection, catalog)
    for table, trigger in _acting(catalog):
        _alter(connection, table, sql.SQL(f"{_ON[trigger.enabled]} {{}}").format(sql.Identifier(trigger.name)))
    force_again(connection, catalog)
    for view in ordered_views(catalog):
        if view.materialised and view.populated:
            # one that made rows cannot satisfy (a division by a sum of them) stays as it was: it is no part of the data
            with suppress(psycopg.errors.DataError, psycopg.errors.IntegrityError), connection.transaction():
                connection.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(_name(view.name)))
    for table in catalog.tables:
        connection.execute(sql.SQL("ANALYZE {}").format(_name(table.name)))


def advance_sequences(connection: Connection, catalog: Catalog) -> None:
    """Each sequence goes on behind the last value in the columns that draw from it: the largest, or the smallest if it counts down."""
    known = {sequence.name: sequence for sequence in catalog.sequences}
    drawing: dict[TableName, list[tuple[Table, str]]] = {}
    for table in catalog.tables:
        for column in table.columns:
            if column.sequence in known and column.type.name in _WHOLE and table.partition_of is None:
                drawing.setdefault(column.sequence, []).append((table, column.name))
    for name, places in drawing.items():
        _advance(connection, known[name], places)


def ordered_views(catalog: Catalog) -> tuple[View, ...]:
    """The views, each behind those that it reads."""
    by_name = {view.name: view for view in catalog.views}
    found: dict[TableName, View] = {}

    def visit(view: View) -> None:
        for name in view.depends_on:
            if name in by_name and name not in found:
                visit(by_name[name])
        found.setdefault(view.name, view)

    for view in catalog.views:
        visit(view)
    return tuple(found.values())


# --- what is moved --------------------------------------------------------------------------------------------------------------------


def _own_keys(catalog: Catalog) -> Iterator[tuple[Table, ForeignKey]]:
    """Without those that partitions have from their table: they come and go with its own."""
    return ((table, key) for table in catalog.tables for key in table.foreign_keys if not key.inherited)


def _whole_indexes(catalog: Catalog) -> Iterator[tuple[Table, Index]]:
    """Movable indexes with all their parts; a part that cannot be moved holds the whole."""
    parts = _parts(catalog)

    def movable(table: Table, index: Index) -> bool:
        return index.movable and all(movable(*part) for part in parts.get(TableName(table.name.schema, index.name), ()))

    for table in catalog.tables:
        for index in table.indexes:
            if index.parent is None and movable(table, index):
                yield table, index


def _parts(catalog: Catalog) -> dict[TableName, list[tuple[Table, Index]]]:
    """Index of a partitioned table -> the indexes of its partitions that are its parts."""
    found: dict[TableName, list[tuple[Table, Index]]] = {}
    for table in catalog.tables:
        for index in table.indexes:
            if index.parent is not None:
                found.setdefault(index.parent, []).append((table, index))
    return found


def _acting(catalog: Catalog) -> Iterator[tuple[Table, Trigger]]:
    """Triggers that act behind a row or may refuse it, and are on."""
    on = ((table, trigger) for table in catalog.tables for trigger in table.triggers if trigger.enabled in _ON)
    return ((table, trigger) for table, trigger in on if trigger.refuses or not trigger.before)


# --- how ------------------------------------------------------------------------------------------------------------------------------


def _build_tree(connection: Connection, parts: dict[TableName, list[tuple[Table, Index]]], table: Table, index: Index) -> None:
    """The index of the table alone, then those of its partitions, which are attached to it."""
    name = TableName(table.name.schema, index.name)
    if index.constraint is not None:
        _add_constraint(connection, table, index.name, index.constraint)
        what = sql.SQL("CONSTRAINT {} ON {}").format(sql.Identifier(index.name), _name(table.name))
    else:
        connection.execute(index.definition.encode())  # says ON ONLY for a partitioned table
        what = sql.SQL("INDEX {}").format(_name(name))
    _comment(connection, what, index.comment)
    for other, part in parts.get(name, ()):
        _build_tree(connection, parts, other, part)
        statement = sql.SQL("ALTER INDEX {} ATTACH PARTITION {}")
        connection.execute(statement.format(_name(name), sql.Identifier(other.name.schema, part.name)))


def _advance(connection: Connection, sequence: Sequence, places: list[tuple[Table, str]]) -> None:
    up = sequence.increment > 0
    one = sql.SQL("SELECT max({0}) AS v FROM {1}" if up else "SELECT min({0}) AS v FROM {1}")
    every = sql.SQL(" UNION ALL ").join(one.format(sql.Identifier(column), _name(table.name)) for table, column in places)
    last = sql.SQL("greatest(least(max(v), {0}), {1})" if up else "greatest(least(min(v), {0}), {1})").format(
        sql.Literal(sequence.maximum), sql.Literal(sequence.minimum)
    )
    within = sql.SQL("HAVING max(v) >= {}" if up else "HAVING min(v) <= {}").format(
        sql.Literal(sequence.minimum if up else sequence.maximum)
    )
    name = sql.Literal(_name(sequence.name).as_string(connection))
    connection.execute(sql.SQL("SELECT setval({}::regclass, ({})::bigint) FROM ({}) x {}").format(name, last, every, within))


def _name(table: TableName) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)


def _alter(connection: Connection, table: Table, what: sql.Composable) -> None:
    connection.execute(sql.SQL("ALTER TABLE {} {}").format(_name(table.name), what))


def _drop_constraint(connection: Connection, table: Table, name: str) -> None:
    _alter(connection, table, sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(name)))


def _add_constraint(connection: Connection, table: Table, name: str, definition: str) -> None:
    """ONLY, so that the indexes of partitions do not get names of PostgreSQL's choice. Foreign keys go to partitions by themselves."""
    only = "" if definition.startswith("FOREIGN KEY") else "ONLY "
    statement = sql.SQL(f"ALTER TABLE {only}{{}} ADD CONSTRAINT {{}} ").format(_name(table.name), sql.Identifier(name))
    connection.execute(statement.as_bytes(connection) + definition.encode())


def _comment(connection: Connection, what: sql.Composed, comment: str | None) -> None:
    if comment is not None:
        connection.execute(sql.SQL("COMMENT ON {} IS {}").format(what, sql.Literal(comment)))
