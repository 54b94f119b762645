"""Text as a YAML scalar that reads back as the same text."""

from __future__ import annotations

import re

from liftlock.core.config.reading import scalar_value

_BARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@-]*(?::[A-Za-z0-9._/@-]+)*")
_OTHER_READERS = re.compile(r"(?i:y|n|yes|no|on|off)|[-+.0-9][0-9_:.,]*|0[xob][0-9a-f_]+|\d{4}-\d.*", re.IGNORECASE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


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
