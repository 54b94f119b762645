"""SQL's functions and operators on Python values that are not NULL, as far as CHECKs use them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from liftlock_datagen.synthesis.sql_values import NotEvaluableError, SqlRange, read_like, write_text

_EPOCH = datetime(1970, 1, 1)


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, date) and not isinstance(left, datetime):
        if isinstance(right, Decimal):
            return left + timedelta(days=int(right))
        return datetime.combine(left, time()) + right
    return left + right


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, dict):
        return {key: value for key, value in left.items() if key != right}
    if isinstance(left, date) and not isinstance(left, datetime):
        if isinstance(right, Decimal):
            return left - timedelta(days=int(right))
        if isinstance(right, date) and not isinstance(right, datetime):
            return Decimal((left - right).days)
        return datetime.combine(left, time()) - right
    if isinstance(left, datetime) and not isinstance(right, datetime) and isinstance(right, date):
        return left - datetime.combine(right, time())
    return left - right


def _whole(value: Any) -> Decimal:
    if not isinstance(value, Decimal):
        raise NotEvaluableError("a number is needed")
    return value


def _extract(field: str) -> Callable[[Any], Decimal]:
    def run(value: Any) -> Decimal:
        if isinstance(value, timedelta):
            if field == "epoch":
                return Decimal(value // timedelta(microseconds=1)) / 1000000
            raise NotEvaluableError(field)
        match field:
            case "dow":
                return Decimal(value.isoweekday() % 7)
            case "isodow":
                return Decimal(value.isoweekday())
            case "doy":
                return Decimal(value.timetuple().tm_yday)
            case "epoch":
                return Decimal((datetime.combine(value, time()) if not isinstance(value, datetime) else value - timedelta()).timestamp())
            case "quarter":
                return Decimal((value.month + 2) // 3)
            case "year" | "month" | "day" | "hour" | "minute" | "second":
                return Decimal(getattr(value, field))
            case _:
                raise NotEvaluableError(field)

    return run


_FIELDS = ("year", "month", "day", "hour", "minute", "second", "dow", "isodow", "doy", "quarter", "epoch")


def _truncate(unit: str, value: Any) -> Any:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    match unit:
        case "day":
            return value.replace(hour=0, minute=0, second=0, microsecond=0)
        case "hour":
            return value.replace(minute=0, second=0, microsecond=0)
        case "minute":
            return value.replace(second=0, microsecond=0)
        case "second":
            return value.replace(microsecond=0)
        case "month":
            return value.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        case "year":
            return value.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        case _:
            raise NotEvaluableError(unit)


def _to_date(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else read_like(value, date.min) if isinstance(value, str) else value


def _to_moment(value: Any) -> Any:
    return datetime.combine(value, time()) if isinstance(value, date) and not isinstance(value, datetime) else value


def _to_whole(value: Any) -> Decimal:
    return (Decimal(value) if isinstance(value, str) else _whole(Decimal(value))).to_integral_value(ROUND_HALF_UP)


def _json_text(value: Any, key: Any) -> Any:
    found = _json(value, key)
    return None if found is None else found if isinstance(found, str) else write_text(found)


def _json(value: Any, key: Any) -> Any:
    if isinstance(value, list) and isinstance(key, Decimal):
        return value[int(key)] if -len(value) <= key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


def _json_kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return all(key in left and (left[key] == value) for key, value in right.items())
    return all(item in left for item in right)


def _length(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise NotEvaluableError("length")
    return Decimal(len(value))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "+": _add,
    "-": _subtract,
    "*": lambda left, right: left * int(right) if isinstance(left, timedelta) else left * right,
    "/": lambda left, right: left / (int(right) if isinstance(left, timedelta) else right),
    "div": lambda left, right: (_whole(left) / _whole(right)).to_integral_value(ROUND_DOWN),
    "cast numeric": lambda value: Decimal(value) if isinstance(value, str) else value,
    "%": lambda left, right: left % right if left * right >= 0 else -(abs(left) % abs(right)),
    "mod": lambda left, right: left % right if left * right >= 0 else -(abs(left) % abs(right)),
    "||": lambda left, right: left + right if isinstance(left, list) else write_text(left) + write_text(right),
    "concat": lambda *parts: "".join(map(write_text, parts)),
    "abs": abs,
    "round": lambda value, places=Decimal(0): _whole(value).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP),
    "floor": lambda value: _whole(value).to_integral_value(ROUND_FLOOR),
    "ceil": lambda value: _whole(value).to_integral_value(ROUND_CEILING),
    "ceiling": lambda value: _whole(value).to_integral_value(ROUND_CEILING),
    "sign": lambda value: Decimal((value > 0) - (value < 0)),
    "length": _length,
    "char_length": _length,
    "character_length": _length,
    "octet_length": lambda value: Decimal(len(value.encode())),
    "lower": lambda value: value.lower if isinstance(value, SqlRange) else value.lower(),
    "upper": lambda value: value.upper if isinstance(value, SqlRange) else value.upper(),
    "isempty": lambda value: value.empty,
    "lower_inc": lambda value: value.lower is not None,
    "upper_inc": lambda value: False if isinstance(value, SqlRange) else _unknown(value),
    "lower_inf": lambda value: value.lower is None,
    "upper_inf": lambda value: value.upper is None,
    "btrim": lambda value, letters=" ": value.strip(letters),
    "ltrim": lambda value, letters=" ": value.lstrip(letters),
    "rtrim": lambda value, letters=" ": value.rstrip(letters),
    "left": lambda value, count: value[: int(count)],
    "right": lambda value, count: value[-int(count) :],
    "substring": lambda value, start, count=Decimal(10**6): value[int(start) - 1 : int(start) - 1 + int(count)],
    "substr": lambda value, start, count=Decimal(10**6): value[int(start) - 1 : int(start) - 1 + int(count)],
    "strpos": lambda value, sought: Decimal(value.find(sought) + 1),
    "starts_with": lambda value, start: value.startswith(start),
    "reverse": lambda value: value[::-1],
    "md5": lambda value: hashlib.md5(value.encode(), usedforsecurity=False).hexdigest(),
    "replace": lambda value, old, new: value.replace(old, new),
    "split_part": lambda value, sign, place: [*value.split(sign), *[""] * int(place)][int(place) - 1],
    "regexp_replace": lambda value, pattern, new: re.sub(pattern, new, value, count=1),
    "array_length": lambda value, _: Decimal(len(value)) if value else None,
    "cardinality": lambda value: Decimal(len(value)),
    "array_position": lambda value, sought: Decimal(value.index(sought) + 1) if sought in value else None,
    "subscript": lambda value, place: value[int(place) - 1] if 0 < place <= len(value) else None,
    "@>": _contains,
    "<@": lambda left, right: _contains(right, left),
    "&&": lambda left, right: any(item in right for item in left),
    "?": lambda value, key: key in value,
    "?|": lambda value, keys: any(key in value for key in keys),
    "?&": lambda value, keys: all(key in value for key in keys),
    "jsonb_exists": lambda value, key: key in value,
    "->": _json,
    "->>": _json_text,
    "jsonb_typeof": _json_kind,
    "json_typeof": _json_kind,
    "jsonb_array_length": lambda value: Decimal(len(value)),
    "date_trunc": _truncate,
    "date_part": lambda field, value: _extract(field)(value),
    "timezone": lambda zone, value: value if str(zone).upper() in {"UTC", "GMT", "Z"} else _unknown_zone(zone),
    "cast date": _to_date,
    "cast timestamp": _to_moment,
    "cast timestamptz": _to_moment,
    "cast integer": _to_whole,
    "cast int4": _to_whole,
    "cast smallint": _to_whole,
    "cast jsonb": lambda value: value,
    "cast boolean": lambda value: value if isinstance(value, bool) else read_like(value, True),
    **{f"extract {field}": _extract(field) for field in _FIELDS},
}


def _unknown_zone(zone: Any) -> Any:
    raise NotEvaluableError(f"time zone {zone}")


def _unknown(value: Any) -> Any:
    raise NotEvaluableError(str(type(value)))
