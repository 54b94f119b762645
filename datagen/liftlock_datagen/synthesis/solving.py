"""Makes rows of a few columns that meet conditions between them: each condition is made true by choosing the values that it asks for.

Pure and deterministic. It works on Python values when a load is planned; what it finds becomes a table that all rows draw from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Any

from liftlock_datagen.synthesis.dice import Dice
from liftlock_datagen.synthesis.domains import Domain
from liftlock_datagen.synthesis.drawn_row import DrawnRow
from liftlock_datagen.synthesis.evaluate import compare, evaluate, holds
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
from liftlock_datagen.synthesis.limits import FAR_FUTURE, LAST_MOMENT
from liftlock_datagen.synthesis.sql_values import NotEvaluableError

MOMENTS = tuple(datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for second in (LAST_MOMENT, FAR_FUTURE))
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "=", "~": "!~", "!~": "~", "~~": "!~~", "!~~": "~~"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_SIZES = {"array_length", "cardinality", "jsonb_array_length"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length"}
_SAME = {
    "lower",
    "upper",
    "btrim",
    "ltrim",
    "rtrim",
    "coalesce",
    "abs",
    "cast timestamp",
    "cast timestamptz",
    "cast date",
    "cast numeric",
    "round",
}
_ERRORS = (NotEvaluableError, DecimalException, ValueError, OverflowError, TypeError, KeyError, IndexError)
_ROUNDS = 3


@dataclass
class Solver:
    """Rows over the domains' columns in which all conditions hold."""

    domains: Mapping[str, Domain]
    conditions: Sequence[Expression]
    dice: Dice
    _drawn: DrawnRow = field(init=False)

    def __post_init__(self) -> None:
        self._drawn = DrawnRow(self.domains, self.dice)

    @property
    def row(self) -> dict[str, Any]:
        """The values of this moment."""
        return self._drawn.values

    def rows(self, most: int, throws: int) -> list[dict[str, Any]]:
        """Up to `most` different rows, from that many beginnings."""
        found: dict[str, dict[str, Any]] = {}
        try:
            self._fill(found, most, throws)
        except NotEvaluableError:
            return []
        return list(found.values())

    def _fill(self, found: dict[str, dict[str, Any]], most: int, throws: int) -> None:
        for throw in range(throws):
            if len(found) >= most or (throw >= throws // 4 and not found):
                break
            self._drawn.begin()
            if self._settle():
                found.setdefault(repr(sorted(self.row.items())), dict(self.row))

    def _settle(self) -> bool:
        for _ in range(_ROUNDS):
            if self._good():
                return True
            for condition in self.conditions:
                if not holds(condition, self.row, MOMENTS):
                    self._try(condition)
        return self._good()

    def _good(self) -> bool:
        return self._drawn.admitted() and all(holds(condition, self.row, MOMENTS) for condition in self.conditions)

    def _try(self, condition: Expression) -> None:
        try:
            self._enforce(condition, wanted=True)
        except _ERRORS:
            return

    def _value(self, tree: Expression) -> Any:
        return evaluate(tree, self.row, MOMENTS[0])

    def _enforce(self, tree: Expression, *, wanted: bool) -> None:  # noqa: PLR0912 - one case for each kind of node
        match tree:
            case Every(parts) | Either(parts) if isinstance(tree, Every) is wanted:
                for part in parts:
                    if self._value(part) is not wanted:
                        self._enforce(part, wanted=wanted)
            case Every(parts) | Either(parts):
                self._enforce(parts[self.dice.below(len(parts))], wanted=wanted)
            case Negation(part):
                self._enforce(part, wanted=not wanted)
            case NullTest(part, negated):
                self._set_presence(part, present=negated is wanted)
            case ColumnUse(name):
                self.row[name] = wanted
            case Membership(part, values, negated):
                self._choose(part, values, among=negated is not wanted)
            case Compare(sign, left, right):
                self._compare(sign if wanted else _NEGATED[sign], left, right)
            case CaseWhen(branches, otherwise):
                chosen = next((value for condition, value in branches if self._value(condition) is True), otherwise)
                self._enforce(chosen, wanted=wanted)
            case Call("?" | "jsonb_exists", (ColumnUse(name), Constant(str(key)))) if wanted:
                self._drawn.set_key(name, key, "x")
            case Call("distinct", (left, right)):
                self._compare("<>" if wanted else "=", left, right)
            case Call("any", (Constant(str(sign)), left, right)) if wanted:
                self._compare(sign, left, Call("subscript", (right, Constant("1", "number"))))
            case _:
                return

    def _set_presence(self, tree: Expression, *, present: bool) -> None:
        names = [part.name for part in tree.arguments if isinstance(part, ColumnUse)] if isinstance(tree, Call) else []
        if isinstance(tree, ColumnUse):
            names = [tree.name]
        if present and names:
            names = [names[self.dice.below(len(names))]]
        for name in names:
            self._drawn.make_present(name, present=present)

    def _choose(self, part: Expression, values: tuple[str, ...], *, among: bool) -> None:
        if among:
            self._adjust(part, "=", values[self.dice.below(len(values))])
        elif isinstance(part, ColumnUse):
            others = [value for value in self.domains[part.name].values if all(compare("=", value, text) is False for text in values)]
            if others:
                self.row[part.name] = others[self.dice.below(len(others))]

    def _compare(self, sign: str, left: Expression, right: Expression) -> None:
        """Makes left sign right true by moving one side, or the other where that one cannot be moved."""
        if sign in {"=", "<>"} and _is_condition(left) and _is_condition(right):
            self._enforce(left, wanted=bool(self._value(right)) is (sign == "="))
            return
        sides = [(left, sign, right), (right, _MIRRORED.get(sign, sign), left)]
        if isinstance(left, ColumnUse) and isinstance(right, ColumnUse) and self.dice.below(2):
            sides.reverse()
        for moved, how, other in sides:
            value = self._value(other)
            if value is None or (how == sign and sign not in _MIRRORED and moved is right):
                continue
            if self._adjust(moved, how, value):
                return

    def _adjust(self, tree: Expression, sign: str, value: Any) -> bool:
        """Makes tree sign value true by changing a column in it; False where nothing can be changed."""
        match tree:
            case ColumnUse(name):
                return self._drawn.set(name, sign, value)
            case Call("+" | "-" | "*" | "/" as operation, (left, right)):
                return self._invert(operation, left, right, sign, value)
            case Call("div", (left, right)) if sign == "=":
                return self._adjust(left, "=", value * self._value(right))
            case Call("%" | "mod", (left, Constant() as step)) if sign == "=":
                now = self._value(left)
                return self._adjust(left, "=", now - self._value(Call("%", (left, step))) + Decimal(value))
            case Call("date_trunc" | "timezone", (_, inner)):
                return self._adjust(inner, sign, value)
            case Call("->>" | "->", (ColumnUse(name), Constant(str(key)))) if sign == "=":
                return self._drawn.set_key(name, key, value)
            case Call(function, (ColumnUse(name), *_)) if function in _LENGTHS | _SIZES:
                return self._drawn.resize(name, sign, int(value))
            case Call("num_nonnulls" | "num_nulls", parts):
                names = [part.name for part in parts if isinstance(part, ColumnUse)]
                return self._drawn.count(names, sign, int(value) if tree.name == "num_nonnulls" else len(names) - int(value))
            case Call(function, (inner, *_)) if function in _SAME:
                if isinstance(inner, ColumnUse) and self.row.get(inner.name) is None and function == "coalesce":
                    self._drawn.make_present(inner.name, present=True)
                return self._adjust(inner, sign, value)
            case CaseWhen(branches, otherwise):
                chosen = next((found for condition, found in branches if self._value(condition) is True), otherwise)
                return self._adjust(chosen, sign, value)
            case _:
                return False

    def _invert(self, operation: str, left: Expression, right: Expression, sign: str, value: Any) -> bool:
        one, other = self._value(left), self._value(right)
        if one is None or other is None:
            return False
        flipped = _MIRRORED[sign]
        match operation:
            case "+":
                tries = [(left, sign, value - other), (right, sign, value - one)]
            case "-":
                tries = [(left, sign, value + other), (right, flipped, one - value)]
            case "/":
                tries = [(left, sign if other > 0 else flipped, value * other)]
            case _:
                tries = [(side, sign if by > 0 else flipped, value / by) for side, by in ((left, other), (right, one)) if by]
        if self.dice.below(2):
            tries.reverse()
        return any(self._adjust(side, how, wanted) for side, how, wanted in tries)


def _is_condition(tree: Expression) -> bool:
    return isinstance(tree, NullTest | Compare | Every | Either | Negation | Membership)
