"""Turns CHECK constraints into demands on columns that a plan can meet. Pure.

A disjunction is met by meeting one of its parts, the one that costs the rows least of their variety. What cannot be met so is a problem
with its own code, named before any write.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import assert_never

from liftlock_datagen.catalog.model import Check, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.demands import (
    NOW,
    Among,
    Bound,
    CaseKept,
    ColumnDemand,
    Demand,
    Different,
    JsonShape,
    LengthBound,
    Matching,
    Ordered,
    Presence,
)
from liftlock_datagen.synthesis.expressions import (
    Call,
    CaseWhen,
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
from liftlock_datagen.synthesis.regular import like_pattern

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "=", "~": "!~", "~*": "!~*", "~~": "!~~"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length"}
_TRIMS = {"btrim", "ltrim", "rtrim"}


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


def demands_of(tree: Expression) -> tuple[Demand, ...] | None:
    """Demands that, met together, make the expression true or NULL; None where no such are known."""
    match tree:
        case Every(parts):
            return _joined(demands_of(part) for part in parts)
        case Either(parts):
            choices = [found for found in map(demands_of, parts) if found is not None]
            return min(choices, key=_cost, default=None)
        case Negation(part):
            negated = _negate(part)
            return None if negated is None else demands_of(negated)
        case NullTest(ColumnUse(name), negated):
            return (Presence(name, absent=not negated),)
        case Membership(ColumnUse(name), values, negated):
            return (Among(name, values, negated),)
        case Compare(sign, left, right):
            return _comparison(sign, left, right)
        case ColumnUse(name):
            return (Among(name, ("true",)),)
        case Constant("true"):
            return ()
        case NullTest() | Membership() | Constant() | Call() | CaseWhen():
            return None
        case _:
            assert_never(tree)


def _joined(found: Iterable[tuple[Demand, ...] | None]) -> tuple[Demand, ...] | None:
    demands: tuple[Demand, ...] = ()
    for part in found:
        if part is None:
            return None
        demands += part
    return demands


def _cost(demands: tuple[Demand, ...]) -> int:
    """How much variety the rows lose: an always empty column is the worst, a fixed set of values the next."""
    prices = {Presence: 1, Among: 3}
    return sum(9 if isinstance(d, Presence) and d.absent else prices.get(type(d), 2) for d in demands)


def _negate(tree: Expression) -> Expression | None:
    match tree:
        case Compare(sign, left, right) if sign in _NEGATED:
            return Compare(_NEGATED[sign], left, right)
        case NullTest(part, negated):
            return NullTest(part, not negated)
        case Membership(part, values, negated):
            return Membership(part, values, not negated)
        case ColumnUse():
            return Compare("=", tree, Constant("false"))
        case Negation(part):
            return part
        case Every(parts) | Either(parts):
            negated_parts = tuple(_negate(part) for part in parts)
            if any(part is None for part in negated_parts):
                return None
            whole = tuple(part for part in negated_parts if part is not None)
            return Either(whole) if isinstance(tree, Every) else Every(whole)
        case _:
            return None


def _bare(tree: Expression) -> Expression:
    """The expression without a cast between numbers, which changes no column's value."""
    return tree.arguments[0] if isinstance(tree, Call) and tree.name == "cast numeric" else tree


def _comparison(sign: str, left: Expression, right: Expression) -> tuple[Demand, ...] | None:
    left, right = _bare(left), _bare(right)
    if isinstance(left, Constant) or (isinstance(left, Call) and left.name == NOW):
        if sign not in _MIRRORED:
            return None
        sign, left, right = _MIRRORED[sign], right, left
    match left, right:
        case ColumnUse(name), Constant(str(value)):
            return _against_constant(sign, name, value)
        case ColumnUse(name), Call("now", ()) if sign in {"<", "<=", ">", ">="}:
            return (Bound(name, NOW, lower=sign[0] == ">", strict=len(sign) == 1),)
        case ColumnUse(name), ColumnUse(other):
            return _between_columns(sign, name, other)
        case Call(), Constant(str(value)):
            return _call_against_constant(sign, left, value)
        case Call(function, (ColumnUse(name),)), ColumnUse(other) if sign == "=" and name == other:
            return (CaseKept(name, function),) if function in _TRIMS | {"lower", "upper"} else None
        case ColumnUse(), Call(_, (ColumnUse(),)) if sign == "=":
            return _comparison("=", right, left)
        case NullTest(ColumnUse(name), _), NullTest(ColumnUse(other), _) if sign == "=" and left.negated == right.negated:
            return (Presence(name, absent=False), Presence(other, absent=False))
        case _:
            return None


def _against_constant(sign: str, name: str, value: str) -> tuple[Demand, ...] | None:
    if sign == "=":
        return (Among(name, (value,)),)
    if sign == "<>":
        return (Among(name, (value,), negated=True),)
    if sign in {"<", "<=", ">", ">="}:
        return (Bound(name, value, lower=sign[0] == ">", strict=len(sign) == 1),)
    if sign in {"~", "~*", "!~", "!~*"}:
        return (Matching(name, value, ignore_case=sign.endswith("*"), negated=sign.startswith("!")),)
    if sign in {"~~", "!~~", "~~*", "!~~*"}:
        return (Matching(name, f"^{like_pattern(value)}$", ignore_case=sign.endswith("*"), negated=sign.startswith("!")),)
    return None


def _between_columns(sign: str, name: str, other: str) -> tuple[Demand, ...] | None:
    if sign in {"<", "<="}:
        return (Ordered(name, other, strict=sign == "<"),)
    if sign in {">", ">="}:
        return (Ordered(other, name, strict=sign == ">"),)
    return (Different(name, other),) if sign == "<>" else None


def _call_against_constant(sign: str, call: Call, value: str) -> tuple[Demand, ...] | None:
    inner = call.arguments[0] if call.arguments else None
    if isinstance(inner, Call) and inner.name in _TRIMS and len(inner.arguments) == 1:
        inner = inner.arguments[0]  # generated text has no blanks at its ends, so trimming changes nothing
    if not isinstance(inner, ColumnUse) or len(call.arguments) != 1:
        return None
    if call.name in _TRIMS and sign == "<>" and not value:
        return (LengthBound(inner.name, 1, None),)
    if call.name in {"jsonb_typeof", "json_typeof"} and sign == "=" and value in {"object", "array"}:
        return (JsonShape(inner.name, value),)
    if call.name in _LENGTHS and value.isdigit():
        return _length(sign, inner.name, int(value))
    return None


def _length(sign: str, name: str, value: int) -> tuple[Demand, ...] | None:
    bounds: dict[str, tuple[int, int | None]] = {
        "=": (value, value),
        "<": (0, value - 1),
        "<=": (0, value),
        ">": (value + 1, None),
        ">=": (value, None),
    }
    if sign == "<>" and value == 0:
        return (LengthBound(name, 1, None),)
    return (LengthBound(name, *bounds[sign]),) if sign in bounds else None
