"""The tree of an SQL expression, as far as it is understood: closed set of frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never


class UnreadableExpressionError(Exception):
    """The text holds something that this reader does not know."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal as text; None is NULL. Booleans are "true" and "false". type: what it is cast to; "number" for a bare number."""

    text: str | None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call, a cast to a type that changes the value (name "cast date"), or an infix operator that is no comparison.

    name is lower case. EXTRACT is "extract year", IS DISTINCT FROM "distinct", x = ANY (array) "any" with the operator first.
    """

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """left operator right; the operator as printed: =, <>, <, <=, >, >=, ~, ~*, !~, !~*, ~~, !~~, …"""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Every:
    """AND."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """OR."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    part: Expression


@dataclass(frozen=True, slots=True)
class NullTest:
    """IS NULL, or IS NOT NULL where negated."""

    part: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """= ANY (ARRAY[…]), or <> ALL (ARRAY[…]) where negated."""

    part: Expression
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class CaseWhen:
    """CASE WHEN condition THEN value … ELSE otherwise END."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression


Expression = ColumnUse | Constant | Call | Compare | Every | Either | Negation | NullTest | Membership | CaseWhen


def parts_of(tree: Expression) -> tuple[Expression, ...]:
    """The expressions that the expression is directly made of."""
    match tree:
        case ColumnUse() | Constant():
            return ()
        case Call(_, parts) | Every(parts) | Either(parts):
            return parts
        case Compare(_, left, right):
            return left, right
        case Negation(part) | NullTest(part) | Membership(part):
            return (part,)
        case CaseWhen(branches, otherwise):
            return (*(part for branch in branches for part in branch), otherwise)
        case _:
            assert_never(tree)


def columns_of(tree: Expression) -> frozenset[str]:
    """The columns that the expression mentions."""
    if isinstance(tree, ColumnUse):
        return frozenset({tree.name})
    return frozenset(name for part in parts_of(tree) for name in columns_of(part))


def substitute(tree: Expression, known: Mapping[str, Expression]) -> Expression:
    """The expression with some columns replaced by expressions: a generated column by what it is computed from."""
    return rebuilt(tree, lambda part: known.get(part.name, part) if isinstance(part, ColumnUse) else part)


def whole_divisions(tree: Expression, whole: frozenset[str]) -> Expression:
    """The expression with "/" between whole numbers as "div", which drops the rest. whole: the columns of integer types."""

    def change(part: Expression) -> Expression:
        if isinstance(part, Call) and part.name == "/" and all(_is_whole(one, whole) for one in part.arguments):
            return Call("div", part.arguments)
        return part

    return rebuilt(tree, change)


def _is_whole(tree: Expression, whole: frozenset[str]) -> bool:
    match tree:
        case ColumnUse(name):
            return name in whole
        case Constant(text, kind):
            return kind in {"integer", "bigint", "smallint"} or (kind == "number" and (text or "").lstrip("-").isdigit())
        case Call("+" | "-" | "*" | "%" | "mod" | "div" | "abs", parts):
            return all(_is_whole(part, whole) for part in parts)
        case Call(name):
            return name in {"length", "char_length", "cardinality", "array_length", "cast integer"}
        case _:
            return False


def rebuilt(tree: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with every part changed, the innermost first."""

    def each(parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
        return tuple(rebuilt(part, change) for part in parts)

    match tree:
        case ColumnUse() | Constant():
            return change(tree)
        case Call(name, parts):
            return change(Call(name, each(parts)))
        case Every(parts):
            return change(Every(each(parts)))
        case Either(parts):
            return change(Either(each(parts)))
        case Compare(sign, left, right):
            return change(Compare(sign, rebuilt(left, change), rebuilt(right, change)))
        case Negation(part):
            return change(Negation(rebuilt(part, change)))
        case NullTest(part, negated):
            return change(NullTest(rebuilt(part, change), negated))
        case Membership(part, values, negated):
            return change(Membership(rebuilt(part, change), values, negated))
        case CaseWhen(branches, otherwise):
            pairs = tuple((rebuilt(one, change), rebuilt(other, change)) for one, other in branches)
            return change(CaseWhen(pairs, rebuilt(otherwise, change)))
        case _:
            assert_never(tree)


def valued(tree: Expression, *, below_null_test: bool = False) -> frozenset[str]:
    """The columns of which the expression asks more than whether they are NULL."""
    if isinstance(tree, ColumnUse):
        return frozenset() if below_null_test else frozenset({tree.name})
    counts = isinstance(tree, Call) and tree.name in {"num_nonnulls", "num_nulls"}
    passes = below_null_test and isinstance(tree, Call) and tree.name == "coalesce"
    inner = isinstance(tree, NullTest) or counts or passes
    return frozenset(name for part in parts_of(tree) for name in valued(part, below_null_test=inner))
