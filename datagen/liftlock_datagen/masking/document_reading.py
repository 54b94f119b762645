"""Reads JSON documents so that each number keeps the digits that it was written with."""

from __future__ import annotations

import json

from liftlock_datagen.masking.shapes import UnparsedError


class Number(str):
    """A number as it was written."""

    __slots__ = ()


class KeyTwiceError(Exception):
    """An object has a key twice. Readers take the last one; the text has both."""


def read_document(value: bytes) -> object:
    """What readers see of the document. UnparsedError where it is none."""
    return _read(value, _READER)


def read_strictly(value: bytes) -> object:
    """The same; KeyTwiceError where readers do not see all of it."""
    return _read(value, _STRICT)


def _read(value: bytes, reader: json.JSONDecoder) -> object:
    try:
        return reader.decode(value.decode())
    except (ValueError, RecursionError):
        raise UnparsedError("a value is no JSON document that can be read") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise KeyTwiceError
    return found


# made once: json.loads makes a new one for every value
_READER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)
_STRICT = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number, object_pairs_hook=_once)
