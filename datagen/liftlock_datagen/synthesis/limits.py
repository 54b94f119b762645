"""What a column's values may be: its type and all demands of its checks, brought together. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from liftlock_datagen.catalog.model import Column, ColumnType
from liftlock_datagen.synthesis.demands import NOW, Among, Bound, CaseKept, ColumnDemand, JsonShape, LengthBound, Matching, Presence
from liftlock_datagen.synthesis.families import Family, family_of

_COUNTED = {Family.NUMBER, Family.DATE, Family.MOMENT, Family.TIME, Family.INTERVAL}
_TYPE_RANGE = {"int2": (-(2**15), 2**15 - 1), "int4": (-(2**31), 2**31 - 1), "oid": (1, 2**32 - 1)}
_WIDEST = 10**18 - 1  # fits a signed 64-bit number with room for sums

# A fixed window, not the clock: the same seed gives the same rows on every day.
FIRST_MOMENT = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp())
LAST_MOMENT = int(datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
FAR_FUTURE = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_EPOCH_OF_TABLES = int(datetime(1900, 1, 2, tzinfo=UTC).timestamp())
END_OF_TABLES = int(datetime(2199, 12, 30, tzinfo=UTC).timestamp())
SCALE_OF_FREE_NUMBERS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """The values that a column may hold. low and high: whole numbers in the family's unit (10**-scale, days, seconds, minutes).

    bounded_low, bounded_high: whether a check says so, not only the type. unmet: a demand that this family cannot take in.
    """

    family: Family
    low: int = 0
    high: int = 0
    scale: int = 0
    bounded_low: bool = False
    bounded_high: bool = False
    allowed: tuple[str, ...] | None = None
    excluded: frozenset[str] = frozenset()
    min_length: int = 0
    max_length: int = 0
    rules: tuple[Matching | CaseKept, ...] = ()
    shape: str = ""
    required: bool = False
    absent: bool = False
    unmet: ColumnDemand | None = None

    @property
    def empty(self) -> bool:
        """Whether no value is left."""
        no_value = self.allowed is not None and not self.choices
        return no_value or self.low > self.high or bool(self.max_length and self.min_length > self.max_length)

    @property
    def choices(self) -> tuple[str, ...]:
        """What is left of the allowed values."""
        return tuple(value for value in self.allowed or () if value not in self.excluded)


def limits_of(column: Column, demands: Iterable[ColumnDemand]) -> Limits:
    """The column's limits by its type, narrowed by each demand."""
    limits = _limits_of_type(column.type)
    limits = replace(limits, required=not column.nullable)
    for demand in demands:
        limits = _narrow(limits, demand)
    return limits


def _limits_of_type(kind: ColumnType) -> Limits:
    family = family_of(kind)
    match family:
        case Family.NUMBER:
            return _limits_of_number(kind)
        case Family.ENUM:
            return Limits(family, allowed=kind.labels)
        case Family.BOOLEAN:
            return Limits(family, allowed=("true", "false"))
        case Family.DATE:
            return Limits(family, low=_EPOCH_OF_TABLES // 86400, high=END_OF_TABLES // 86400)
        case Family.MOMENT:
            return Limits(family, low=_EPOCH_OF_TABLES, high=END_OF_TABLES)
        case Family.TIME:
            return Limits(family, low=0, high=86399)
        case Family.INTERVAL:
            return Limits(family, low=0, high=10**6)
        case Family.TEXT:
            return Limits(family, max_length={"name": 63, "char": 1}.get(kind.name, kind.length or 0))
        case Family.BITS:
            return Limits(family, max_length=kind.length or (1 if kind.name == "bit" else 0))
        case _:
            return Limits(family)


def _limits_of_number(kind: ColumnType) -> Limits:
    if kind.precision is not None:
        most = min(10**kind.precision - 1, _WIDEST)
        return Limits(Family.NUMBER, low=-most, high=most, scale=kind.scale or 0)
    low, high = _TYPE_RANGE.get(kind.name, (-_WIDEST, _WIDEST))
    scale = SCALE_OF_FREE_NUMBERS if kind.name in {"numeric", "float4", "float8", "money"} else 0
    return Limits(Family.NUMBER, low=low, high=high, scale=scale)


def _narrow(limits: Limits, demand: ColumnDemand) -> Limits:
    match demand:
        case Presence(_, absent):
            return replace(limits, absent=limits.absent or absent, required=limits.required or not absent)
        case Bound():
            return _narrow_range(limits, demand)
        case Among(_, values, True) if limits.family in _COUNTED and limits.allowed is None:
            return _without(limits, demand)
        case Among(_, values, True):
            return replace(limits, excluded=limits.excluded | frozenset(values))
        case Among(_, values, False):
            values = tuple(_plain(limits, value) for value in values)
            kept = values if limits.allowed is None else tuple(value for value in limits.allowed if value in values)
            return replace(limits, allowed=kept)
        case LengthBound(_, low, high) if limits.family is Family.TEXT:
            longest = min(high or limits.max_length, limits.max_length or high or 0)
            return replace(limits, min_length=max(low, limits.min_length), max_length=longest)
        case Matching() | CaseKept() if limits.family is Family.TEXT:
            return replace(limits, rules=(*limits.rules, demand))
        case JsonShape(_, shape) if limits.family is Family.JSON:
            return replace(limits, shape=shape)
        case _:
            return replace(limits, unmet=demand)


def _without(limits: Limits, demand: Among) -> Limits:
    """The limits on the wider side of each value that must not come."""
    for text in demand.values:
        value = units_of(limits, text, lower=True)
        if value is None:
            return replace(limits, unmet=demand)
        if limits.high - value >= value - limits.low:
            limits = replace(limits, low=max(limits.low, int(value) + 1), bounded_low=True)
        else:
            limits = replace(limits, high=min(limits.high, int(value.to_integral_value(ROUND_CEILING)) - 1), bounded_high=True)
    return limits


def _plain(limits: Limits, value: str) -> str:
    """A boolean as the catalog spells it; all else unchanged."""
    return {"t": "true", "f": "false"}.get(value, value) if limits.family is Family.BOOLEAN else value


def _narrow_range(limits: Limits, bound: Bound) -> Limits:
    exact = units_of(limits, bound.value, lower=bound.lower)
    if exact is None:
        return replace(limits, unmet=bound)
    if bound.lower:
        low = int(exact.to_integral_value(ROUND_CEILING))
        low += bound.strict and low == exact
        return replace(limits, low=max(limits.low, low), bounded_low=True)
    high = int(exact.to_integral_value(ROUND_FLOOR))
    high -= bound.strict and high == exact
    return replace(limits, high=min(limits.high, high), bounded_high=True)


def units_of(limits: Limits, text: str, *, lower: bool) -> Decimal | None:
    """The number of the family's units that the SQL text spells; None where it spells none."""
    try:
        match limits.family:
            case Family.NUMBER:
                return Decimal(text).scaleb(limits.scale)
            case Family.DATE | Family.MOMENT:
                seconds = _moment(text, lower=lower)
                return Decimal(seconds // 86400 if limits.family is Family.DATE else seconds)
            case Family.TIME:
                return Decimal(_clock_seconds(text))
            case Family.INTERVAL:
                return Decimal(_clock_seconds(text)) / 60
            case _:
                return None
    except (ValueError, InvalidOperation):
        return None


def _moment(text: str, *, lower: bool) -> int:
    if text == NOW:
        return FAR_FUTURE if lower else LAST_MOMENT
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    else:
        moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _clock_seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d)", text)
    if not found:
        raise ValueError(text)
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
