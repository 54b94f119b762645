"""Edits of lists in YAML text: an item is added behind the last one or taken out; every other character stays as it was.

The text is all there is, and the caller reads the result again: a layout that ties items together (anchors) shows there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from liftlock.core.config.document import Document, MappingNode, Node, ScalarNode, SequenceNode
from liftlock.core.config.extents import end_of, newline_of
from liftlock.core.config.reading import read_document

_GAP = re.compile(r"(?:\s|#[^\r\n]*)*")


def add_item(text: str, file: str, key: str, lines: Sequence[str], flow: str) -> str:
    """The text with one more item in the list at the root's `key`. lines: the item's `name: value` lines; flow: the same as `{…}`."""
    document, newline = read_document(text, file), newline_of(text)
    root = document.root if isinstance(document.root, MappingNode) else None
    entry = root.entry(key) if root else None
    if root is None or entry is None:
        return _add_list(document, key, lines, flow)
    node = entry.value
    if root.flow and isinstance(node, SequenceNode) and not node.items:
        return f"{text[: node.span.start]}[{flow}]{text[node.span.end :]}"
    if isinstance(node, SequenceNode) and node.items and not node.alias:
        end = end_of(text, node.items[-1])
        if node.flow:
            return f"{text[:end]}, {flow}{text[end:]}"
        dash = _dash(text, node, 0)
        indent = text[_line_start(text, dash) : dash]
        return _insert_lines(text, end, _item(lines, indent, newline), newline)
    if isinstance(node, SequenceNode) or (isinstance(node, ScalarNode) and node.value is None):
        text = text[: node.span.start].rstrip(" \t") + text[node.span.end :] if node.span.end > node.span.start else text
        return _insert_lines(text, entry.key.span.end, _item(lines, "  ", newline), newline)
    return text


def remove_item(text: str, file: str, key: str, index: int) -> str:
    """The text without the item of that place in the list at the root's `key`. Comments that stand above it stay."""
    root = read_document(text, file).root
    node = root.get(key) if isinstance(root, MappingNode) else None
    if not isinstance(node, SequenceNode):
        return text
    items = node.items
    if node.flow:
        return _remove_from_flow(text, items, index)
    start, end = _line_start(text, _dash(text, node, index)), _line_end(text, end_of(text, items[index]))
    if len(items) > 1:
        return text[:start] + text[end:]
    entry = root.entry(key) if isinstance(root, MappingNode) else None
    colon = text.index(":", entry.key.span.end) + 1 if entry else start
    return f"{text[:colon]} []{text[colon:start]}{text[end:]}"


def _add_list(document: Document, key: str, lines: Sequence[str], flow: str) -> str:
    text, root = document.text, document.root
    newline = newline_of(text)
    if isinstance(root, MappingNode) and root.flow:
        within = text[root.span.start + 1 : root.span.end - 1].strip()
        return f"{text[: root.span.start]}{{{within}{', ' if within else ''}{key}: [{flow}]}}{text[root.span.end :]}"
    gap = "" if not text or text == "\ufeff" or text.endswith(("\n", "\r")) else newline
    return f"{text}{gap}{key}:{newline}{_item(lines, '  ', newline)}"


def _item(lines: Sequence[str], indent: str, newline: str) -> str:
    return "".join(f"{indent}{'- ' if number == 0 else '  '}{line}{newline}" for number, line in enumerate(lines))


def _insert_lines(text: str, behind: int, lines: str, newline: str) -> str:
    """The lines below the one that holds the character before `behind`."""
    at = _line_end(text, behind)
    gap = "" if text[:at].endswith(("\n", "\r")) else newline
    return f"{text[:at]}{gap}{lines if not gap else lines.removesuffix(newline)}{text[at:]}"


def _dash(text: str, node: SequenceNode, index: int) -> int:
    """Where the item's dash stands: behind the item before it, whitespace and comments."""
    behind = end_of(text, node.items[index - 1]) if index else node.span.start
    match = _GAP.match(text, behind)
    at = match.end() if match else behind
    return at if text[at : at + 1] == "-" else text.index("-", at)


def _remove_from_flow(text: str, items: Sequence[Node], index: int) -> str:
    if len(items) == 1:
        start, end = items[0].span.start, items[0].span.end
        return text[:start] + text[end:].lstrip(" ,")
    if index:
        return text[: end_of(text, items[index - 1])] + text[end_of(text, items[index]) :]
    return text[: items[0].span.start] + text[items[1].span.start :]


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    """Behind the line's own line ending."""
    match = re.compile(r"\r\n|\r|\n").search(text, at)
    return match.end() if match else len(text)
