"""Constants and casts as PostgreSQL prints them: their texts, and which casts leave a value as it is. Pure."""

from __future__ import annotations

import re

from liftlock_datagen.synthesis.expressions import Call, Constant, Expression

# Casts that leave the value as it is, for what is asked of it here; any other becomes a call of "cast <type>".
_TRANSPARENT = frozenset({"text", "varchar", "character", "bpchar", "citext", "name"})
_NUMERIC = frozenset({"numeric", "int8", "bigint", "float8", "double", "real"})  # more room for a number: its value stays


def unquoted(text: str) -> str:
    """The text that a quoted constant spells."""
    if text[0] in "Ee":
        return text[2:-1].replace("''", "'").replace("\\\\", "\\")
    return text[1:-1].replace("''", "'")


def listed_constants(tree: Expression) -> tuple[str, ...] | None:
    """The texts of a list of constants; None where it is anything else."""
    if isinstance(tree, Call) and tree.name == "array":
        texts = tuple(part.text for part in tree.arguments if isinstance(part, Constant) and part.text is not None)
        return texts if len(texts) == len(tree.arguments) else None
    if isinstance(tree, Constant) and tree.text and re.fullmatch(r"\{[^\"{}\\]*\}", tree.text):
        return tuple(tree.text[1:-1].split(","))
    return None


def as_type(tree: Expression, name: str) -> Expression:
    """The tree behind a cast; a call where the cast may change the value."""
    if isinstance(tree, Constant):
        return Constant(tree.text, name)
    if name.removesuffix("[]") in _TRANSPARENT or (isinstance(tree, Call) and tree.name == "array"):
        return tree
    return Call("cast numeric" if name in _NUMERIC else f"cast {name}", (tree,))
