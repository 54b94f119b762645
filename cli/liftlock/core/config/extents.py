"""What edits of YAML text need to know of it beside the nodes' spans. Pure."""

from __future__ import annotations

from liftlock.core.config.document import MappingNode, Node, SequenceNode


def end_of(text: str, node: Node) -> int:
    """Where a node's own characters end: a block's events reach on to whatever follows it."""
    parts: list[Node] = []
    if isinstance(node, MappingNode) and not (node.flow or node.alias):
        parts = [entry.value for entry in node.entries if not entry.inherited]
    elif isinstance(node, SequenceNode) and not (node.flow or node.alias):
        parts = list(node.items)
    if parts:
        return max(end_of(text, part) for part in parts)
    start, end = node.span.start, node.span.end
    return end if start == end else start + len(text[start:end].rstrip())


def newline_of(text: str) -> str:
    """The file's own line ending."""
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
