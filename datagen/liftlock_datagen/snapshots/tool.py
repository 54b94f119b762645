"""Which version of this package makes rows: what stays the same only while this does."""

from __future__ import annotations

import hashlib
from pathlib import Path

_MANIFEST = Path(__file__).parent.parent / "vocabulary" / "frozen" / "manifest.json"


def vocabulary_digest() -> str:
    """12 hex digits over the manifest of all word lists. Loads none of them."""
    return hashlib.sha256(_MANIFEST.read_bytes()).hexdigest()[:12]
