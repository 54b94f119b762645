"""Composes a document from the YAML parser's events; see reading.py for what is accepted."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml import events as ruamel
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from liftlock.core.config.document import (
    MAX_CHARACTERS,
    MAX_DEPTH,
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
from liftlock.core.config.problems import Problem
from liftlock.core.config.scalars import scalar_value
from liftlock.core.config.suggestions import shown
from liftlock.core.config.yaml_words import plain_words

# The two parsers name their events alike.
_ALIAS = (ruamel.AliasEvent, yaml.AliasEvent)
_SCALAR = (ruamel.ScalarEvent, yaml.ScalarEvent)
_SEQUENCE = (ruamel.SequenceStartEvent, yaml.SequenceStartEvent)
_DOCUMENT = (ruamel.DocumentStartEvent, yaml.DocumentStartEvent)
_DOCUMENT_END = (ruamel.DocumentEndEvent, yaml.DocumentEndEvent)


# libyaml is forty times quicker, but it reads YAML 1.1: what the versions see differently goes to ruamel.
_UNCERTAIN = re.compile("[^\n\x20-\x7e\u00a1-\u2027\u202a-\ud7ff]|^(?:---|\\.\\.\\.|%)|(?:^ *|[:-] +)[|>]", re.MULTILINE)


class _RefusedError(Exception):
    """Ends the reading of a text; never leaves this module."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def compose(text: str, file: str) -> Document | Problem:
    """The tree of the text, or the first thing that is wrong with it, in plain words."""
    reader = _Composer(text, file, YAML(typ="safe", pure=True).parse)
    try:
        return Document(file, text, reader.document())
    except _RefusedError as err:
        return err.problem
    except MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        position = reader.position(mark.index) if mark is not None else Position(file)
        return Problem(position, "", plain_words(err, reader.line_of))
    except YAMLError as err:
        index = int(getattr(err, "position", 0) or 0)
        character = text[index : index + 1] or "\0"
        return Problem(reader.position(index), "", f"character U+{ord(character):04X} is not allowed in YAML; remove it")


def compose_quickly(text: str, file: str) -> Document | None:
    """The same tree, from libyaml's events; None where the text is wrong or beyond what the two parsers surely read alike."""
    if _UNCERTAIN.search(text) is not None:
        return None
    reader = _Composer(text, file, _libyaml_events)
    try:
        return Document(file, text, reader.document())
    except (_RefusedError, yaml.YAMLError):
        return None


class _Composer:
    """Composes nodes from a parser's events. One instance reads one text once."""

    def __init__(self, text: str, file: str, parse: Callable[[str], Iterable[Any]]) -> None:
        self._parse = parse
        self._text, self._file = text, file
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0
        self._events: Iterator[Any] = iter(())

    def position(self, index: int) -> Position:
        """The place of a character of the text."""
        line = bisect_right(self._starts, index)
        start = self._starts[line - 1]
        column = index - start + 1 - (1 if start == 0 and self._text.startswith("\ufeff") and index else 0)
        return Position(self._file, line, column)

    def line_of(self, index: int) -> int:
        """The line of a character of the text."""
        return self.position(index).line

    def document(self) -> Node | None:
        """The root node, None where the text has no content."""
        if len(self._text) > MAX_CHARACTERS:
            message = f"the file has {len(self._text)} characters, more than {MAX_CHARACTERS}; this is no configuration file"
            raise _RefusedError(Problem(Position(self._file), "", message))
        self._events = self._parsed()
        root: Node | None = None
        for event in self._events:
            if isinstance(event, _DOCUMENT):
                if root is not None:
                    raise self._refuse(event.start_mark.index, 'a second document begins here ("---"); keep one per file')
                root = self._node(next(self._events), 0)
            elif isinstance(event, _DOCUMENT_END):
                continue
        empty = isinstance(root, ScalarNode) and root.text == "" and not root.style
        return None if empty else root

    def _parsed(self) -> Iterator[Any]:
        """The parser's events. What it stumbles over in text that nobody writes by hand is one more problem of the text."""
        last = 0
        try:
            for event in self._parse(self._text):
                last = event.end_mark.index if event.end_mark is not None else last
                yield event
        except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, AssertionError):
            raise self._refuse(last, "the text after this place cannot be read as YAML; look for stray escapes and quotes") from None

    def _refuse(self, index: int, message: str) -> _RefusedError:
        return _RefusedError(Problem(self.position(index), "", message))

    def _count(self, nodes: int, index: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self._refuse(index, f"more than {MAX_NODES} values once aliases are followed; this is no configuration file")

    def _node(self, event: Any, depth: int) -> Node:
        start = event.start_mark.index
        if depth > MAX_DEPTH:
            raise self._refuse(start, f"nested deeper than {MAX_DEPTH} levels; no setting lies that deep")
        before = self._nodes
        self._count(1, start)
        if isinstance(event, _ALIAS):
            return self._alias(event)
        tag = _tag(event)
        if tag not in (None, "tag:yaml.org,2002:str"):
            raise self._refuse(start, "YAML tags (a word that begins with !) are not used in these files; remove it")
        node = self._collection(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _collection(self, event: Any, depth: int) -> Node:
        start, anchored = event.start_mark.index, event.anchor is not None
        if isinstance(event, _SCALAR):
            style = event.style or ""
            plain = not style and _tag(event) is None
            value = scalar_value(event.value) if plain else event.value
            return ScalarNode(self.position(start), Span(start, event.end_mark.index), value, event.value, style, anchored)
        flow = bool(event.flow_style)
        if isinstance(event, _SEQUENCE):
            items, end = self._items(event, depth)
            return SequenceNode(self.position(start), Span(start, end), items, flow, anchored)
        entries, end = self._entries(event, depth)
        return MappingNode(self.position(start), Span(start, end), entries, flow, anchored)

    def _items(self, event: Any, depth: int) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        while hasattr(event := next(self._events), "anchor"):
            items.append(self._node(event, depth + 1))
        return tuple(items), event.end_mark.index

    def _entries(self, event: Any, depth: int) -> tuple[tuple[Entry, ...], int]:
        own: dict[str, Entry] = {}
        merged: list[Node] = []
        while hasattr(event := next(self._events), "anchor"):
            key = self._key(event, own)
            value = self._placed(self._node(next(self._events), depth + 1), key)
            if key.text == "<<" and not key.style:
                merged.append(value)
            else:
                own[key.text] = Entry(key, value)
        return (*own.values(), *self._merged(merged, set(own))), event.end_mark.index

    def _key(self, event: Any, before: Mapping[str, Entry]) -> ScalarNode:
        start = event.start_mark.index
        if not isinstance(event, _SCALAR) or event.anchor is not None:
            raise self._refuse(start, "a key must be one plain word, not a list, mapping, anchor or alias")
        key = self._node(event, 0)
        assert isinstance(key, ScalarNode)  # noqa: S101 - a ScalarEvent gives nothing else
        if key.text in before:
            message = f'duplicate key "{shown(key.text)}"; it is already set at line {before[key.text].key.position.line}'
            raise self._refuse(start, message)
        return key

    def _placed(self, value: Node, key: ScalarNode) -> Node:
        """An empty value stands right behind its key's colon, not where the parser noticed that nothing follows."""
        if isinstance(value, ScalarNode) and value.span.start == value.span.end:
            colon = self._text.find(":", key.span.end)
            return replace(value, position=key.position, span=Span(colon + 1, colon + 1))
        return value

    def _alias(self, event: Any) -> Node:
        span = Span(event.start_mark.index, event.end_mark.index)
        found = self._anchors.get(event.anchor)
        if found is None:
            raise self._refuse(span.start, f'alias "*{shown(event.anchor)}" has no anchor "&{shown(event.anchor)}" before it')
        node, size = found
        self._count(size, span.start)
        return replace(node, position=self.position(span.start), span=span, anchored=False, alias=True)

    def _merged(self, values: list[Node], taken: set[str]) -> Iterator[Entry]:
        for value in values:
            for mapping in value.items if isinstance(value, SequenceNode) else (value,):
                if not isinstance(mapping, MappingNode):
                    raise self._refuse(mapping.span.start, 'a merge key ("<<") takes a mapping or a list of mappings')
                for entry in mapping.entries:
                    if entry.key.text not in taken:
                        taken.add(entry.key.text)
                        yield replace(entry, inherited=True)


def _libyaml_events(text: str) -> Iterator[Any]:
    """Anchors, aliases and tags are rare, and their names end differently in the two versions of YAML."""
    parser = yaml.CSafeLoader(text)
    while parser.check_event():
        event = parser.get_event()
        if getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None:
            raise yaml.YAMLError("left to the other parser")
        yield event


def _tag(event: Any) -> str | None:
    """The tag that is written in the text; the parsers keep it under different names."""
    tag = getattr(event, "ctag", None) or getattr(event, "tag", None)
    return None if tag is None or str(tag) == "None" else str(tag)
