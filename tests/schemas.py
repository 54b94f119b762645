"""The schemas in tests/data/schemas: DDL as people have it, to test against."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "schemas"
NAMES = ("rental", "music", "trading", "erp", "forum")


def schema(name: str) -> str:
    """The DDL of one of them."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
