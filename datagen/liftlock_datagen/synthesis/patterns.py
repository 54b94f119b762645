"""Reads simple regular expressions as a row of letter classes, from which matching text is made by construction. Pure.

Read: ^…$, literals, classes, \\d \\w \\s, the dot, and the quantifiers ? * + {n} {n,} {n,m}. Not read (None): groups,
alternatives, look-arounds.
"""

from __future__ import annotations

import re
import string

_WORD = string.ascii_lowercase + string.digits
_ALL = string.ascii_lowercase + string.ascii_uppercase + string.digits + "-_.@ "
_CLASSES = {"d": string.digits, "w": string.ascii_lowercase + string.ascii_uppercase + string.digits + "_", "s": " "}
_POSIX = {
    "alpha": string.ascii_letters,
    "digit": string.digits,
    "alnum": string.ascii_letters + string.digits,
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "space": " ",
}
_QUANTIFIER = re.compile(r"\{(\d+)(,?)(\d*)\}")
_LOOSE = 8  # how many letters stand for an open end

Part = tuple[str, int, int]


def read_pattern(pattern: str) -> tuple[Part, ...] | None:
    """(alphabet, least, most) for each position; None where the expression is not of the simple kind."""
    parts: list[Part] = []
    at = 1 if pattern.startswith("^") else 0
    end = len(pattern) - 1 if pattern.endswith("$") and not pattern.endswith("\\$") else len(pattern)
    while at < end:
        found = _letters(pattern, at)
        if found is None:
            return None
        letters, at = found
        least, most, at = _quantifier(pattern, at)
        if not letters or least > most:
            return None
        parts.append((letters, least, most))
    return tuple(parts)


def _letters(pattern: str, at: int) -> tuple[str, int] | None:
    sign = pattern[at]
    if sign == "[":
        return _class(pattern, at + 1)
    if sign == "\\":
        letter = pattern[at + 1 : at + 2]
        if letter.isalnum():
            return (_CLASSES[letter], at + 2) if letter in _CLASSES else None
        return letter, at + 2
    if sign in "()|*+?{}^$":
        return None
    return (_WORD if sign == "." else sign), at + 1


def _class(pattern: str, at: int) -> tuple[str, int] | None:
    negated = pattern[at : at + 1] == "^"
    at += negated
    letters = ""
    first = True
    while at < len(pattern) and (pattern[at] != "]" or first):
        first = False
        posix = re.match(r"\[:(\w+):\]", pattern[at:])
        if posix:
            if posix[1] not in _POSIX:
                return None
            letters, at = letters + _POSIX[posix[1]], at + posix.end()
            continue
        if pattern[at] == "\\":
            letter = pattern[at + 1 : at + 2]
            letters, at = letters + _CLASSES.get(letter, letter), at + 2
            continue
        if pattern[at + 1 : at + 2] == "-" and pattern[at + 2 : at + 3] not in {"]", ""}:
            letters += "".join(map(chr, range(ord(pattern[at]), ord(pattern[at + 2]) + 1)))
            at += 3
            continue
        letters, at = letters + pattern[at], at + 1
    if at >= len(pattern):
        return None
    if negated:
        letters = "".join(letter for letter in _WORD if letter not in letters)
    return "".join(dict.fromkeys(letter for letter in letters if letter in _ALL or letter.isprintable())), at + 1


def _quantifier(pattern: str, at: int) -> tuple[int, int, int]:
    sign = pattern[at : at + 1]
    if sign in {"?", "*", "+"}:
        return {"?": (0, 1), "*": (0, _LOOSE), "+": (1, _LOOSE)}[sign] + (at + 1,)
    found = _QUANTIFIER.match(pattern, at)
    if not found:
        return 1, 1, at
    least = int(found[1])
    most = int(found[3]) if found[3] else least + _LOOSE if found[2] else least
    return least, most, found.end()
