"""Reads regular expressions as rows of letter classes, one for each way to match, from which matching text is made by construction. Pure.

Read: ^…$, literals, classes, \\d \\w \\s, the dot, groups, alternatives, and the quantifiers ? * + {n} {n,} {n,m}. Not read (None): back
references and what must lie ahead.
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

_MOST_VARIANTS = 48
_MOST_REPEATS = 2  # of a group, beyond the least

Part = tuple[str, int, int]
Parts = tuple[Part, ...]


class _UnreadableError(Exception):
    pass


def read_pattern(pattern: str) -> tuple[Parts, ...] | None:
    """The ways to match: for each, (alphabet, least, most) for each position. None where the expression is not understood."""
    try:
        variants, at = _alternatives(pattern, 0)
    except _UnreadableError:
        return None
    return tuple(dict.fromkeys(variants)) if at == len(pattern) else None


def _alternatives(pattern: str, at: int) -> tuple[list[Parts], int]:
    found, at = _sequence(pattern, at)
    while pattern[at : at + 1] == "|":
        more, at = _sequence(pattern, at + 1)
        found = [*found, *more][:_MOST_VARIANTS]
    return found, at


def _sequence(pattern: str, at: int) -> tuple[list[Parts], int]:
    variants: list[Parts] = [()]
    while at < len(pattern) and pattern[at] not in "|)":
        if pattern[at] in "^$":
            at += 1
            continue
        if pattern.startswith(("(?!", "(?<"), at):
            at = _skip_group(pattern, at)  # what must not be there: the sample shows whether it is
            continue
        ways, at = _group(pattern, at) if pattern[at] == "(" else _one(pattern, at)
        variants = [(*before, *way) for before in variants for way in ways][:_MOST_VARIANTS]
    return variants, at


def _skip_group(pattern: str, at: int) -> int:
    depth = 0
    for place in range(at, len(pattern)):
        depth += {"(": 1, ")": -1}.get(pattern[place], 0)
        if not depth:
            return place + 1
    raise _UnreadableError(pattern)


def _one(pattern: str, at: int) -> tuple[list[Parts], int]:
    found = _letters(pattern, at)
    if found is None:
        raise _UnreadableError(pattern)
    letters, at = found
    least, most, at = _quantifier(pattern, at)
    if not letters or least > most:
        raise _UnreadableError(pattern)
    return [((letters, least, most),)], at


def _group(pattern: str, at: int) -> tuple[list[Parts], int]:
    start = at + (3 if pattern.startswith("(?:", at) else 1)
    if pattern.startswith("?", start):
        raise _UnreadableError(pattern)
    inner, at = _alternatives(pattern, start)
    if pattern[at : at + 1] != ")":
        raise _UnreadableError(pattern)
    least, most, at = _quantifier(pattern, at + 1)
    ways: list[Parts] = []
    for count in range(least, min(most, least + _MOST_REPEATS) + 1):
        repeated: list[Parts] = [()]
        for _ in range(count):
            repeated = [(*before, *way) for before in repeated for way in inner][:_MOST_VARIANTS]
        ways += repeated
    return ways[:_MOST_VARIANTS], at


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
