"""The paths of JSON documents, found in a sample: `$.contact.email`, `$.tags[*]`, and `$.scores.*` where the keys themselves are data."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

_ORDINARY_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,39}")
_DATA_KEY = re.compile(r"[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|.*\d{4,}.*", re.IGNORECASE)
_MANY_KEYS = 12
_DEEPEST = 8

Json = object


def paths_of(texts: Iterable[str]) -> dict[str, list[str]]:
    """Path -> the values that were seen there, as text; nulls count as a path without a value. Texts that are no JSON are passed over."""
    documents = []
    for text in texts:
        try:
            documents.append(json.loads(text))
        except ValueError:
            continue
    found: dict[str, list[str]] = {}
    for path, value in _walk(documents, "$", 0):
        values = found.setdefault(path, [])
        if value is not None:
            values.append(value)
    return found


def _walk(values: Sequence[Json], path: str, depth: int) -> Iterator[tuple[str, str | None]]:
    """All values that stand at one path together, so that what their keys have in common shows."""
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    if depth >= _DEEPEST and (objects or lists):
        yield path, json.dumps(objects or lists)
        return
    if objects:
        keys = Counter(key for item in objects for key in item)
        if _are_data(keys, len(objects)):
            yield from _walk([value for item in objects for value in item.values()], f"{path}.*", depth + 1)
        else:
            for key in keys:
                yield from _walk([item[key] for item in objects if key in item], f"{path}.{key}", depth + 1)
    if lists:
        yield from _walk([value for item in lists for value in item], f"{path}[*]", depth + 1)
    for value in values:
        if not isinstance(value, dict | list):
            yield path, None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _are_data(keys: Counter[str], objects: int) -> bool:
    """Whether the keys are data: unlike names of fields, or many that few objects share. Then they are named in no file."""
    if any(not _ORDINARY_KEY.fullmatch(key) or _DATA_KEY.fullmatch(key) for key in keys):
        return True
    rare = sum(1 for count in keys.values() if count <= max(1, objects * 0.2))
    return len(keys) >= _MANY_KEYS and rare >= len(keys) * 0.6
