"""Text of others inside Markdown: it stays on its line, in its cell, and is never markup."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def cell(text: str) -> str:
    """Plain text in a table's cell or in a sentence."""
    return _SPECIAL.sub(r"\\\1", line(text)).replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Text between backticks."""
    return line(text).replace("`", "'").replace("|", "\\|").replace("<", "&lt;")


def line(text: str) -> str:
    """Text in a block of code, as one line."""
    return " ".join(text.split())
