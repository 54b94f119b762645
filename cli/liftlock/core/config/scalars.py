"""What a plain YAML scalar means, and text as a scalar that reads back as the same text."""

from __future__ import annotations

import re

from liftlock.core.config.document import Scalar

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_BARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@-]*(?::[A-Za-z0-9._/@-]+)*")
_OTHER_READERS = re.compile(r"(?i:y|n|yes|no|on|off)|[-+.0-9][0-9_:.,]*|0[xob][0-9a-f_]+|\d{4}-\d.*", re.IGNORECASE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def scalar_value(text: str) -> Scalar:
    """What a plain (unquoted) scalar means in YAML 1.2's core schema, but octal, hexadecimal, infinite and no numbers stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 20 and _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def plain_text(value: str) -> str:
    """Bare where every YAML reader takes it for the same text, otherwise in double quotes."""
    if _BARE.fullmatch(value) and not _OTHER_READERS.fullmatch(value) and isinstance(scalar_value(value), str):
        return value
    return quoted_text(value)


def quoted_text(value: str) -> str:
    """The text in double quotes."""
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(ord(char))) for char in value) + '"'


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
