"""Python values for SQL's, as far as plans need them: from constants, from COPY's text, and back. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from liftlock_datagen.synthesis.expressions import Constant
from liftlock_datagen.synthesis.families import Family

_NUMBERS = frozenset(
    ["number", "numeric", "integer", "int4", "bigint", "int8", "smallint", "int2", "real", "double", "float4", "float8", "money"]
)
_INTERVAL = re.compile(
    r"(?:(?P<years>-?\d+) years? ?)?(?:(?P<mons>-?\d+) mons? ?)?(?:(?P<days>-?\d+) days? ?)?"
    r"(?:(?P<hours>-?\d+) hours? ?)?(?:(?P<minutes>-?\d+) min(?:ute)?s? ?)?(?:(?P<sign>-?)(?P<h>\d+):(?P<m>\d\d):(?P<s>\d\d(?:\.\d+)?))?"
)


class NotEvaluableError(Exception):
    """The expression holds something that cannot be evaluated here, or asks of a value more than is known of it."""


class Opaque:
    """A value that is there; what it is, nobody asks."""


OPAQUE = Opaque()


@dataclass(frozen=True, slots=True)
class SqlRange:
    """A range with its lower end and without its upper one; None is no end."""

    lower: Any
    upper: Any

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return self.lower is not None and self.lower == self.upper

    def __str__(self) -> str:
        ends = ["" if end is None else f'"{write_text(end)}"' for end in (self.lower, self.upper)]
        return f"[{ends[0]},{ends[1]})"


def constant_value(constant: Constant) -> Any:
    """The value of a literal."""
    text, kind = constant.text, constant.type
    if text is None:
        return None
    if kind in {"", "boolean"} and text in {"true", "false"}:
        return text == "true"
    if kind in _NUMBERS:
        return Decimal(text)
    if kind == "date":
        return date.fromisoformat(text)
    if kind.startswith("timestamp"):
        return moment(text)
    if kind == "interval":
        return interval(text)
    if kind.startswith("time"):
        return time.fromisoformat(text[:8])
    if kind in {"json", "jsonb"}:
        return json.loads(text)
    if kind.endswith("[]"):
        return array(text)
    return text


def moment(text: str) -> datetime:
    """A timestamp as printed; without a zone, in UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def interval(text: str) -> timedelta:
    """An interval as printed. Months count 30 days: bounds made of them are checked with room by the database itself."""
    found = _INTERVAL.fullmatch(text.strip())
    if not found or not text.strip():
        raise NotEvaluableError(text)
    amounts = {name: int(value or 0) for name, value in found.groupdict().items() if name not in {"sign", "h", "m", "s"}}
    if amounts["years"] or amounts["mons"]:
        raise NotEvaluableError(text)
    clock = timedelta(hours=int(found["h"] or 0), minutes=int(found["m"] or 0), seconds=float(found["s"] or 0))
    rest = timedelta(days=amounts["days"], hours=amounts["hours"], minutes=amounts["minutes"])
    return rest - clock if found["sign"] == "-" else rest + clock


def array(text: str) -> list[str | None]:
    """A one-dimensional array of texts."""
    if not text.startswith("{") or text.startswith("{{"):
        raise NotEvaluableError(text)
    if text == "{}":
        return []
    items = re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}]+)', text[1:-1])
    return [re.sub(r"\\(.)", r"\1", quoted) if not bare else None if bare == "NULL" else bare for quoted, bare in items]


def same_kind(left: Any, right: Any) -> tuple[Any, Any]:
    """Both values as the one type that PostgreSQL compares them in; a text becomes what the other is."""
    if isinstance(left, str) and not isinstance(right, str):
        return read_like(left, right), right
    if isinstance(right, str) and not isinstance(left, str):
        return left, read_like(right, left)
    if isinstance(left, datetime) and not isinstance(right, datetime) and isinstance(right, date):
        return left, datetime.combine(right, time())
    if isinstance(right, datetime) and not isinstance(left, datetime) and isinstance(left, date):
        return datetime.combine(left, time()), right
    return left, right


def read_like(text: str, other: Any) -> Any:
    """The text as a value of the other's type."""
    try:
        match other:
            case bool():
                return {"true": True, "t": True, "false": False, "f": False}[text]
            case Decimal():
                return Decimal(text)
            case datetime():
                return moment(text)
            case date():
                return date.fromisoformat(text[:10])
            case timedelta():
                return interval(text)
            case time():
                return time.fromisoformat(text[:8])
            case list():
                return array(text)
            case _:
                raise NotEvaluableError(text)
    except (ValueError, KeyError, InvalidOperation) as err:
        raise NotEvaluableError(text) from err


def read_text(family: Family, text: str) -> Any:
    """A value of that family from the text that COPY would load; OPAQUE where nothing can be asked of such values."""
    match family:
        case Family.NUMBER:
            return Decimal(text)
        case Family.BOOLEAN:
            return text == "true"
        case Family.DATE:
            return date.fromisoformat(text)
        case Family.MOMENT:
            return moment(text)
        case Family.TIME:
            return time.fromisoformat(text[:8])
        case Family.INTERVAL:
            return interval(text)
        case Family.JSON:
            return json.loads(text)
        case Family.ARRAY:
            return array(text)
        case Family.TEXT | Family.ENUM | Family.UUID:
            return text
        case Family.RANGE:
            return _range(text)
        case _:
            return OPAQUE


def _range(text: str) -> Any:
    found = re.fullmatch(r'\["?([^",]*)"?,"?([^",]*)"?\)', text)
    if not found:
        return OPAQUE
    return SqlRange(*(_range_end(end) for end in found.groups()))


def _range_end(text: str) -> Any:
    if not text:
        return None
    return Decimal(text) if not re.match(r"\d{4}-", text) else moment(text) if " " in text else date.fromisoformat(text)


def write_text(value: Any) -> str:
    """The text of a value, as COPY reads it, before its escapes."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat(" ")
        case timedelta():
            return f"{value // timedelta(microseconds=1)} microseconds"
        case dict():
            return json.dumps(value)
        case list():
            return "{" + ",".join('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value) + "}"
        case _:
            return str(value)
