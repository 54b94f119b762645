"""References that a database does not declare, guessed from names: `author_id` beside a table authors, `subject_type` with `subject_id`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from liftlock_datagen.catalog.model import Catalog, Column, Table, TableName
from liftlock_datagen.classify.tokens import singular, words_of
from liftlock_datagen.spec.model import VirtualReference

Values = Mapping[TableName, Mapping[str, Sequence[str]]]
_INTEGERS = frozenset({"int2", "int4", "int8"})


def guess_references(catalog: Catalog, values: Values) -> tuple[VirtualReference, ...]:
    """Guesses, each with a name of its own. A type column's values are used where they name tables, and only then."""
    found: list[VirtualReference] = []
    for table in catalog.tables:
        declared = {column for key in table.foreign_keys for column in key.columns}
        for column in table.columns:
            if column.name in declared or column.generated:
                continue
            words = words_of(column.name)
            if len(words) < 2 or words[-1] != "id":
                continue
            kind = _sibling(table, words[:-1])
            if kind is not None:
                found += _polymorphic(catalog, table, column, kind, values.get(table.name, {}).get(kind.name, ()))
            else:
                found += _plain(catalog, table, column, words[:-1])
    return tuple(found)


def _sibling(table: Table, stem: tuple[str, ...]) -> Column | None:
    return next((column for column in table.columns if words_of(column.name) == (*stem, "type")), None)


def _plain(catalog: Catalog, table: Table, column: Column, stem: tuple[str, ...]) -> Iterator[VirtualReference]:
    targets = [target for target in catalog.tables if _called(target, stem)]
    same_schema = [target for target in targets if target.name.schema == table.name.schema] or targets
    if len(same_schema) == 1 and (key := _key_like(same_schema[0], column)) is not None:
        target = same_schema[0].name
        yield VirtualReference(f"{table.name.name}-{column.name}", table.name, (column.name,), target, (key,))


def _polymorphic(catalog: Catalog, table: Table, column: Column, kind: Column, values: Sequence[str]) -> Iterator[VirtualReference]:
    for value in sorted(set(values)):
        targets = [target for target in catalog.tables if _called(target, words_of(value.rpartition("::")[2].rpartition(".")[2]))]
        if len(targets) == 1 and (key := _key_like(targets[0], column)) is not None:
            name = f"{table.name.name}-{column.name}-{targets[0].name.name}"
            yield VirtualReference(name, table.name, (column.name,), targets[0].name, (key,), when=((kind.name, value),))


def _called(table: Table, words: tuple[str, ...]) -> bool:
    name = words_of(table.name.name)
    return bool(words) and bool(name) and name[:-1] == words[:-1] and singular(name[-1]) == singular(words[-1])


def _key_like(table: Table, column: Column) -> str | None:
    """The table's key, where it is one column of a like type."""
    key = table.primary_key
    names = [part.column for part in key.parts] if key else []
    if len(names) != 1 or names[0] is None:
        return None
    mine, other = column.type.name, table.column(names[0]).type.name
    return names[0] if mine == other or {mine, other} <= _INTEGERS or {mine, other} <= {"text", "varchar"} else None
