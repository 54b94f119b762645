"""A configuration document as a tree in which every part knows its file, line and column, and its span of the text."""

from __future__ import annotations

from dataclasses import dataclass

# Beyond these a text is refused: whatever it is, it is no configuration.
MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 32
MAX_NODES = 400_000

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, as editors do. Line 0 stands for the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Span:
    """Characters start (inclusive) to end (exclusive) of the document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value. text: as written, without quotes; style: "" for plain, otherwise the character that opens it."""

    position: Position
    span: Span
    value: Scalar
    text: str
    style: str = ""
    anchored: bool = False
    alias: bool = False


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list of values."""

    position: Position
    span: Span
    items: tuple[Node, ...]
    flow: bool = False
    anchored: bool = False
    alias: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value. inherited: it came through a merge key (`<<`)."""

    key: ScalarNode
    value: Node
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values in the order of the file; keys are unique."""

    position: Position
    span: Span
    entries: tuple[Entry, ...]
    flow: bool = False
    anchored: bool = False
    alias: bool = False

    def entry(self, key: str) -> Entry | None:
        """The entry of that key, None where there is none."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def get(self, key: str) -> Node | None:
        """The value of that key, None where there is none."""
        entry = self.entry(key)
        return entry.value if entry else None


Node = ScalarNode | SequenceNode | MappingNode


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text and its tree. root is None for a file without any content."""

    file: str
    text: str
    root: Node | None
