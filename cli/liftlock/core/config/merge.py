"""Layers of configuration become one tree, and every value still knows where it was set and what it replaced.

The strategy is explicit: mappings merge key by key, scalars and lists replace, `null` removes what the layers below had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from liftlock.core.config.document import Entry, MappingNode, Node, ScalarNode

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The effective tree. overridden: path -> what was replaced there, oldest first; removed: path -> the `null` that removed it."""

    root: MappingNode
    overridden: dict[Path, tuple[Node, ...]] = field(default_factory=dict)
    removed: dict[Path, ScalarNode] = field(default_factory=dict)


def merge(layers: Sequence[MappingNode]) -> Merged:
    """The layers, weakest first, as one tree."""
    merged = Merged(MappingNode(layers[-1].position, layers[-1].span, ()))
    return Merged(_mapping((), list(layers), merged), merged.overridden, merged.removed)


def is_null(node: Node) -> bool:
    """Whether the node says that there is no value."""
    return isinstance(node, ScalarNode) and node.value is None


def _mapping(path: Path, layers: list[MappingNode], merged: Merged) -> MappingNode:
    keys: dict[str, list[Entry]] = {}
    for layer in layers:
        for entry in layer.entries:
            keys.setdefault(entry.key.text, []).append(entry)
    entries = []
    for key, found in keys.items():
        value = _value((*path, key), [entry.value for entry in found], merged)
        if value is not None:
            entries.append(Entry(found[-1].key, value))
    return MappingNode(layers[-1].position, layers[-1].span, tuple(entries))


def _value(path: Path, values: list[Node], merged: Merged) -> Node | None:
    """The effective value of one path; None where it is removed or was never set."""
    if len(values) == 1:
        return without_nulls(values[0])
    current: list[Node] = []
    lost: list[Node] = []
    for value in values:
        if isinstance(value, MappingNode) and current and all(isinstance(node, MappingNode) for node in current):
            current.append(value)
        else:
            lost += current
            current = [value]
    if lost:
        merged.overridden[path] = tuple(lost)
    last = current[-1]
    if is_null(last):
        if lost and isinstance(last, ScalarNode):
            merged.removed[path] = last
        return None
    mappings = [node for node in current if isinstance(node, MappingNode)]
    return _mapping(path, mappings, merged) if mappings else last


def without_nulls(node: Node) -> Node | None:
    """The node as it stands where no other layer says anything: None for `null`, and the very node where nothing in it is."""
    if isinstance(node, ScalarNode):
        return None if node.value is None else node
    if not isinstance(node, MappingNode):
        return node
    kept = [(entry, without_nulls(entry.value)) for entry in node.entries]
    if all(value is entry.value for entry, value in kept):
        return node
    return replace(node, entries=tuple(Entry(entry.key, value) for entry, value in kept if value is not None))
