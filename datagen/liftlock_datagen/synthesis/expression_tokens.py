"""The words and signs of the SQL that PostgreSQL prints, one after another."""

from __future__ import annotations

import re

from liftlock_datagen.synthesis.expressions import UnreadableExpressionError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>[Ee]?'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*") | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w$]*) | (?P<operator>::|[<>=!~*+\-/%|@\#&?^]+|[(),.\[\]]) )""",
    re.VERBOSE,
)


def tokens_of(text: str) -> list[tuple[str, str]]:
    """Kind and text of each; UnreadableExpressionError for a sign that is none."""
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise UnreadableExpressionError(text[position : position + 20])
        tokens.append((found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return tokens


class TokenReader:
    """Goes through tokens. Words are compared in lower case."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def end(self) -> None:
        """UnreadableExpressionError where tokens are left."""
        if self._at < len(self._tokens):
            raise UnreadableExpressionError(self._tokens[self._at][1])

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        """Kind and text of a token that comes; `end` behind the last."""
        at = self._at + ahead
        kind, text = self._tokens[at] if at < len(self._tokens) else ("end", "")
        return kind, text.lower() if kind == "word" else text

    def take(self, *texts: str) -> bool:
        """Whether the next tokens are these words or signs; they are consumed if so."""
        for ahead, text in enumerate(texts):
            kind, found = self.peek(ahead)
            if found != text or kind not in {"word", "operator"}:
                return False
        self._at += len(texts)
        return True

    def skip(self, count: int = 1) -> None:
        """Consumes tokens that were looked at."""
        self._at += count

    def last(self) -> str:
        """The text of the last one consumed, as it was written."""
        return self._tokens[self._at - 1][1]

    def need(self, *texts: str) -> None:
        """Consumes these words or signs; UnreadableExpressionError where others come."""
        if not self.take(*texts):
            raise UnreadableExpressionError(f"{' '.join(texts)} expected, {self.peek()[1]!r} found")
