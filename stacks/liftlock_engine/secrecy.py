"""Where secrecy goes: providers see plain values, and what came from a secret stays one."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock_engine.values import UNKNOWN, PropertyMap, Secret, Value


def reveal(value: Value) -> Value:
    """The value with every Secret taken off, at any depth."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def reveal_map(properties: PropertyMap) -> dict[str, Value]:
    """`reveal` over a property map."""
    return {key: reveal(value) for key, value in properties.items()}


def has_secret(value: Value) -> bool:
    """Whether a Secret stands anywhere in the value."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    return isinstance(value, list) and any(has_secret(item) for item in value)


def has_unknown(value: Value) -> bool:
    """Whether UNKNOWN stands anywhere in the value."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def conceal(properties: PropertyMap, like: PropertyMap, always: Iterable[str] = ()) -> dict[str, Value]:
    """`properties` with the secrecy of `like`: objects key by key; anything else wholly, where `like` holds a secret anywhere in it.

    always: keys that are secret whatever `like` says.
    """
    concealed = {key: _conceal(value, like[key]) if key in like else value for key, value in properties.items()}
    for key in always:
        if key in concealed and not isinstance(concealed[key], Secret):
            concealed[key] = Secret(reveal(concealed[key]))
    return concealed


def _conceal(value: Value, like: Value) -> Value:
    if isinstance(value, dict) and isinstance(like, dict):
        return conceal(value, like)
    if has_secret(like) and not isinstance(value, Secret):
        return Secret(reveal(value))
    return value
