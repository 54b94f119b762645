"""JSON documents and hstore, path by path. A path that the plan does not name stops the run; the message has what the plan knows of the
path, never a key or a value of the data.

A path that names an object or a list with rule keep or empty is about all of it. Keys that only `.*` covers are data too: they become
pseudonyms, unless the place is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

from liftlock_datagen.masking.document_places import Awaited, Change, Place, Row, UnlistedPathError, places_of
from liftlock_datagen.masking.document_reading import KeyTwiceError, Number, read_document, read_strictly
from liftlock_datagen.masking.literals import read_pairs, written_pairs
from liftlock_datagen.masking.outlines import Outlines
from liftlock_datagen.masking.transformers import Document, Keep, Null, Seeded, Transformer
from liftlock_datagen.spec.paths import Each

_quoted = json.JSONEncoder(ensure_ascii=False).encode  # made once: json.dumps makes a new one for every value


class DocumentMaker:
    """Changes documents as one plan says. maker: gives what changes the texts of a leaf. renamed: a pseudonym of a key that is data."""

    def __init__(self, plan: Document, maker: Callable[[Transformer], Change], renamed: Callable[[bytes], bytes]) -> None:
        self._store = plan.store
        self._renamed = renamed
        self._stays = not plan.store and all(isinstance(transformer, Keep) for _, transformer in plan.paths)
        self._by_row = any(isinstance(transformer, Seeded) for _, transformer in plan.paths)
        self._outlines = Outlines()
        self._root = places_of(plan.paths, maker)

    def __call__(self, inputs: Sequence[bytes], values: Sequence[bytes]) -> list[bytes]:
        """The changed documents. inputs: what tells their rows apart, where values are made anew.

        What stands at one path in all of them is changed together: one by one costs a hundred times as much.
        """
        if self._stays:
            return self._outlines.pass_through(values, self._looked_at)
        rows = map(Row, inputs) if self._by_row else repeat(Row(b""), len(inputs))
        try:
            return self._stores(rows, values) if self._store else self._documents(rows, values)
        finally:
            self._root.forget()

    def _documents(self, rows: Iterator[Row], values: Sequence[bytes]) -> list[bytes]:
        documents = [self._changed(row, self._root, read_document(value)) for row, value in zip(rows, values, strict=True)]
        self._root.change_found()
        return [_written(document).encode() for document in documents]

    def _stores(self, rows: Iterator[Row], values: Sequence[bytes]) -> list[bytes]:
        stores = [self._pairs(row, value.decode()) for row, value in zip(rows, values, strict=True)]
        self._root.change_found()
        return [written_pairs([(key, _text(value)) for key, value in pairs]).encode() for pairs in stores]

    def _pairs(self, row: Row, text: str) -> list[tuple[str, object]]:
        return [(self._key(self._root, key), self._root.part(key).leaf(row, value)) for key, value in read_pairs(text)]

    def _looked_at(self, value: bytes) -> bytes | None:
        """What is to stand in place of a document of which every path is to be kept: itself, as a rule."""
        try:
            self._changed(Row(b""), self._root, read_strictly(value))
        except KeyTwiceError:  # what readers do not see was not looked at either, so it may not pass
            return _written(self._changed(Row(b""), self._root, read_document(value))).encode()
        return None

    def _changed(self, row: Row, place: Place, value: object) -> object:
        if place.is_kept:
            return value
        if isinstance(place.transformer, Null):
            return None
        if isinstance(value, dict):
            parts = [(key, place.part(key), inner) for key, inner in value.items()]
            return {self._key(place, key): self._changed(row, part, inner) for key, part, inner in parts}
        if isinstance(value, list):
            each = place.parts.get(Each.ITEM)
            if each is None and value:
                raise UnlistedPathError(place.path, "a list")
            return [self._changed(row, each, inner) for inner in value] if each else []
        return place.leaf(row, value)

    def _key(self, place: Place, key: str) -> str:
        """The key itself where the plan names it or keeps what is there; else it is data."""
        if key in place.parts or not key or place.part(key).is_kept:
            return key
        return self._renamed(key.encode()).decode()


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case Awaited():
            return value.new
        case _:
            return str(value)


def _written(value: object) -> str:
    match value:
        case Awaited():
            return _written(value.new)
        case Number():
            return str.__str__(value)
        case dict():
            return "{" + ", ".join(f"{_quoted(key)}: {_written(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case _:
            return _quoted(value)
