"""Reads the plain subset of YAML that nearly all configuration is written in, many times quicker than a YAML parser.

It gives exactly the tree that composer.py gives, or None where a text goes beyond the subset or is wrong in any way: then composer.py
reads it and says what is wrong. The subset: block mappings and lists by indentation, comments, flow collections and scalars on one line,
plain or in quotes without escapes. Tests hold the two readers against each other.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from liftlock.core.config.document import (
    MAX_CHARACTERS,
    MAX_NODES,
    Document,
    Entry,
    MappingNode,
    Node,
    Position,
    ScalarNode,
    SequenceNode,
    Span,
)
from liftlock.core.config.scalars import scalar_value

_STRANGE = re.compile("[^\n\x20-\x7e\u00a1-\u2027\u202a-\ud7ff]")  # tabs, line ends of other systems, controls, what is not printed
_WORD = r"(?:[A-Za-z0-9_./@+~=%-]|:(?=[A-Za-z0-9_./@+~=%-]))"
_PLAIN = rf"(?:[A-Za-z0-9_./~]|--?(?=[A-Za-z0-9_])){_WORD}*(?: {_WORD}+)*"
_KEY = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,199}):(?: +|(?=\n)|\Z)")
_SCALAR = re.compile(rf"({_PLAIN})|\"([^\"\\\n]*)\"|'([^'\n]*)'")
_REST = re.compile(r"(?: +#[^\n]*| *)(?=\n|\Z)")
_NOTHING = re.compile(r"(?:#[^\n]*)?(?=\n|\Z)")
_SPACES = re.compile(" *")
_MAX_DEPTH = 16


class _BeyondError(Exception):
    """The text is not of the subset; never leaves this module."""


class _Line(NamedTuple):
    """A line with content: how far it is indented, where its content begins, which line of the text it is and where that begins."""

    indent: int
    at: int
    number: int
    start: int


def compose_quickly(text: str, file: str) -> Document | None:
    """The document, or None where it takes the YAML parser to tell what the text is."""
    if len(text) > MAX_CHARACTERS or _STRANGE.search(text) is not None:
        return None
    try:
        return Document(file, text, _Reader(text, file).document())
    except _BeyondError:
        return None


class _Reader:
    """Reads one text once."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._lines = _lines(text)
        self._next = 0
        self._nodes = 0

    def document(self) -> Node | None:
        """The root, None where nothing but comments stands in the text."""
        if not self._lines:
            return None
        root = self._block(0, 0)
        if self._next < len(self._lines) or self._nodes > MAX_NODES:
            raise _BeyondError
        return root

    # --- blocks ----------------------------------------------------------------------------------------------------------------------

    def _block(self, indent: int, depth: int) -> Node:
        """The mapping or list whose first line is the next one."""
        line = self._lines[self._next]
        if line.indent != indent or depth > _MAX_DEPTH:
            raise _BeyondError
        return self._sequence(line, depth) if self._text.startswith("- ", line.at) else self._mapping(line, depth)

    def _mapping(self, first: _Line, depth: int) -> MappingNode:
        entries: list[Entry] = []
        known: set[str] = set()
        self._nodes += 1
        while (line := self._same(first.indent)) is not None:
            match = _KEY.match(self._text, line.at)
            if match is None or match[1] in known:
                raise _BeyondError
            known.add(match[1])
            entries.append(
                Entry(self._scalar(line, line.at, match.end(1), match[1], ""), self._value(line, match.end(1), match.end(), depth))
            )
        return MappingNode(Position(self._file, first.number, first.at - first.start + 1), Span(first.at, self._end()), tuple(entries))

    def _value(self, line: _Line, colon: int, at: int, depth: int) -> Node:
        """What stands behind a key: on its line, below it, or nothing."""
        self._next += 1
        following = self._lines[self._next] if self._next < len(self._lines) else None
        deeper = following is not None and following.indent > line.indent
        if _NOTHING.match(self._text, at) is None:
            if deeper:
                raise _BeyondError  # a scalar of several lines
            return self._inline(line, at, depth)
        if following is not None and deeper:
            return self._block(following.indent, depth + 1)
        if following is not None and following.indent == line.indent and self._text.startswith("- ", following.at):
            raise _BeyondError  # a list that is not indented
        self._nodes += 1
        place = Position(self._file, line.number, line.at - line.start + 1)
        return ScalarNode(place, Span(colon + 1, colon + 1), None, "")

    def _sequence(self, first: _Line, depth: int) -> SequenceNode:
        items: list[Node] = []
        self._nodes += 1
        while (line := self._same(first.indent)) is not None:
            if not self._text.startswith("- ", line.at):
                raise _BeyondError
            at = _end_of(_SPACES, self._text, line.at + 1)
            if _KEY.match(self._text, at) is not None:
                inner = _Line(at - line.start, at, line.number, line.start)
                self._lines[self._next] = inner
                items.append(self._mapping(inner, depth + 1))
                continue
            self._next += 1
            if self._next < len(self._lines) and self._lines[self._next].indent > first.indent:
                raise _BeyondError
            items.append(self._inline(line, at, depth))
        return SequenceNode(Position(self._file, first.number, first.at - first.start + 1), Span(first.at, self._end()), tuple(items))

    def _same(self, indent: int) -> _Line | None:
        """The next line where it goes on at this indentation; None where the block ends."""
        if self._next >= len(self._lines):
            return None
        line = self._lines[self._next]
        if line.indent > indent:
            raise _BeyondError
        return line if line.indent == indent else None

    def _end(self) -> int:
        """A block reaches on to whatever follows it."""
        return self._lines[self._next].at if self._next < len(self._lines) else len(self._text)

    # --- one line --------------------------------------------------------------------------------------------------------------------

    def _inline(self, line: _Line, at: int, depth: int) -> Node:
        """A scalar or a flow collection, with nothing but a comment behind it."""
        node, end = self._flow(line, at, depth)
        if _REST.match(self._text, end) is None:
            raise _BeyondError
        return node

    def _flow(self, line: _Line, at: int, depth: int) -> tuple[Node, int]:
        opening = self._text[at : at + 1]
        if opening == "{":
            return self._flow_mapping(line, at, depth + 1)
        if opening == "[":
            return self._flow_sequence(line, at, depth + 1)
        match = _SCALAR.match(self._text, at)
        if match is None:
            raise _BeyondError
        plain, double, single = match.groups()
        if plain is not None:
            return self._scalar(line, at, match.end(), plain, ""), match.end()
        text, style = (double, '"') if double is not None else (single, "'")
        return self._scalar(line, at, match.end(), text, style), match.end()

    def _flow_mapping(self, line: _Line, start: int, depth: int) -> tuple[MappingNode, int]:
        text, entries, known = self._text, list[Entry](), set[str]()
        at = self._opened(start, depth)
        while text[at : at + 1] != "}" or entries:
            match = _KEY.match(text, at)
            if match is None or match[1] in known:
                raise _BeyondError
            known.add(match[1])
            key = self._scalar(line, at, match.end(1), match[1], "")
            value, at = self._flow(line, match.end(), depth)
            entries.append(Entry(key, value))
            at, closed = self._separated(at, "}")
            if closed:
                break
        span = Span(start, at + 1)
        return MappingNode(Position(self._file, line.number, start - line.start + 1), span, tuple(entries), flow=True), span.end

    def _flow_sequence(self, line: _Line, start: int, depth: int) -> tuple[SequenceNode, int]:
        items: list[Node] = []
        at = self._opened(start, depth)
        while self._text[at : at + 1] != "]" or items:
            item, at = self._flow(line, at, depth)
            items.append(item)
            at, closed = self._separated(at, "]")
            if closed:
                break
        span = Span(start, at + 1)
        return SequenceNode(Position(self._file, line.number, start - line.start + 1), span, tuple(items), flow=True), span.end

    def _opened(self, start: int, depth: int) -> int:
        if depth > _MAX_DEPTH:
            raise _BeyondError
        self._nodes += 1
        return _end_of(_SPACES, self._text, start + 1)

    def _separated(self, at: int, closing: str) -> tuple[int, bool]:
        """Where the next item begins, or where the bracket that closes stands."""
        at = _end_of(_SPACES, self._text, at)
        found = self._text[at : at + 1]
        if found == closing:
            return at, True
        if found != ",":
            raise _BeyondError
        return _end_of(_SPACES, self._text, at + 1), False

    def _scalar(self, line: _Line, start: int, end: int, text: str, style: str) -> ScalarNode:
        self._nodes += 1
        value = text if style else scalar_value(text)
        return ScalarNode(Position(self._file, line.number, start - line.start + 1), Span(start, end), value, text, style)


def _lines(text: str) -> list[_Line]:
    """The lines that are neither empty nor a comment."""
    found: list[_Line] = []
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.lstrip(" ")
        if content and content[0] != "#":
            indent = len(line) - len(content)
            found.append(_Line(indent, start + indent, number, start))
        start += len(line) + 1
    return found


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match is not None else at
