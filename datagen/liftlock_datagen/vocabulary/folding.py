"""Names in the letters that other places allow."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "æ": "ae", "ö": "oe", "ü": "ue", "ä": "ae"})


def fold(text: str) -> str:
    """The name in the letters that a mailbox may have."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPECIAL_LETTERS)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", plain)


def safe(text: str) -> str:
    """Without what would need escaping in arrays or JSON."""
    return " ".join(re.sub(r"[\"\\{},\t\n]", " ", text).split())
