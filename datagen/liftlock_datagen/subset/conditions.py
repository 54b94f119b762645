"""What a person may write as the `where` of a root: one expression, that nothing can follow and nothing can step out of. Pure.

It is put between parentheses into a SELECT that runs read-only and on its own. This is the first of three fences: PostgreSQL takes only one
statement at a time from the extended protocol, and the transaction is read-only.
"""

from __future__ import annotations

import itertools
import re

_TOKEN = re.compile(
    r"""(?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
      | (?P<text>(?:[uU]&|[bBxXnN])?'(?:[^']|'')*')
      | (?P<tagged>\$(?P<tag>[^\W\d]\w*)?\$.*?\$(?(tag)(?P=tag))\$)
      | (?P<name>(?:[uU]&)?"(?:[^"]|"")+")
      | (?P<comment>--|/\*|\*/)
      | (?P<word>[^\W\d][\w$]*)
      | (?P<other>[^'"])""",
    re.VERBOSE | re.DOTALL,
)


def condition_fault(where: str) -> str:
    """Why the text is no expression that can stand between parentheses; empty where it is one, as far as its form goes."""
    depth = 0
    at = 0
    while at < len(where):
        token = _TOKEN.match(where, at)
        if token is None or token[0] == "$" or (token[0] in {"e", "E"} and where[token.end() : token.end() + 1] == "'"):
            return "a quote is not closed"
        text, at = token[0], token.end()
        if token["comment"]:
            return "a comment hides what follows it"
        if text in {";", "\0"}:
            return "one condition is wanted, and no statement"
        depth += (text == "(") - (text == ")")
        if depth < 0:
            return "a parenthesis is closed that was not opened"
    if depth:
        return "a parenthesis is not closed"
    return "" if where.strip() else "it is empty"


def called(where: str) -> frozenset[str]:
    """The names before a parenthesis, as PostgreSQL folds them: all functions that the condition calls, and words of SQL."""
    tokens = [token for token in _TOKEN.finditer(where) if token[0].strip()]
    pairs = itertools.pairwise(tokens)
    return frozenset(_folded(token) for token, following in pairs if following[0] == "(" and (token["word"] or token["name"]))


def _folded(token: re.Match[str]) -> str:
    return token[0].lower() if token["word"] else token[0][1:-1].replace('""', '"')
