"""What tells documents that stay apart without reading them: everything but their texts and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_TEXT = rb'"(?:[^"\\]++|\\.)*+"'
_OUTLINE = re.compile(rb'(TEXT\s*+:|""|[^"\d-]++|"(?!(?:[^"\\]++|\\.)*+")|-(?!\d))|TEXT|-?\d[\d.eE+-]*+'.replace(b"TEXT", _TEXT))
"""Finds everything of a document but its texts and numbers, in place of which it finds nothing."""
_MOST, _LONGEST = 4096, 512  # so many are remembered, none of them longer
_DIGIT, _DIGITS = re.compile(rb"\d"), bytes.maketrans(b"123456789", b"000000000")
_BETWEEN = b"\0"  # PostgreSQL has no text with it

Read = Callable[[bytes], bytes | None]
"""Reads a document. What is to stand in its place; None: itself, and so for every document of the same outline."""


class Outlines:
    """Those of the documents that were read, as many as are remembered.

    A document's shape is itself with every digit a zero. Digits are alike to what finds outlines: where a document's outline holds none,
    all of its shape have that one. So documents that differ in their digits alone are judged together.
    """

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._shapes: set[bytes] = set()

    def pass_through(self, values: Sequence[bytes], read: Read) -> list[bytes]:
        """The documents; read is asked about the first of each outline."""
        shapes = _BETWEEN.join(values).translate(_DIGITS).split(_BETWEEN)
        if len(shapes) != len(values):
            shapes = [value.translate(_DIGITS) for value in values]
        if self._shapes.issuperset(shapes):
            return list(values)
        return [value if shape in self._shapes else self._judged(value, shape, read) for value, shape in zip(values, shapes, strict=True)]

    def _judged(self, value: bytes, shape: bytes, read: Read) -> bytes:
        outline = b"~".join(_OUTLINE.findall(value))
        if outline not in self._known:
            instead = read(value)
            if instead is not None:
                return instead
            if len(outline) > _LONGEST or len(self._known) >= _MOST:
                return value
            self._known.add(outline)
        if len(shape) <= _LONGEST and len(self._shapes) < _MOST and not _DIGIT.search(outline):
            self._shapes.add(shape)
        return value
