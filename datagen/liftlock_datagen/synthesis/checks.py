"""Reads the CHECKs of a table: what they demand of single columns, between two, and of columns to be planned together. Pure.

What cannot be met is a problem with its own code, named before any write.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

from liftlock_datagen.catalog.model import Check, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.check_demands import demands_of
from liftlock_datagen.synthesis.demands import (
    Among,
    ColumnDemand,
    Demand,
    Different,
    Ordered,
    Presence,
)
from liftlock_datagen.synthesis.expressions import (
    ColumnUse,
    Compare,
    Constant,
    Either,
    Every,
    Expression,
    Membership,
    Negation,
    NullTest,
    UnreadableExpressionError,
    columns_of,
    substitute,
    valued,
    whole_divisions,
)
from liftlock_datagen.synthesis.read_expressions import read_expression


@dataclass(frozen=True, slots=True)
class ReadCheck:
    """A CHECK, or one of the conditions that it joins by AND. name and expression: of the whole constraint."""

    name: str
    expression: str
    tree: Expression


@dataclass(frozen=True, slots=True)
class CheckFindings:
    """The demands of a table's checks, those that concern one column under its name.

    joint: the conditions whose columns must be planned together. problems: the checks that nothing can be made of.
    """

    by_column: dict[str, tuple[ColumnDemand, ...]] = field(default_factory=dict)
    between: tuple[Ordered | Different, ...] = ()
    joint: tuple[ReadCheck, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_checks(table: Table) -> CheckFindings:
    """What all CHECK constraints of the table, domains included, demand."""
    problems: list[Problem] = []
    alone: list[tuple[ReadCheck, tuple[Demand, ...]]] = []
    joint: list[ReadCheck] = []
    linked = _linked(table)
    for check in table.checks:
        conditions = _conditions(check, table)
        if conditions is None:
            problems.append(_unreadable(table, check))
        for condition in conditions or ():
            demands = demands_of(condition.tree)
            if demands is None or _better_together(condition.tree, demands, linked):
                joint.append(condition)
            else:
                alone.append((condition, demands))
    alone, joint = _drawn_in(alone, joint)
    by_column: dict[str, list[ColumnDemand]] = defaultdict(list)
    between: list[Ordered | Different] = []
    for demand in (demand for _, demands in alone for demand in demands):
        if isinstance(demand, Ordered | Different):
            between.append(demand)
        else:
            by_column[demand.column].append(demand)
    return CheckFindings({name: tuple(found) for name, found in by_column.items()}, tuple(between), tuple(joint), tuple(problems))


def _unreadable(table: Table, check: Check) -> Problem:
    column = next((c.name for c in table.columns if re.search(rf"(?<!\w){re.escape(c.name)}(?!\w)", check.expression)), None)
    text = f'CHECK "{check.name}" ({check.expression}) is of a form that no values can be planned for'
    return Problem(str(table.name), column, ProblemCode.UNPLANNABLE_CHECK, text)


def _conditions(check: Check, table: Table) -> list[ReadCheck] | None:
    """What the check joins by AND, one by one; generated columns as what they are computed from."""
    try:
        whole = frozenset(column.name for column in table.columns if column.type.name in {"int2", "int4", "int8"})
        tree = whole_divisions(substitute(read_expression(check.expression), generated_columns(table)), whole)
    except UnreadableExpressionError:
        return None
    parts = _simplified(tree)
    return [ReadCheck(check.name, check.expression, part) for part in (parts.parts if isinstance(parts, Every) else (parts,))]


def generated_columns(table: Table) -> dict[str, Expression]:
    """The expressions of the table's generated columns, as far as they can be read."""
    found = {}
    for column in table.columns:
        if column.generated and column.default:
            with suppress(UnreadableExpressionError):
                found[column.name] = read_expression(column.default)
    return found


def _simplified(tree: Expression) -> Expression:
    """Nested ANDs as one, and `x IS NULL OR …x…` without its first part: a CHECK passes on NULL anyway."""
    if isinstance(tree, Every):
        parts = [_simplified(part) for part in tree.parts]
        return Every(tuple(one for part in parts for one in (part.parts if isinstance(part, Every) else (part,))))
    if isinstance(tree, Either):
        asked = [valued(part) for part in tree.parts]
        kept = tuple(part for part in tree.parts if not _is_guard(part, [found for found in asked if found]))
        return kept[0] if len(kept) == 1 else Either(kept) if kept else tree
    return tree


def _is_guard(part: Expression, asked: list[frozenset[str]]) -> bool:
    match part:
        case NullTest(ColumnUse(name), False):
            return len(asked) == 1 and name in asked[0]
    return False


def _linked(table: Table) -> frozenset[str]:
    """Columns whose values come from elsewhere, or must differ."""
    keys = {name for key in table.foreign_keys for name in key.columns}
    return frozenset(keys | {part.column for index in table.indexes if index.unique for part in index.parts if part.column})


def _better_together(tree: Expression, demands: tuple[Demand, ...], linked: frozenset[str]) -> bool:
    """Whether more than one part of an OR should come true among the rows: meeting just one would fix a column, or leave it empty."""
    if not isinstance(tree, Either) or len(columns_of(tree)) < 2 or valued(tree) & linked:
        return False
    fixed = any((isinstance(demand, Presence) and demand.absent) or isinstance(demand, Among) for demand in demands)
    return fixed or _asks_for_lists(tree)


def _asks_for_lists(tree: Expression) -> bool:
    match tree:
        case Every(parts) | Either(parts):
            return all(map(_asks_for_lists, parts))
        case Negation(part):
            return _asks_for_lists(part)
        case NullTest(ColumnUse()) | Membership(ColumnUse()) | ColumnUse() | Compare("=" | "<>", ColumnUse(), Constant()):
            return True
        case _:
            return False


def _drawn_in(
    alone: list[tuple[ReadCheck, tuple[Demand, ...]]], joint: list[ReadCheck]
) -> tuple[list[tuple[ReadCheck, tuple[Demand, ...]]], list[ReadCheck]]:
    """The conditions between columns of which one is planned jointly must be planned jointly, too."""
    taken = {name for condition in joint for name in valued(condition.tree)}
    while True:
        more = [
            (condition, demands)
            for condition, demands in alone
            if any(isinstance(demand, Ordered | Different | Among) for demand in demands) and columns_of(condition.tree) & taken
        ]
        if not more:
            return alone, joint
        alone = [pair for pair in alone if pair not in more]
        joint = [*joint, *(condition for condition, _ in more)]
        taken |= {name for condition, _ in more for name in columns_of(condition.tree)}
