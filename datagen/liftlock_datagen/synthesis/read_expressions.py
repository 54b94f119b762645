"""Reads the SQL that PostgreSQL prints for CHECK constraints and index predicates into a small tree.

Only what pg_get_expr prints is read, and not all of it: anything else is UnreadableExpressionError, which the plan names before any write.
"""

from __future__ import annotations

import re

from liftlock_datagen.synthesis.expressions import (
    Call,
    CaseWhen,
    ColumnUse,
    Compare,
    Constant,
    Either,
    Every,
    Expression,
    Membership,
    Negation,
    NullTest,
    UnreadableExpressionError,
)

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>[Ee]?'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*") | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w$]*) | (?P<operator>::|[<>=!~*+\-/%|@\#&?^]+|[(),.\[\]]) )""",
    re.VERBOSE,
)
_COMPARISONS = {"=", "<>", "<", "<=", ">", ">=", "~", "~*", "!~", "!~*", "~~", "!~~", "~~*", "!~~*"}
_LONG_TYPES = {
    ("character", "varying"): 2,
    ("double", "precision"): 2,
    ("bit", "varying"): 2,
    ("timestamp", "with"): 4,
    ("timestamp", "without"): 4,
    ("time", "with"): 4,
    ("time", "without"): 4,
}
_KEYWORDS = {"select", "interval", "any", "all", "array", "row", "exists", "when", "then", "else", "end", "from", "in"}
# Casts that leave the value as it is, for what is asked of it here; any other becomes a call of "cast <type>".
_TRANSPARENT = frozenset({"text", "varchar", "character", "bpchar", "citext", "name"})
_NUMERIC = frozenset({"numeric", "int8", "bigint", "float8", "double", "real"})  # more room for a number: its value stays
_TRIM_WORDS = {"both": "btrim", "leading": "ltrim", "trailing": "rtrim"}
_BARE_FUNCTIONS = {"current_date", "current_timestamp", "localtimestamp"}


def read_expression(text: str) -> Expression:
    """The tree of a boolean expression; UnreadableExpressionError where it holds anything unknown."""
    reader = _Reader(_tokens(text))
    tree = reader.either()
    reader.end()
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise UnreadableExpressionError(text[position : position + 20])
        tokens.append((found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return tokens


class _Reader:
    """Recursive descent over the tokens; lowest binding first."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise UnreadableExpressionError(self._tokens[self._at][1])

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        kind, text = self._tokens[at] if at < len(self._tokens) else ("end", "")
        return kind, text.lower() if kind == "word" else text

    def _take(self, *texts: str) -> bool:
        """Whether the next tokens are these words or signs; they are consumed if so."""
        for ahead, text in enumerate(texts):
            kind, found = self._peek(ahead)
            if found != text or kind not in {"word", "operator"}:
                return False
        self._at += len(texts)
        return True

    def _need(self, *texts: str) -> None:
        if not self._take(*texts):
            raise UnreadableExpressionError(f"{' '.join(texts)} expected, {self._peek()[1]!r} found")

    def either(self) -> Expression:
        parts = [self._every()]
        while self._take("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self) -> Expression:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _negation(self) -> Expression:
        return Negation(self._negation()) if self._take("not") else self._test()

    def _test(self) -> Expression:
        left = self._comparison()
        while self._take("is"):
            negated = self._take("not")
            if self._take("null"):
                left = NullTest(left, negated)
            elif self._take("true") and not negated:
                left = Compare("=", left, Constant("true"))
            elif self._take("false") and not negated:
                left = Compare("=", left, Constant("false"))
            elif self._take("distinct", "from"):
                found = Call("distinct", (left, self._sum()))
                left = Negation(found) if negated else found
            else:
                raise UnreadableExpressionError("IS " + self._peek()[1])
        return left

    def _comparison(self) -> Expression:
        left = self._sum()
        kind, sign = self._peek()
        if kind != "operator" or sign not in _COMPARISONS:
            return left
        self._at += 1
        for quantifier, wanted in (("any", "="), ("all", "<>")):
            if self._take(quantifier, "("):
                inner = self._sum()
                self._need(")")
                values = _constants(inner)
                if values is not None and sign == wanted:
                    return Membership(left, values, quantifier == "all")
                return Call(quantifier, (Constant(sign), left, inner))
        return Compare(sign, left, self._sum())

    def _sum(self) -> Expression:
        left = self._cast()
        while True:
            kind, sign = self._peek()
            if self._take("at", "time", "zone"):
                left = Call("timezone", (self._cast(), left))
                continue
            if kind != "operator" or sign in _COMPARISONS or sign in {"(", ")", ",", ".", "[", "]", "::"}:
                return left
            self._at += 1
            left = Call(sign, (left, self._cast()))

    def _cast(self) -> Expression:
        left = self._atom()
        while True:
            if self._take("::"):
                left = _as_type(left, self._type())
            elif self._take("collate"):
                self._type()
            elif self._take("["):
                left = Call("subscript", (left, self._sum()))
                self._need("]")
            else:
                return left

    def _type(self) -> str:
        words = (self._peek()[1], self._peek(1)[1])
        name = words[0].strip('"')
        self._at += _LONG_TYPES.get(words, 1)
        if self._take("."):
            name = self._peek()[1].strip('"')
            self._at += 1
        if self._take("("):
            while not self._take(")"):
                self._at += 1
                if self._peek()[0] == "end":
                    raise UnreadableExpressionError("a type without an end")
        if self._peek()[1] in {"with", "without"}:
            self._at += 3
        array = False
        while self._take("[", "]"):
            array = True
        return name + "[]" * array

    def _atom(self) -> Expression:
        kind, text = self._peek()
        self._at += 1
        if kind == "string":
            return Constant(_unquote(text))
        if kind == "number":
            return Constant(text, "number")
        if kind == "quoted":
            name = text[1:-1].replace('""', '"')
            return Call(name, self._list(")")) if self._take("(") else ColumnUse(name)
        if kind == "operator" and text == "(":
            inner = self.either()
            self._need(")")
            return inner
        if kind == "operator" and text == "-" and self._peek()[0] == "number":
            self._at += 1
            return Constant("-" + self._tokens[self._at - 1][1], "number")
        if kind == "operator" and text == "-":
            return Call("*", (Constant("-1", "number"), self._cast()))
        if kind != "word":
            raise UnreadableExpressionError(text or "an end too early")
        return self._word(text)

    def _word(self, text: str) -> Expression:
        if text in {"true", "false"}:
            return Constant(text)
        if text == "null":
            return Constant(None)
        if text == "array" and self._take("["):
            return Call("array", self._list("]"))
        if text == "case":
            return self._case()
        if text == "extract" and self._take("("):
            return self._extract()
        if text == "trim" and self._take("("):
            return self._trim()
        if text == "position" and self._take("("):
            return self._position()
        if text in _KEYWORDS:
            raise UnreadableExpressionError(text)
        if text in _BARE_FUNCTIONS:
            return Call("now", ())
        if self._take("("):
            return Call(text, self._list(")"))
        return ColumnUse(text)

    def _case(self) -> Expression:
        subject = None if self._peek()[1] == "when" else self.either()
        branches: list[tuple[Expression, Expression]] = []
        while self._take("when"):
            condition = self.either()
            self._need("then")
            branches.append((condition if subject is None else Compare("=", subject, condition), self.either()))
        otherwise = self.either() if self._take("else") else Constant(None)
        self._need("end")
        return CaseWhen(tuple(branches), otherwise)

    def _extract(self) -> Expression:
        field = self._peek()[1].strip("'").lower()
        self._at += 1
        self._need("from")
        inner = self.either()
        self._need(")")
        return Call(f"extract {field}", (inner,))

    def _trim(self) -> Expression:
        name = next((function for word, function in _TRIM_WORDS.items() if self._take(word)), "btrim")
        if self._take("from"):
            parts: tuple[Expression, ...] = (self.either(),)
            self._need(")")
            return Call(name, parts)
        first = self.either()
        parts = (self.either(), first) if self._take("from") else (first,)
        self._need(")")
        return Call(name, parts)

    def _position(self) -> Expression:
        sought = self._sum()
        self._need("in")
        within = self._sum()
        self._need(")")
        return Call("strpos", (within, sought))

    def _list(self, closing: str) -> tuple[Expression, ...]:
        parts: list[Expression] = []
        while not self._take(closing):
            if parts:
                self._need(",")
            parts.append(self.either())
        return tuple(parts)


def _unquote(text: str) -> str:
    if text[0] in "Ee":
        return text[2:-1].replace("''", "'").replace("\\\\", "\\")
    return text[1:-1].replace("''", "'")


def _constants(tree: Expression) -> tuple[str, ...] | None:
    """The texts of a list of constants; None where it is anything else."""
    if isinstance(tree, Call) and tree.name == "array":
        texts = tuple(part.text for part in tree.arguments if isinstance(part, Constant) and part.text is not None)
        return texts if len(texts) == len(tree.arguments) else None
    if isinstance(tree, Constant) and tree.text and re.fullmatch(r"\{[^\"{}\\]*\}", tree.text):
        return tuple(tree.text[1:-1].split(","))
    return None


def _as_type(tree: Expression, name: str) -> Expression:
    if isinstance(tree, Constant):
        return Constant(tree.text, name)
    if name.removesuffix("[]") in _TRANSPARENT or (isinstance(tree, Call) and tree.name == "array"):
        return tree
    return Call("cast numeric" if name in _NUMERIC else f"cast {name}", (tree,))
