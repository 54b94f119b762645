"""Looking into a document: nodes by path, plain values, and the nearest place that a path names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from liftlock.core.config.document import Entry, MappingNode, Node, Plain, Position, Scalar, ScalarNode, SequenceNode
from liftlock.core.config.merge import is_null

# Values that stand for text whatever they look like: `PORT: 8080`, `command: [sleep, 10]`, `tag: 1.10`.
# By what follows the service's name: how long the path is, and what it is.
_AS_WRITTEN = {(3, "tag"), (3, "commit"), (4, "env"), (4, "command")}


def node_at(root: Node | None, path: Sequence[str | int]) -> Node | None:
    """The node at the path, None where there is none."""
    node = root
    for part in path:
        if isinstance(node, MappingNode):
            node = node.get(str(part))
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            return None
    return node


def entries_at(root: Node | None, *path: str) -> tuple[Entry, ...]:
    """The entries of the mapping at the path, without those set to null; none where it is no mapping."""
    node = node_at(root, path)
    return tuple(entry for entry in node.entries if not is_null(entry.value)) if isinstance(node, MappingNode) else ()


def scalar_at(root: Node | None, *path: str) -> Scalar:
    """The value of the scalar at the path, None where there is none."""
    node = node_at(root, path)
    return node.value if isinstance(node, ScalarNode) else None


def items_at(root: Node | None, *path: str) -> tuple[ScalarNode, ...]:
    """The scalars of the list at the path."""
    node = node_at(root, path)
    return tuple(item for item in node.items if isinstance(item, ScalarNode)) if isinstance(node, SequenceNode) else ()


def place_of(root: Node, path: Sequence[str | int], *, key: bool) -> Position:
    """Where the path's value stands (key: where its key stands), or the deepest part of the path that exists."""
    node: Node = root
    place = root.position
    for part in path:
        if isinstance(node, MappingNode) and (entry := node.entry(str(part))) is not None:
            node, place = entry.value, entry.key.position if key or is_null(entry.value) else entry.value.position
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            place = node.position
        else:
            return _key_place(root, path) or place
    return place


def _key_place(root: Node, path: Sequence[str | int]) -> Position | None:
    """Something is missing below an existing key: that key is the place."""
    for length in range(len(path) - 1, 0, -1):
        parent = node_at(root, path[: length - 1])
        if isinstance(parent, MappingNode) and (entry := parent.entry(str(path[length - 1]))) is not None:
            return entry.key.position
    return None


def path_text(path: Iterable[str | int]) -> str:
    """`services.api.command[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def to_plain(node: Node, path: tuple[str, ...] = ()) -> Plain:
    """The values alone. Keys set to null are left out; what stands for text is text, as it was written."""
    match node:
        case MappingNode():
            kept = (entry for entry in node.entries if not is_null(entry.value))
            return {entry.key.text: to_plain(entry.value, (*path, entry.key.text)) for entry in kept}
        case SequenceNode():
            return [to_plain(item, (*path, "*")) for item in node.items]
        case ScalarNode():
            return node.text if _is_text(path) and node.value is not None else node.value


def leaves(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every scalar and every list (as a whole) with its path."""
    if not isinstance(node, MappingNode):
        yield path, node
        return
    for entry in node.entries:
        yield from leaves(entry.value, (*path, entry.key.text))


def _is_text(path: tuple[str, ...]) -> bool:
    if len(path) < 3 or path[0] != "services":
        return False
    return (len(path), path[2]) in _AS_WRITTEN or (len(path) == 5 and path[2:4] == ("migration", "command"))
