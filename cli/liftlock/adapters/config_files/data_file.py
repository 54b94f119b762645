"""Reads data/<database>.yaml: text to liftlock_datagen's DataSpec, with the place of everything that is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import cast

from liftlock.adapters.config_files.data_shapes import (
    UNDECIDED,
    DataColumn,
    DataFile,
    DataReference,
    DataSize,
    DataSubset,
    DataTable,
    DataValue,
)
from liftlock.adapters.config_files.shape_check import check_values
from liftlock.core.config.document import Document, MappingNode, Node, Plain, Position, ScalarNode, SequenceNode
from liftlock.core.config.problems import Problem
from liftlock.core.config.reading import parse_bytes
from liftlock.core.config.suggestions import shown
from liftlock.core.config.tree import entries_at, node_at, path_text, place_of, to_plain
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.spec.faults import Fault, find_faults
from liftlock_datagen.spec.model import (
    AcceptedProblem,
    ColumnSpec,
    DataSpec,
    Kind,
    Rows,
    Rule,
    Size,
    SubsetRoot,
    SubsetSpec,
    TableSpec,
    ValueSpec,
    VirtualReference,
)
from liftlock_datagen.spec.names import parse_table, table_text

Path = tuple[str | int, ...]
_AS_WRITTEN = ("options", "when")


def read_data(content: bytes, database: str, file: str) -> tuple[DataSpec | None, list[Problem]]:
    """What the file says of the database; None and everything that is wrong with it."""
    document = parse_bytes(content, file)
    if isinstance(document, Problem):
        return None, [document]
    if document.root is not None and not isinstance(document.root, MappingNode):
        return None, [Problem(document.root.position, "", "the file is a mapping of key: value lines")]
    values = _plain(document.root) if document.root is not None else {}
    file_shape, problems = check_values(values, document.root, DataFile, Position(file))
    twice = list(_tables_twice(document))
    if file_shape is None or twice:
        return None, [*problems, *twice]
    spec = _spec(file_shape, document, database, hashlib.sha256(content).hexdigest())
    problems = [*_without_rule(document), *(_located(document, fault) for fault in find_faults(spec))]
    return (None, problems) if problems else (spec, [])


def _plain(root: Node) -> Plain:
    """The values as the shape takes them: options are text as written, and what nobody has decided is left out."""
    values = to_plain(root)
    for table in entries_at(root, "tables"):
        for column in entries_at(table.value, "columns"):
            path: tuple[str, ...] = ("tables", table.key.text, "columns", column.key.text)
            if _is_undecided(column.value):
                _remove(values, path)
            for place in entries_at(column.value, "paths"):
                if _is_undecided(place.value):
                    _remove(values, (*path, "paths", place.key.text))
    for place_of_text, node in _written(root, ()):
        owner = _at(values, place_of_text[:-1])
        if isinstance(owner, dict):
            owner[str(place_of_text[-1])] = node.text
    return values


def _written(node: Node, path: Path) -> Iterator[tuple[Path, ScalarNode]]:
    """The scalars that stand for text whatever they look like."""
    if isinstance(node, SequenceNode):
        for i, item in enumerate(node.items):
            yield from _written(item, (*path, i))
    if isinstance(node, MappingNode):
        for entry in node.entries:
            below = (*path, entry.key.text)
            if isinstance(entry.value, ScalarNode):
                if path and path[-1] in _AS_WRITTEN and entry.value.value is not None:
                    yield below, entry.value
            else:
                yield from _written(entry.value, below)


def _is_undecided(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.text in {UNDECIDED, "", "~", "null"}


def _at(values: Plain, path: Path) -> Plain:
    for part in path:
        if isinstance(values, dict):
            values = values.get(str(part))
        elif isinstance(values, list) and isinstance(part, int):
            values = values[part]
        else:
            return None
    return values


def _remove(values: Plain, path: Path) -> None:
    owner = _at(values, path[:-1])
    if isinstance(owner, dict):
        owner.pop(str(path[-1]), None)


def _tables_twice(document: Document) -> Iterator[Problem]:
    seen: dict[TableName, str] = {}
    for entry in entries_at(document.root, "tables"):
        name = parse_table(entry.key.text)
        if name is None:
            continue
        if name in seen:
            text = f'this is the table "{shown(seen[name])}" of above; keep one of the two'
            yield Problem(entry.key.position, f"tables.{shown(entry.key.text)}", text)
        seen.setdefault(name, entry.key.text)


def _located(document: Document, fault: Fault) -> Problem:
    """The fault with its place. Tables stand in faults under their full names."""
    path = fault.path
    if path[:1] == ("tables",) and len(path) > 1:
        keys = (entry.key.text for entry in entries_at(document.root, "tables"))
        key = next((key for key in keys if (name := parse_table(key)) is not None and table_text(name) == path[1]), str(path[1]))
        path = ("tables", key, *path[2:])
    assert document.root is not None  # noqa: S101 - an empty file has no faults
    return Problem(place_of(document.root, path, key=False), shown(path_text(path), 120), fault.message)


def _without_rule(document: Document) -> Iterator[Problem]:
    """Values that say no rule, though only a document with paths may."""
    for table in entries_at(document.root, "tables"):
        for column in entries_at(table.value, "columns"):
            path: Path = ("tables", table.key.text, "columns", column.key.text)
            below = entries_at(column.value, "paths")
            if isinstance(column.value, MappingNode) and column.value.get("rule") is None and not below:
                yield Problem(column.key.position, shown(path_text(path), 120), "rule is missing; it says what happens to the values")
            for place in below:
                if isinstance(place.value, MappingNode) and place.value.get("rule") is None:
                    text = shown(path_text((*path, "paths", place.key.text)), 120)
                    yield Problem(place.key.position, text, "rule is missing; it says what happens to the values")


# --- the shape as what the library takes --------------------------------------------------------------------------------------------------


def _spec(shape: DataFile, document: Document, database: str, digest: str) -> DataSpec:
    root = document.root
    return DataSpec(
        database=database,
        tables={_name(key): _table(key, table, root) for key, table in shape.tables.items()},
        key=shape.key or "",
        locale=shape.locale,
        sizes={name: _size(size) for name, size in shape.sizes.items()},
        references=tuple(_reference(item, _line(root, ("references", i))) for i, item in enumerate(shape.references)),
        subset=_subset(shape.subset, root) if shape.subset is not None else None,
        k=shape.k,
        overlap=shape.overlap,
        missing=shape.missing,
        accepted=tuple(AcceptedProblem(item.problem, item.reason, _line(root, ("accepted", i))) for i, item in enumerate(shape.accepted)),
        canaries=tuple(shape.canaries),
        file=document.file,
        digest=digest,
    )


def _table(key: str, shape: DataTable, root: Node | None) -> TableSpec:
    path: Path = ("tables", key)
    columns = node_at(root, [*path, "columns"])
    return TableSpec(
        name=_name(key),
        columns={name: _column(column, root, (*path, "columns", name)) for name, column in shape.columns.items()},
        rows=Rows(shape.rows),
        quasi_identifiers=tuple(shape.quasi_identifiers),
        subject=shape.subject or "",
        row_key=tuple(shape.row_key),
        line=_line(root, path),
        undecided=_undecided(columns),
    )


def _column(shape: DataColumn, root: Node | None, path: Path) -> ColumnSpec:
    return ColumnSpec(
        value=_value(shape, root, path),
        paths={name: _value(value, root, (*path, "paths", name)) for name, value in shape.paths.items()},
        undecided=_undecided(node_at(root, [*path, "paths"])),
    )


def _value(shape: DataValue, root: Node | None, path: Path) -> ValueSpec:
    return ValueSpec(
        kind=Kind(shape.kind),
        rule=Rule(shape.rule or "keep"),
        domain=shape.domain or "",
        options=shape.options,
        reason=shape.reason or "",
        line=_line(root, path),
    )


def _undecided(node: Node | None) -> Mapping[str, int]:
    entries = node.entries if isinstance(node, MappingNode) else ()
    return {entry.key.text: entry.key.position.line for entry in entries if _is_undecided(entry.value)}


def _size(shape: DataSize) -> Size:
    return Size(shape.rows, shape.share, {_name(table): rows for table, rows in shape.tables.items()})


def _reference(shape: DataReference, line: int) -> VirtualReference:
    return VirtualReference(
        name=shape.name,
        table=_name(shape.table),
        columns=tuple(shape.columns),
        target=_name(shape.target),
        target_columns=tuple(shape.target_columns),
        when=tuple(shape.when.items()),
        line=line,
    )


def _subset(shape: DataSubset, root: Node | None) -> SubsetSpec:
    roots = (
        SubsetRoot(_name(item.table), item.percent, item.where or "", _line(root, ("subset", "roots", i)))
        for i, item in enumerate(shape.roots)
    )
    children = {_name(table): rows for table, rows in shape.children.items()}
    return SubsetSpec(tuple(roots), children, tuple(map(_name, shape.whole)))


def _name(text: str) -> TableName:
    return cast(TableName, parse_table(text))  # the shape refused what is none


def _line(root: Node | None, path: Path) -> int:
    return place_of(root, path, key=True).line if root is not None else 0
