"""Property paths: `envs[0]`, `labels["a.b"].value`, `ports[*]`, `*`. As Pulumi's ignore_changes and replace_on_changes take them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from liftlock_engine.values import PropertyMap, Secret, Value

Path = tuple[str | int, ...]
_PART: Final = re.compile(r'\[(?P<index>\d+)\]|\[(?P<star>\*)\]|\["(?P<key>(?:[^"\\]|\\.)*)"\]|\.?(?P<name>[^.\[\]]+)')


def parse_path(text: str) -> Path:
    """The path's steps: names, indexes, or `*`. ValueError where it is none."""
    if not text:
        raise ValueError("an empty text is no property path")
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        if found is None:
            raise ValueError(f"{text!r} is no property path")
        index, star, key, name = found.group("index", "star", "key", "name")
        parts.append(int(index) if index is not None else star or name or key.replace('\\"', '"'))
        position = found.end()
    return tuple(parts)


def write_path(path: Path) -> str:
    """The text of a path that parse_path reads."""
    text = ""
    for step in path:
        if isinstance(step, int) or step == "*":
            text += f"[{step}]"
        elif re.fullmatch(r"[^.\[\]\"]+", step):
            text += f".{step}" if text else step
        else:
            text += '["' + step.replace('"', '\\"') + '"]'
    return text


def covers(path: Path, other: Path) -> bool:
    """Whether `other` is `path` or lies under it."""
    return len(path) <= len(other) and all(step in ("*", real) for step, real in zip(path, other, strict=False))


def is_covered(text: str, rules: Iterable[str]) -> bool:
    """Whether the path is one of the rules or lies under one."""
    path = parse_path(text)
    return any(covers(parse_path(rule), path) for rule in rules)


def keep_old(new: PropertyMap, old: PropertyMap, ignored: tuple[str, ...]) -> dict[str, Value]:
    """`new` with the old values at the ignored paths; what the old one has not is taken away there."""
    result = dict(new)
    for text in ignored:
        result = _keep_in_map(result, dict(old), parse_path(text))
    return result


def _keep_in_map(new: dict[str, Value], old: dict[str, Value], path: Path) -> dict[str, Value]:
    step, rest = str(path[0]), path[1:]
    kept = dict(new)
    for key in {*new, *old} if step == "*" else {step}:
        if rest and key in kept and key in old:
            kept[key] = _keep(kept[key], old[key], rest)
        elif not rest and key in old:
            kept[key] = old[key]
        elif not rest:
            kept.pop(key, None)
    return kept


def _keep(new: Value, old: Value, path: Path) -> Value:
    if isinstance(new, Secret):
        return Secret(_keep(new.value, old, path))
    if isinstance(old, Secret):
        return _keep(new, old.value, path)
    if isinstance(new, dict) and isinstance(old, dict):
        return _keep_in_map(new, old, path)
    if isinstance(new, list) and isinstance(old, list):
        return _keep_in_list(new, old, path)
    return new


def _keep_in_list(new: list[Value], old: list[Value], path: Path) -> Value:
    step, rest = path[0], path[1:]
    kept = list(new)
    indexes = range(min(len(new), len(old))) if step == "*" else [step] if isinstance(step, int) else []
    for index in indexes:
        if index < len(kept) and index < len(old):
            kept[index] = _keep(kept[index], old[index], rest) if rest else old[index]
    return kept
