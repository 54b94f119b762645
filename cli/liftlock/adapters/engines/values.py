"""Translates the engine's property values into plain JSON, and remembers which of them are secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from liftlock.core.drift import flatten
from liftlock.core.ledger import Json
from liftlock_engine.disclosure import secret_forms, withheld, without
from liftlock_engine.values import UNKNOWN, PropertyMap, Secret, Value

MASK = "[secret]"
_LATER = "[known after apply]"


def plain(value: Value) -> Json:
    """The value in clear."""
    match value:
        case Secret():
            return plain(value.value)
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _ if value is UNKNOWN:
            return _LATER
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"no JSON form for {type(value).__name__}")


def masked(value: Value) -> Json:
    """The value with every secret hidden."""
    match value:
        case Secret():
            return MASK
        case dict():
            return {key: masked(item) for key, item in value.items()}
        case list():
            return [masked(item) for item in value]
    return plain(value)


def plain_map(values: PropertyMap) -> dict[str, Json]:
    """All properties in clear."""
    return {key: plain(value) for key, value in values.items()}


def secret_paths(*sides: PropertyMap | None) -> frozenset[str]:
    """The flattened paths that hold a secret on any side; for a list of `NAME=value` the path is by name, so it holds for every side."""
    found: set[str] = set()
    for side in sides:
        if side is None:
            continue
        hidden = {text for value in side.values() for text in _secret_texts(value)}
        found |= {path for path, leaf in flatten(plain_map(side)).items() if _is_among(str(leaf), hidden)}
    return frozenset(found)


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secret values, in whatever form; without a container's words where they hold one too short to mask."""
    return _hide(text, secret_forms(secrets))


def hide_in(reasons: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """The same for every reason of a mapping."""
    forms = secret_forms(secrets)
    return {name: _hide(reason, forms) for name, reason in reasons.items()}


def _hide(text: str, forms: frozenset[str]) -> str:
    return withheld(without(text, forms, MASK), forms, MASK)


def _is_among(leaf: str, hidden: set[str]) -> bool:
    return any(text == leaf or text.endswith(f"={leaf}") for text in hidden)


def _secret_texts(value: Value) -> Iterable[str]:
    match value:
        case Secret():
            yield from _texts(plain(value.value))
        case dict():
            for item in value.values():
                yield from _secret_texts(item)
        case list():
            for item in value:
                yield from _secret_texts(item)


def _texts(value: Json) -> Iterable[str]:
    match value:
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case None:
            return
        case _:
            yield str(value)
