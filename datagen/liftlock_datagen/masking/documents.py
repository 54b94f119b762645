"""JSON documents and hstore, path by path. A path that the plan does not name stops the run; the message has what the plan knows of the
path, never a key or a value of the data.

Paths: `$.contact.email`, `$.tags[*]`, `$.notes.*` (any key). A path that names an object or a list with rule keep or empty is about all of
it. Keys that only `.*` covers are data too: they become pseudonyms, unless the place is kept. Numbers keep the digits that they were
written with.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.literals import read_pairs, written_pairs
from liftlock_datagen.masking.outlines import Outlines
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Document, Fixed, Keep, Null, Seeded, Transformer

Change = Callable[[Sequence[bytes], Sequence[bytes]], list[bytes]]
_STEP = re.compile(r"\.\*|\[\*\]|\.([^.\[\"]+)|\.\"([^\"]+)\"")
_ANY = object()
_EACH = object()


class UnlistedPathError(SpecError):
    """A document holds something that nobody classified. place: the nearest path that the plan knows; what: it holds there."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(
            f"a document holds {what} at {place} that is not classified (its name is not shown: it may be data)",
            hint="let liftlock data init look for paths in more documents (--sample), or classify it; then run the same command again",
        )


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _TwiceError(Exception):
    """An object has a key twice. Readers take the last one; the text has both."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


# made once: json.loads and json.dumps make a new one for every value
_READER = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_Number)
_STRICT = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_once)
_quoted = json.JSONEncoder(ensure_ascii=False).encode


@dataclass
class _Node:
    """A place in documents: what happens to a value there, and its parts. path: as the plan names it.

    found: the texts there that are to be changed, by what they are changed by: the text itself, or its row. made: what they became.
    """

    path: str = "$"
    transformer: Transformer | None = None
    change: Change | None = None
    parts: dict[object, _Node] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether everything at the place stays."""
        return isinstance(self.transformer, Keep) and not self.parts

    def change_found(self) -> None:
        """Gives each found text its new one, all of a place together, and so below it."""
        if self.found and self.change is not None:
            old = [text.encode() for text in self.found.values()]
            inputs = [given.encode() for given in self.found] if isinstance(self.transformer, Seeded) else old
            self.made = dict(zip(self.found, (text.decode() for text in self.change(inputs, old)), strict=True))
        for part in self.parts.values():
            part.change_found()

    def forget(self) -> None:
        """Makes ready for other documents."""
        self.found, self.made = {}, {}
        for part in self.parts.values():
            part.forget()


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A value that is to be changed, in its place in a document."""

    node: _Node
    given: str
    number: bool

    @property
    def new(self) -> str:
        """What it became; a number stays one if it can."""
        made = self.node.made[self.given]
        return _Number(made) if self.number and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", made) else made


@dataclass
class _Row:
    """The row that a document belongs to. key: what tells it from others. count: of the values that are made anew at each path."""

    key: bytes
    count: Counter[str] = field(default_factory=Counter)

    def place(self, path: str) -> str:
        """What tells the next value at the path from all others: the row, the path and its number, and nothing of the data."""
        self.count[path] += 1
        return f"{self.key.decode()}/{path}/{self.count[path]}"


class DocumentMaker:
    """Changes documents as one plan says. maker: gives what changes the texts of a leaf. renamed: a pseudonym of a key that is data."""

    def __init__(self, plan: Document, maker: Callable[[Transformer], Change], renamed: Callable[[bytes], bytes]) -> None:
        self._store = plan.store
        self._renamed = renamed
        self._stays = not plan.store and all(isinstance(transformer, Keep) for _, transformer in plan.paths)
        self._by_row = any(isinstance(transformer, Seeded) for _, transformer in plan.paths)
        self._outlines = Outlines()
        self._root = _Node()
        for path, transformer in plan.paths:
            node = self._root
            for step in _steps(path):
                node = node.parts.setdefault(step, _Node(node.path + _written_step(step)))
            node.transformer, node.change = transformer, maker(transformer)

    def __call__(self, inputs: Sequence[bytes], values: Sequence[bytes]) -> list[bytes]:
        """The changed documents. inputs: what tells their rows apart, where values are made anew.

        What stands at one path in all of them is changed together: one by one costs a hundred times as much.
        """
        if self._stays:
            return self._outlines.pass_through(values, self._looked_at)
        try:
            if self._store:
                stores = [self._pairs(row, value.decode()) for row, value in zip(self._rows(inputs), values, strict=True)]
                self._root.change_found()
                return [written_pairs([(key, _text(value)) for key, value in pairs]).encode() for pairs in stores]
            documents = [self._changed(row, self._root, _read(value)) for row, value in zip(self._rows(inputs), values, strict=True)]
            self._root.change_found()
            return [_written(document).encode() for document in documents]
        finally:
            self._root.forget()

    def _pairs(self, row: _Row, text: str) -> list[tuple[str, object]]:
        return [(self._key(self._root, key), _leaf(row, _part(self._root, key), value)) for key, value in read_pairs(text)]

    def _rows(self, inputs: Sequence[bytes]) -> Iterator[_Row]:
        return map(_Row, inputs) if self._by_row else repeat(_Row(b""), len(inputs))

    def _looked_at(self, value: bytes) -> bytes | None:
        """What is to stand in place of a document of which every path is to be kept: itself, as a rule."""
        try:
            self._changed(_Row(b""), self._root, _read(value, _STRICT))
        except _TwiceError:  # what readers do not see was not looked at either, so it may not pass
            return _written(self._changed(_Row(b""), self._root, _read(value))).encode()
        return None

    def _changed(self, row: _Row, node: _Node, value: object) -> object:
        if node.is_kept:
            return value
        if isinstance(node.transformer, Null):
            return None
        if isinstance(value, dict):
            parts = [(key, _part(node, key), inner) for key, inner in value.items()]
            return {self._key(node, key): self._changed(row, part, inner) for key, part, inner in parts}
        if isinstance(value, list):
            each = node.parts.get(_EACH)
            if each is None and value:
                raise UnlistedPathError(node.path, "a list")
            return [self._changed(row, each, inner) for inner in value] if each else []
        return _leaf(row, node, value)

    def _key(self, node: _Node, key: str) -> str:
        """The key itself where the plan names it or keeps what is there; else it is data."""
        if key in node.parts or not key:
            return key
        any_key = _part(node, key)
        return key if any_key.is_kept else self._renamed(key.encode()).decode()


def _read(value: bytes, reader: json.JSONDecoder = _READER) -> object:
    try:
        return reader.decode(value.decode())
    except (ValueError, RecursionError):
        raise UnparsedError("a value is no JSON document that can be read") from None


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case _Awaited():
            return value.new
        case _:
            return str(value)


def _steps(path: str) -> list[object]:
    found, end = [], 1
    for match in _STEP.finditer(path, 1):
        if match.start() != end:
            break
        end = match.end()
        found.append({".*": _ANY, "[*]": _EACH}.get(match[0], match[1] or match[2]))
    if not path.startswith("$") or end != len(path):
        raise DatagenError(f"{path} is no path of a document", hint="write $.name, $.list[*] or $.object.*")
    return found


def _written_step(step: object) -> str:
    if step is _ANY:
        return ".*"
    if step is _EACH:
        return "[*]"
    return f".{step}" if re.fullmatch(r"[^.\[\]\"*\s]+", str(step)) else f'."{step}"'


def _part(node: _Node, key: str) -> _Node:
    found = node.parts.get(key) or node.parts.get(_ANY)
    if found is None:
        raise UnlistedPathError(node.path, "a key")
    return found


def _leaf(row: _Row, node: _Node, value: object) -> object:
    """A text, a number, a boolean or null. Where only parts of the place are known, null is all that passes."""
    if value is None or value == "":
        return value
    match node.transformer:
        case None:
            raise UnlistedPathError(node.path, "a value")
        case Keep():
            return value
        case Null():
            return None
        case Fixed(text=text):
            return text
    if isinstance(value, bool):
        raise UnparsedError(f"{node.path} is a boolean, for which its rule has no value")
    text = str(value)
    given = row.place(node.path) if isinstance(node.transformer, Seeded) else text
    node.found[given] = text
    return _Awaited(node, given, isinstance(value, _Number))


def _written(value: object) -> str:
    match value:
        case _Awaited():
            return _written(value.new)
        case _Number():
            return str.__str__(value)
        case dict():
            return "{" + ", ".join(f"{_quoted(key)}: {_written(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case _:
            return _quoted(value)
