"""The tree of an SQL expression, as far as it is understood: closed set of frozen data."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableExpressionError(Exception):
    """The text holds something that this reader does not know."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal as text; None is NULL. Booleans are "true" and "false"."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function call or an infix operator that is neither logical nor a comparison. name is lower case."""

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


Expression = ColumnUse | Constant | Call | Compare | Every | Either | Negation | NullTest | Membership
