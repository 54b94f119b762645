"""Tables of texts to take rows from, as bytes that COPY reads. They depend on the vocabularies alone, so each is made once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from liftlock_datagen.primitives.bits import Counters, uniform
from liftlock_datagen.primitives.encoding import Bytes, escape, text_table
from liftlock_datagen.vocabulary.words import Vocabularies


def quoted(text: str, depth: int) -> str:
    """The text inside so many pairs of quotes: those of an array's element, of a composite value's field, or of both."""
    for _ in range(depth):
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return text


def literal(text: str, depth: int) -> bytes:
    """The text inside so many pairs of quotes, as COPY reads it."""
    return escape(quoted(text, depth)).encode()


class WordTables:
    """The tables of one run."""

    def __init__(self, vocabularies: Vocabularies) -> None:
        self.vocabularies = vocabularies
        self._tables: dict[tuple[object, ...], Bytes] = {}

    def table(self, key: tuple[object, ...], texts: Sequence[str], depth: int = 0) -> Bytes:
        """The table of these texts, kept under the key."""
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = text_table([quoted(text, depth) for text in texts])
        return found

    def words(self, name: str, field: int = 0, max_length: int = 0, depth: int = 0) -> Bytes:
        """A field of a vocabulary, those of its entries with at most max_length characters (0: all)."""
        key = (name, field, max_length, depth)
        found = self._tables.get(key)
        return found if found is not None else self.table(key, self.vocabularies.column(name, field, max_length), depth)

    def pick(self, name: str, key: int, rows: Counters, *, field: int = 0, max_length: int = 0, depth: int = 0) -> Bytes:
        """A word for each row."""
        table = self.words(name, field, max_length, depth)
        return table[uniform(key, rows, len(table)).astype(np.int64)]
