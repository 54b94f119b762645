"""Which foreign keys decide a row's values, and which follow from others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from liftlock_datagen.catalog.model import Catalog, ForeignKey, Table, TableName
from liftlock_datagen.errors import Problem, ProblemCode


@dataclass(frozen=True, slots=True)
class TableLinks:
    """The foreign keys that rows are linked by. column -> (foreign key, target column) in `by_column`."""

    keys: tuple[ForeignKey, ...]
    problems: tuple[Problem, ...] = ()

    def of_column(self, column: str) -> tuple[ForeignKey, str] | None:
        """The foreign key that fills the column, and the parent's column that it takes."""
        for key in self.keys:
            if column in key.columns:
                return key, key.target_columns[key.columns.index(column)]
        return None


def find_links(table: Table, catalog: Catalog) -> TableLinks:
    """The table's foreign keys without those that others imply; overlapping ones that cannot be met together are problems."""
    known = {other.name for other in catalog.tables}
    problems = [
        Problem(str(table.name), key.columns[0], ProblemCode.UNSUPPORTED_TABLE, f"it refers to {key.target}, where no rows are made")
        for key in table.foreign_keys
        if key.target not in known
    ]
    candidates = sorted((key for key in table.foreign_keys if key.target in known), key=lambda key: -len(key.columns))
    kept: list[ForeignKey] = []
    for key in candidates:
        if any(_implies(other, key, catalog) for other in kept):
            continue
        clash = next((other for other in kept if set(other.columns) & set(key.columns)), None)
        if clash:
            shared = ", ".join(sorted(set(clash.columns) & set(key.columns)))
            text = f'foreign keys "{clash.name}" and "{key.name}" share it and refer to rows that may differ'
            problems.append(Problem(str(table.name), shared, ProblemCode.OVERLAPPING_FOREIGN_KEYS, text))
            continue
        kept.append(key)
    problems += [
        Problem(str(table.name), name, ProblemCode.UNSUPPORTED_TYPE, "it is generated and a foreign key at once")
        for key in kept
        for name in key.columns
        if table.column(name).generated
    ]
    order = {key.name: position for position, key in enumerate(table.foreign_keys)}
    return TableLinks(tuple(sorted(kept, key=lambda key: order[key.name])), tuple(problems))


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


def circular_columns(links: Mapping[TableName, TableLinks]) -> Iterator[Problem]:
    """Columns whose value, followed from parent to parent, would come from itself."""
    for table, found in sorted(links.items()):
        for key in found.keys:
            for column in key.columns:
                if _returns(table, column, links):
                    text = f'its value would come from itself through foreign key "{key.name}"'
                    yield Problem(str(table), column, ProblemCode.CIRCULAR_KEY, text)


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
