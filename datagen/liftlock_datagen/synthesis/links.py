"""Which foreign keys decide a row's values, and which follow from others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from liftlock_datagen.catalog.model import Catalog, ForeignKey, Table, TableName
from liftlock_datagen.errors import Problem, ProblemCode


@dataclass(frozen=True, slots=True)
class TableLinks:
    """The foreign keys that rows are linked by.

    shared: of a key that shares columns with earlier ones, these columns; its parents are chosen among those that agree on them.
    own: columns of keys that have values of their own, because they would else come from themselves. echoes: keys that hold because every
    row of the parent refers back to a row of its own here.
    """

    keys: tuple[ForeignKey, ...]
    problems: tuple[Problem, ...] = ()
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    echoes: tuple[ForeignKey, ...] = ()

    def of_column(self, column: str) -> tuple[ForeignKey, str] | None:
        """The foreign key that fills the column, and the parent's column that it takes."""
        if column in self.own:
            return None
        for key in self.keys:
            if column in key.columns and column not in self.shared.get(key.name, ()):
                return key, key.target_columns[key.columns.index(column)]
        return None


@dataclass(frozen=True, slots=True)
class Anchors:
    """Columns that must not be filled by the key that would fill them first. own: by none at all."""

    other: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def all_links(catalog: Catalog) -> dict[TableName, TableLinks]:
    """Every table's links, such that no column's value comes from itself where that can be."""
    anchors = {table.name: Anchors() for table in catalog.tables}
    links = {table.name: find_links(table, catalog, Anchors()) for table in catalog.tables}
    while (circle := next(circular_columns(links), None)) is not None:
        table, column, _ = circle
        before = anchors[table]
        if column in before.own:
            break
        anchors[table] = (
            replace(before, own=before.own | {column}) if column in before.other else replace(before, other=before.other | {column})
        )
        links[table] = find_links(catalog.table(table), catalog, anchors[table])
    clashing = {name: list(_clashes(catalog.table(name), links)) for name in links}
    return {name: replace(found, problems=(*found.problems, *clashing[name])) for name, found in links.items()}


def find_links(table: Table, catalog: Catalog, anchors: Anchors) -> TableLinks:
    """The table's foreign keys without those that others imply. The first that holds a column fills it; others agree with it."""
    known = {other.name for other in catalog.tables}
    problems = [
        Problem(str(table.name), key.columns[0], ProblemCode.UNSUPPORTED_TABLE, f"it refers to {key.target}, where no rows are made")
        for key in table.foreign_keys
        if key.target not in known
    ]
    candidates = sorted((key for key in table.foreign_keys if key.target in known), key=lambda key: _rank(key, anchors))
    kept: list[ForeignKey] = []
    shared: dict[str, frozenset[str]] = {}
    echoes: list[ForeignKey] = []
    filled = set(anchors.own)
    for key in candidates:
        if any(_implies(other, key, catalog) for other in kept):
            continue
        common = filled & set(key.columns)
        if common == set(key.columns):
            echoes.append(key)
            continue
        if common:
            shared[key.name] = frozenset(common)
        filled |= set(key.columns)
        kept.append(key)
    problems += [
        Problem(str(table.name), name, ProblemCode.UNSUPPORTED_TYPE, "it is generated and a foreign key at once")
        for key in kept
        for name in key.columns
        if table.column(name).generated
    ]
    order = {key.name: position for position, key in enumerate(table.foreign_keys)}
    ordered = tuple(sorted(kept, key=lambda key: (key.name in shared, order[key.name])))
    return TableLinks(ordered, tuple(problems), shared, anchors.own, tuple(echoes))


def _rank(key: ForeignKey, anchors: Anchors) -> tuple[int, int]:
    """Keys of many columns first, as they imply others; but the smallest first that hold a column which must come from elsewhere."""
    return (0, len(key.columns)) if anchors.other & set(key.columns) else (1, -len(key.columns))


def _clashes(table: Table, links: Mapping[TableName, TableLinks]) -> Iterator[Problem]:
    """Keys whose shared columns do not come from the same place as those of the rows that they refer to, and keys that nothing fills."""
    found = links[table.name]
    for key in found.keys:
        for column in sorted(found.shared.get(key.name, ())):
            target = key.target_columns[key.columns.index(column)]
            if root_of(table.name, column, links) != root_of(key.target, target, links):
                text = f'foreign key "{key.name}" shares it with another and refers to rows that may differ'
                yield Problem(str(table.name), column, ProblemCode.OVERLAPPING_FOREIGN_KEYS, text)
    for key in found.echoes:
        if not _echoed(table, key, links):
            text = f'foreign key "{key.name}" has no column of its own, and its parents may differ from those of the others'
            yield Problem(str(table.name), key.columns[0], ProblemCode.OVERLAPPING_FOREIGN_KEYS, text)


def _echoed(table: Table, key: ForeignKey, links: Mapping[TableName, TableLinks]) -> bool:
    """Whether the parent's key is filled from this table's very columns, so that equally many rows meet one another."""
    steps = [links[key.target].of_column(column) for column in key.target_columns]
    back = [step for step in steps if step is not None and step[0].target == table.name]
    return len(back) == len(steps) and tuple(step[1] for step in back) == key.columns


def root_of(table: TableName, column: str, links: Mapping[TableName, TableLinks]) -> tuple[TableName, str]:
    """Where the column's values come from, followed from parent to parent."""
    seen = set()
    while (table, column) not in seen:
        seen.add((table, column))
        step = links[table].of_column(column)
        if step is None:
            break
        table, column = step[0].target, step[1]
    return table, column


def _implies(strong: ForeignKey, weak: ForeignKey, catalog: Catalog) -> bool:
    """Whether a row that obeys `strong` obeys `weak`: the same target, or the parent refers to the target by the same columns."""
    if not set(weak.columns) <= set(strong.columns):
        return False
    seen_as = {name: strong.target_columns[strong.columns.index(name)] for name in weak.columns}
    wanted = {seen_as[name]: target for name, target in zip(weak.columns, weak.target_columns, strict=True)}
    if strong.target == weak.target and all(column == target for column, target in wanted.items()):
        return True
    return any(
        key.target == weak.target and dict(zip(key.columns, key.target_columns, strict=True)) == wanted
        for key in catalog.table(strong.target).foreign_keys
    )


def circular_columns(links: Mapping[TableName, TableLinks]) -> Iterator[tuple[TableName, str, ForeignKey]]:
    """Columns whose value, followed from parent to parent, would come from itself."""
    for table, found in sorted(links.items(), key=lambda item: item[0]):
        for key in found.keys:
            for column in key.columns:
                if _returns(table, column, links):
                    yield table, column, key


def circular_problems(links: Mapping[TableName, TableLinks]) -> list[Problem]:
    """The circles that could not be opened."""
    return [
        Problem(str(table), column, ProblemCode.CIRCULAR_KEY, f'its value would come from itself through foreign key "{key.name}"')
        for table, column, key in circular_columns(links)
    ]


def _returns(table: TableName, column: str, links: Mapping[TableName, TableLinks]) -> bool:
    start, seen = (table, column), set()
    at = start
    while at not in seen:
        seen.add(at)
        step = links[at[0]].of_column(at[1]) if at[0] in links else None
        if step is None:
            return False
        at = (step[0].target, step[1])
    return at == start


def load_order(links: Mapping[TableName, TableLinks]) -> tuple[tuple[TableName, ...], ...]:
    """Groups of tables that refer to one another (strongly connected), parents' groups first: Tarjan's algorithm, by name."""
    numbers: dict[TableName, int] = {}
    lowest: dict[TableName, int] = {}
    stack: list[TableName] = []
    groups: list[tuple[TableName, ...]] = []

    def visit(table: TableName) -> None:
        numbers[table] = lowest[table] = len(numbers)
        stack.append(table)
        for parent in sorted({key.target for key in links[table].keys}):
            if parent not in numbers:
                visit(parent)
                lowest[table] = min(lowest[table], lowest[parent])
            elif parent in stack:
                lowest[table] = min(lowest[table], numbers[parent])
        if lowest[table] == numbers[table]:
            at = stack.index(table)
            groups.append(tuple(sorted(stack[at:])))
            del stack[at:]

    for table in sorted(links):
        if table not in numbers:
            visit(table)
    return tuple(groups)
