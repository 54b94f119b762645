"""PostgreSQL's patterns as Python's. Pure."""

from __future__ import annotations


def like_pattern(pattern: str) -> str:
    """The regular expression of a LIKE pattern."""
    escaped = "".join(c if c.isalnum() or c in "%_ @-" else "\\" + c for c in pattern)
    return escaped.replace("%", ".*").replace("_", ".")


def python_pattern(pattern: str) -> str:
    """The part of PostgreSQL's expressions that Python writes otherwise."""
    classes = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s"}
    for name, letters in classes.items():
        pattern = pattern.replace(f"[:{name}:]", letters)
    return pattern.replace(r"\m", r"\b").replace(r"\M", r"\b")
