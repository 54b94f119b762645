"""What a value means, apart from how it is spelled: two inputs that Docker cannot tell apart have one canonical form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from liftlock_engine.providers.docker.properties import Kind, Property
from liftlock_engine.values import UNKNOWN

Plain: TypeAlias = dict[str, Any]
"""Inputs or outputs as plain JSON values (and UNKNOWN in previews); or a body of Docker's API."""

DEFAULTS = "__defaults"
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def nanoseconds(duration: str) -> int | None:
    """`1m30s` as nanoseconds; None where it is not a duration."""
    if duration == "0":
        return 0
    parts = _DURATION_PART.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        return None
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def spelled_duration(nanos: int) -> str:
    """Nanoseconds as Go spells them: 1m30s, 500ms, 0s."""
    if nanos < 10**9:
        for unit in ("ms", "µs", "ns"):
            if nanos and nanos >= _UNITS[unit]:
                return f"{nanos / _UNITS[unit]:g}{unit}"
        return "0s"
    seconds, fraction = divmod(nanos, 10**9)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f"{seconds}{f'.{fraction:09}'.rstrip('0') if fraction else ''}s"
    return f"{hours}h{minutes}m{tail}" if hours else f"{minutes}m{tail}" if minutes else tail


def is_absent(value: object) -> bool:
    """Whether a value says no more than leaving it out would: nothing, or an empty collection."""
    return value is None or value in ([], {}) or (isinstance(value, dict) and set(value) <= {DEFAULTS})


def canonical(value: Any, prop: Property) -> Any:
    """The hashable meaning of a value; equal for spellings that Docker treats alike."""
    if value is UNKNOWN:
        return UNKNOWN
    if is_absent(value):
        value = prop.meaning_of_absent
    match prop.kind:
        case Kind.DURATION:
            return nanoseconds(value) if isinstance(value, str) else value
        case Kind.LIST | Kind.SET:
            parts = [canonical(part, prop.item or prop) for part in value or ()]
            return tuple(sorted(parts, key=repr) if prop.kind is Kind.SET else parts)
        case Kind.MAP:
            return tuple(sorted((value or {}).items(), key=repr))
        case Kind.OBJECT:
            return _canonical_object(value or {}, prop)
        case Kind.STRING | Kind.INTEGER | Kind.BOOLEAN:
            return value


def _canonical_object(value: Plain, prop: Property) -> tuple[tuple[str, Any], ...]:
    said = ((name, canonical(value.get(name), inner), canonical(None, inner)) for name, inner in sorted(prop.fields.items()))
    return tuple((name, meaning) for name, meaning, unsaid in said if meaning != unsaid)


def same(left: object, right: object, prop: Property) -> bool:
    """Whether two values of a property mean the same."""
    return bool(canonical(left, prop) == canonical(right, prop))


def plain(value: Any) -> Any:
    """The value without the `__defaults` lists inside it, in fresh containers."""
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items() if name != DEFAULTS}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def element_key(element: Any, prop: Property) -> object:
    """What identifies an element of a set while the rest of it changes."""
    if prop.key is not None and isinstance(element, str):
        return element.split(prop.key, 1)[0]
    named = element.get(prop.key) if prop.key is not None and isinstance(element, dict) else None
    return canonical(element, prop.item or prop) if named is None else named


def respell(declared: Any, live: Any, prop: Property) -> Any:
    """The live value in the spelling of the declared one wherever they mean the same, at the declared positions."""
    if same(declared, live, prop):
        return declared
    if is_absent(live) or live == "":
        return None
    if is_absent(declared):
        return _trimmed(live, prop)
    match prop.kind:
        case Kind.OBJECT:
            return respell_object(declared, live, prop.fields)
        case Kind.SET:
            return respell_set(declared, live, prop)
        case Kind.LIST:
            inner = prop.item or prop
            kept = [respell(old, new, inner) for old, new in zip(declared, live, strict=False)]
            return kept + [_trimmed(extra, inner) for extra in live[len(declared) :]]
        case _:
            return live


def respell_object(declared: Plain, live: Plain, fields: Mapping[str, Property]) -> Plain:
    """`respell` for each field; a changed field is no longer listed as a default."""
    spelled: Plain = {}
    for name, prop in fields.items():
        value = respell(declared.get(name), live.get(name), prop)
        if value is not None:
            spelled[name] = value
    if DEFAULTS in declared:
        unchanged = (name for name in declared[DEFAULTS] if name in spelled and spelled[name] == declared.get(name))
        spelled[DEFAULTS] = list(unchanged)
    return spelled


def _trimmed(live: Any, prop: Property) -> Any:
    """The value without the parts that say nothing."""
    if prop.kind in (Kind.LIST, Kind.SET):
        return [_trimmed(part, prop.item or prop) for part in live]
    if prop.kind is not Kind.OBJECT:
        return live
    said = {name: _trimmed(live[name], inner) for name, inner in prop.fields.items() if not is_absent(live.get(name))}
    return {name: value for name, value in said.items() if not same(None, value, prop.fields[name])}


def respell_set(declared: list[Any], live: list[Any], prop: Property) -> list[Any]:
    """The live elements at the places of the declared ones that they equal, else of those with the same key; new ones at the end."""
    inner = prop.item or prop
    left = list(live)
    found: dict[int, Any] = {}
    for exact in (True, False):
        for position, old in enumerate(declared):
            matching = (i for i, new in enumerate(left) if _alike(old, new, prop, exact=exact))
            index = None if position in found else next(matching, None)
            if index is not None:
                found[position] = respell(old, left.pop(index), inner)
    return [found[position] for position in sorted(found)] + [_trimmed(extra, inner) for extra in left]


def _alike(old: Any, new: Any, prop: Property, *, exact: bool) -> bool:
    return same(old, new, prop.item or prop) if exact else element_key(old, prop) == element_key(new, prop)
