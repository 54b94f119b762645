"""Evaluates an SQL expression on one row of Python values, by SQL's rules for NULL. Pure; for planning, never for every row.

Values: None, bool, Decimal, str, date, datetime (UTC, no zone), time, timedelta, a list for arrays and JSON arrays, a dict for
JSON objects, and OPAQUE for a value that is there and about which nothing else is known.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, DecimalException
from typing import Any, assert_never

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
from liftlock_datagen.synthesis.regular import like_pattern, python_pattern
from liftlock_datagen.synthesis.sql_functions import FUNCTIONS
from liftlock_datagen.synthesis.sql_values import NotEvaluableError, Opaque, constant_value, same_kind

Value = Any  # one of the above; the functions check what they are given
Row = Mapping[str, Value]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(tree: Expression, row: Row, now: datetime) -> Value:
    """The expression's value; NotEvaluableError where it holds anything unknown. now: what the clock is taken to say."""
    match tree:
        case ColumnUse(name):
            if name not in row:
                raise NotEvaluableError(name)
            return row[name]
        case Constant():
            return constant_value(tree)
        case Every(parts):
            return _every(parts, row, now)
        case Either(parts):
            return _negated(_every(tuple(Negation(part) for part in parts), row, now))
        case Negation(part):
            return _negated(evaluate(part, row, now))
        case NullTest(part, negated):
            return (evaluate(part, row, now) is None) is not negated
        case Membership(part, values, negated):
            return _among(evaluate(part, row, now), values, negated=negated)
        case Compare(sign, left, right):
            return compare(sign, evaluate(left, row, now), evaluate(right, row, now))
        case CaseWhen(branches, otherwise):
            chosen = next((value for condition, value in branches if evaluate(condition, row, now) is True), otherwise)
            return evaluate(chosen, row, now)
        case Call():
            return _call(tree, row, now)
        case _:
            assert_never(tree)


def holds(tree: Expression, row: Row, moments: tuple[datetime, ...]) -> bool:
    """Whether a CHECK with the expression passes: it is true or NULL, whichever of the moments it is."""
    try:
        return all(evaluate(tree, row, now) is not False for now in moments)
    except (DecimalException, ValueError, OverflowError, TypeError, KeyError, IndexError):
        return False  # the database would refuse such a row, with a division by zero or a value out of range


def compare(sign: str, left: Value, right: Value) -> bool | None:
    """left sign right."""
    if left is None or right is None:
        return None
    if isinstance(left, Opaque) or isinstance(right, Opaque):
        raise NotEvaluableError(sign)
    if sign in _COMPARISONS:
        return _COMPARISONS[sign](*same_kind(left, right))
    if sign.endswith(("~", "~*")) and isinstance(left, str) and isinstance(right, str):
        return _matches(sign, left, right)
    raise NotEvaluableError(sign)


def _matches(sign: str, text: str, pattern: str) -> bool:
    ignore = re.IGNORECASE if sign.endswith("*") else 0
    if "~~" in sign:
        found = re.fullmatch(like_pattern(pattern), text, ignore | re.DOTALL)
    else:
        found = re.search(python_pattern(pattern), text, ignore)
    return (found is not None) is not sign.startswith("!")


def _every(parts: tuple[Expression, ...], row: Row, now: datetime) -> bool | None:
    result: bool | None = True
    for part in parts:
        found = evaluate(part, row, now)
        if found is False:
            return False
        result = None if found is None else result
    return result


def _negated(value: Value) -> bool | None:
    return None if value is None else not value


def _among(value: Value, texts: tuple[str, ...], *, negated: bool) -> bool | None:
    found = [compare("=", value, text) for text in texts]
    if None in found:
        return None
    return any(found) is not negated


def _call(call: Call, row: Row, now: datetime) -> Value:
    if call.name == "now":
        return now
    values = [evaluate(part, row, now) for part in call.arguments]
    if call.name == "coalesce":
        return next((value for value in values if value is not None), None)
    if call.name == "num_nonnulls":
        return Decimal(sum(value is not None for value in values))
    if call.name == "num_nulls":
        return Decimal(sum(value is None for value in values))
    if call.name == "array":
        return values
    if any(isinstance(value, Opaque) for value in values):
        raise NotEvaluableError(call.name)
    if call.name == "distinct":
        return (values[0] is None) is not (values[1] is None) or bool(compare("<>", *values))
    if call.name in {"greatest", "least"}:
        known = [value for value in values if value is not None]
        return (max if call.name == "greatest" else min)(known, default=None)
    if call.name in {"any", "all"}:
        return _quantified(call.name, values)
    if any(value is None for value in values):
        return None
    if call.name == "nullif":
        return None if compare("=", *values) else values[0]
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise NotEvaluableError(call.name)
    return function(*values)


def _quantified(name: str, values: list[Value]) -> bool | None:
    sign, one, many = values
    if one is None or many is None:
        return None
    found = [compare(sign, one, value) for value in many]
    return any(found) if name == "any" else all(found)
