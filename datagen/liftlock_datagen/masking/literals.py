"""PostgreSQL's text forms of arrays and of hstore, read into parts and written again, and the escapes of COPY."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from liftlock_datagen.masking.shapes import UnparsedError

_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
SPECIAL = re.compile(rb"[\\\t\n\r]")
_WRITTEN = {b"\\": b"\\\\", b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r"}
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^{},"\\]+)|([{},])', re.DOTALL)
_PAIR = re.compile(r'\s*"((?:[^"\\]|\\.)*)"=>(?:"((?:[^"\\]|\\.)*)"|(NULL))\s*(?:,|$)', re.DOTALL)


def unescaped(cell: bytes) -> bytes:
    """The value behind a cell of COPY's text format."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), cell) if b"\\" in cell else cell


def escaped(value: bytes) -> bytes:
    """The cell for a value."""
    return SPECIAL.sub(lambda found: _WRITTEN[found[0]], value)


@dataclass(frozen=True, slots=True)
class Array:
    """An array's parts: what stays as it is, and the elements, as tuples. bounds: of the dimensions, where they are written."""

    bounds: str
    tokens: tuple[str | tuple[str], ...]

    @property
    def values(self) -> list[str]:
        """The elements, but for NULLs and empty texts."""
        return [token[0] for token in self.tokens if not isinstance(token, str) and token[0]]

    def written(self, values: Iterable[bytes]) -> str:
        """The array with other elements in the place of values."""
        new = iter(values)
        parts = [token if isinstance(token, str) else _quoted(next(new).decode() if token[0] else "") for token in self.tokens]
        return self.bounds + "".join(parts)


def read_array(text: str) -> Array:
    """The array. UnparsedError for what is none."""
    bounds, equals, body = text.partition("=") if text.startswith("[") else ("", "", text)
    return Array(bounds + equals, tuple(_tokens(body)))


def _tokens(body: str) -> list[str | tuple[str]]:
    """Braces, commas and NULLs as they are; elements as tuples of their value."""
    found: list[str | tuple[str]] = []
    end = 0
    for match in _ELEMENT.finditer(body):
        if match.start() != end:
            raise UnparsedError("a value is no array that can be read")
        end = match.end()
        quoted, plain, sign = match.groups()
        if sign is not None:
            found.append(sign)
        elif plain is not None:
            found.append("NULL" if plain == "NULL" else (plain,))
        else:
            found.append((re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL),))
    if end != len(body) or not body.startswith("{"):
        raise UnparsedError("a value is no array that can be read")
    return found


def read_pairs(text: str) -> list[tuple[str, str | None]]:
    """Keys and values of an hstore."""
    pairs, end = [], 0
    for match in _PAIR.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        key, value, null = match.groups()
        pairs.append((_plain(key), None if null else _plain(value)))
    if end != len(text):
        raise UnparsedError("a value is no hstore that can be read")
    return pairs


def written_pairs(pairs: Sequence[tuple[str, str | None]]) -> str:
    """The hstore of these pairs."""
    return ", ".join(f"{_quoted(key)}=>{'NULL' if value is None else _quoted(value)}" for key, value in pairs)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
