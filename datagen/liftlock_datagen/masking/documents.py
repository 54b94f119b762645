"""JSON documents and hstore, path by path. A path that the plan does not name stops the run; the message has the path, never a value.

Paths: `$.contact.email`, `$.tags[*]`, `$.notes.*` (any key). A path that names an object or a list with rule keep or empty is about all of
it. Numbers keep the digits that they were written with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.literals import read_pairs, written_pairs
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Document, Fixed, Keep, Null, Transformer

Change = Callable[[Sequence[bytes]], list[bytes]]
_STEP = re.compile(r"\.\*|\[\*\]|\.([^.\[\"]+)|\.\"([^\"]+)\"")
_ANY = object()
_EACH = object()


class UnlistedPathError(SpecError):
    """A document holds a path that nobody classified."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"a document has the path {path}, which is not classified", hint="classify the path, then run the same command again"
        )


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass
class _Node:
    """A place in documents: what happens to a value there, and its parts. found: the texts there that are to be changed."""

    transformer: Transformer | None = None
    change: Change | None = None
    parts: dict[object, _Node] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    def change_found(self) -> None:
        """Gives each found text its new one, all of a place together, and so below it."""
        if self.found and self.change is not None:
            made = self.change([text.encode() for text in self.found])
            self.found = dict(zip(self.found, (text.decode() for text in made), strict=True))
        for part in self.parts.values():
            part.change_found()

    def forget(self) -> None:
        """Makes ready for other documents."""
        self.found = {}
        for part in self.parts.values():
            part.forget()


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A value that is to be changed, in its place in a document."""

    node: _Node
    text: str
    number: bool

    @property
    def new(self) -> str:
        """What it became; a number stays one if it can."""
        found = self.node.found[self.text]
        return _Number(found) if self.number and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", found) else found


class DocumentMaker:
    """Changes documents as one plan says. maker: gives what changes the texts of a leaf."""

    def __init__(self, plan: Document, maker: Callable[[Transformer], Change]) -> None:
        self._store = plan.store
        self._root = _Node()
        for path, transformer in plan.paths:
            node = self._root
            for step in _steps(path):
                node = node.parts.setdefault(step, _Node())
            node.transformer, node.change = transformer, maker(transformer)

    def __call__(self, values: Sequence[bytes]) -> list[bytes]:
        """The changed documents. What stands at one path in all of them is changed together: one by one costs a hundred times as much."""
        try:
            if self._store:
                stores = [self._pairs(value.decode()) for value in values]
                self._root.change_found()
                return [written_pairs([(key, _text(value)) for key, value in pairs]).encode() for pairs in stores]
            documents = [self._document(value.decode()) for value in values]
            self._root.change_found()
            return [_written(document).encode() for document in documents]
        finally:
            self._root.forget()

    def _pairs(self, text: str) -> list[tuple[str, object]]:
        pairs = []
        for key, value in read_pairs(text):
            node = _part(self._root, key, "$")
            pairs.append((key, _leaf(node, value, f"$.{key}") if node.transformer is not None else _unlisted(f"$.{key}")))
        return pairs

    def _document(self, text: str) -> object:
        try:
            value = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        except (ValueError, RecursionError):
            raise UnparsedError("a value is no JSON document that can be read") from None
        return _changed(self._root, value, "$")


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


def _part(node: _Node, key: str, path: str) -> _Node:
    found = node.parts.get(key) or node.parts.get(_ANY)
    if found is None:
        raise UnlistedPathError(f"{path}.{key}")
    return found


def _unlisted(path: str) -> str:
    raise UnlistedPathError(path)


def _changed(node: _Node, value: object, path: str) -> object:
    if isinstance(node.transformer, Keep) and not node.parts:
        return value
    if isinstance(node.transformer, Null):
        return None
    if isinstance(value, dict):
        return {key: _changed(_part(node, key, path), inner, f"{path}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        each = node.parts.get(_EACH)
        if each is None and value:
            raise UnlistedPathError(f"{path}[*]")
        return [_changed(each, inner, f"{path}[*]") for inner in value] if each else []
    return _leaf(node, value, path)


def _leaf(node: _Node, value: object, path: str) -> object:
    """A text, a number, a boolean or null. Where only parts of the place are known, null is all that passes."""
    if value is None or value == "":
        return value
    if node.transformer is None or node.change is None:
        raise UnlistedPathError(path)
    if isinstance(node.transformer, Keep):
        return value
    if isinstance(node.transformer, Fixed):
        return node.transformer.text
    if isinstance(value, bool):
        raise UnparsedError(f"{path} is a boolean, for which its rule has no value")
    text = str(value)
    node.found[text] = ""
    return _Awaited(node, text, isinstance(value, _Number))


def _written(value: object) -> str:
    match value:
        case _Awaited():
            return _written(value.new)
        case _Number():
            return str.__str__(value)
        case dict():
            return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_written(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
