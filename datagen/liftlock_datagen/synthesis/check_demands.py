"""Turns the condition of a CHECK into demands on columns that a plan can meet. Pure.

A disjunction is met by meeting one of its parts, the one that costs the rows least of their variety.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from liftlock_datagen.synthesis.demands import (
    NOW,
    Among,
    Bound,
    CaseKept,
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
)
from liftlock_datagen.synthesis.regular import like_pattern

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "=", "~": "!~", "~*": "!~*", "~~": "!~~"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length"}
_TRIMS = {"btrim", "ltrim", "rtrim"}


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
