"""Codes with letters outside ASCII, permuted among all texts of the same form: a letter becomes one of its own script and case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from unicodedata import ucd_3_2_0 as signs_of_2002  # of which every Python says the same

from liftlock_datagen.masking.digests import sub_key
from liftlock_datagen.masking.permutations import permutation
from liftlock_datagen.masking.shapes import UnparsedError

_BLOCK = 256  # code points that stand together; a script fills one or more of them
_MOVING = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})


def is_permuted(value: bytes) -> bool:
    """Whether the text has letters beside those of ASCII, and all its signs are known. UnparsedError for what is no UTF-8."""
    if value.isascii():
        return False
    try:
        categories = {signs_of_2002.category(sign) for sign in value.decode()}
    except UnicodeDecodeError:
        raise UnparsedError("a value is no text in UTF-8") from None
    return "Cn" not in categories and not categories.isdisjoint(_MOVING)


def permuted_texts(key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Each text's image. What is neither a letter nor a digit stays where it is."""
    return [_permuted(key, value.decode()).encode() for value in values]


def _permuted(key: bytes, text: str) -> str:
    classes = [stand_ins(sign) for sign in text]
    rank, size = 0, 1
    for sign, members in zip(text, classes, strict=True):
        if members:
            rank, size = rank * len(members) + members.index(sign), size * len(members)
    shape = "/".join(members[0] if members else sign + sign for sign, members in zip(text, classes, strict=True))
    rank = permutation(sub_key(key, b"signs", shape.encode()), size).single(rank)
    out = list(text)
    for place in reversed(range(len(text))):
        if members := classes[place]:
            rank, low = divmod(rank, len(members))
            out[place] = members[low]
    return "".join(out)


def stand_ins(sign: str) -> str:
    """The letters or digits that may stand for this one, itself among them; none for other signs."""
    category = signs_of_2002.category(sign)
    return _members(ord(sign) // _BLOCK, category, sign.isascii()) if category in _MOVING else ""


@lru_cache(maxsize=1024)
def _members(block: int, category: str, is_ascii: bool) -> str:
    """In the same block, of the same category, and in ASCII or not."""
    signs = map(chr, range(block * _BLOCK, (block + 1) * _BLOCK))
    return "".join(sign for sign in signs if signs_of_2002.category(sign) == category and sign.isascii() == is_ascii)
