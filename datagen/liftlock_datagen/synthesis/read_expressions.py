"""Reads the SQL that PostgreSQL prints for CHECK constraints and index predicates into a small tree.

Only what pg_get_expr prints is read, and not all of it: anything else is UnreadableExpressionError, which the plan names before any write.
"""

from __future__ import annotations

from liftlock_datagen.synthesis.expression_tokens import TokenReader, tokens_of
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
from liftlock_datagen.synthesis.typed_constants import as_type, listed_constants, unquoted

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
_TRIM_WORDS = {"both": "btrim", "leading": "ltrim", "trailing": "rtrim"}
_BARE_FUNCTIONS = {"current_date", "current_timestamp", "localtimestamp"}


def read_expression(text: str) -> Expression:
    """The tree of a boolean expression; UnreadableExpressionError where it holds anything unknown."""
    reader = _Reader(tokens_of(text))
    tree = reader.either()
    reader.end()
    return tree


class _Reader(TokenReader):
    """Recursive descent over the tokens; lowest binding first."""

    def either(self) -> Expression:
        parts = [self._every()]
        while self.take("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self) -> Expression:
        parts = [self._negation()]
        while self.take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _negation(self) -> Expression:
        return Negation(self._negation()) if self.take("not") else self._test()

    def _test(self) -> Expression:
        left = self._comparison()
        while self.take("is"):
            negated = self.take("not")
            if self.take("null"):
                left = NullTest(left, negated)
            elif self.take("true") and not negated:
                left = Compare("=", left, Constant("true"))
            elif self.take("false") and not negated:
                left = Compare("=", left, Constant("false"))
            elif self.take("distinct", "from"):
                found = Call("distinct", (left, self._sum()))
                left = Negation(found) if negated else found
            else:
                raise UnreadableExpressionError("IS " + self.peek()[1])
        return left

    def _comparison(self) -> Expression:
        left = self._sum()
        kind, sign = self.peek()
        if kind != "operator" or sign not in _COMPARISONS:
            return left
        self.skip()
        for quantifier, wanted in (("any", "="), ("all", "<>")):
            if self.take(quantifier, "("):
                inner = self._sum()
                self.need(")")
                values = listed_constants(inner)
                if values is not None and sign == wanted:
                    return Membership(left, values, quantifier == "all")
                return Call(quantifier, (Constant(sign), left, inner))
        return Compare(sign, left, self._sum())

    def _sum(self) -> Expression:
        left = self._cast()
        while True:
            kind, sign = self.peek()
            if self.take("at", "time", "zone"):
                left = Call("timezone", (self._cast(), left))
                continue
            if kind != "operator" or sign in _COMPARISONS or sign in {"(", ")", ",", ".", "[", "]", "::"}:
                return left
            self.skip()
            left = Call(sign, (left, self._cast()))

    def _cast(self) -> Expression:
        left = self._atom()
        while True:
            if self.take("::"):
                left = as_type(left, self._type())
            elif self.take("collate"):
                self._type()
            elif self.take("["):
                left = Call("subscript", (left, self._sum()))
                self.need("]")
            else:
                return left

    def _type(self) -> str:
        words = (self.peek()[1], self.peek(1)[1])
        name = words[0].strip('"')
        self.skip(_LONG_TYPES.get(words, 1))
        if self.take("."):
            name = self.peek()[1].strip('"')
            self.skip()
        if self.take("("):
            while not self.take(")"):
                self.skip()
                if self.peek()[0] == "end":
                    raise UnreadableExpressionError("a type without an end")
        if self.peek()[1] in {"with", "without"}:
            self.skip(3)
        array = False
        while self.take("[", "]"):
            array = True
        return name + "[]" * array

    def _atom(self) -> Expression:
        kind, text = self.peek()
        self.skip()
        if kind == "string":
            return Constant(unquoted(text))
        if kind == "number":
            return Constant(text, "number")
        if kind == "quoted":
            name = text[1:-1].replace('""', '"')
            return Call(name, self._list(")")) if self.take("(") else ColumnUse(name)
        if kind == "operator" and text == "(":
            inner = self.either()
            self.need(")")
            return inner
        if kind == "operator" and text == "-" and self.peek()[0] == "number":
            self.skip()
            return Constant("-" + self.last(), "number")
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
        if text == "array" and self.take("["):
            return Call("array", self._list("]"))
        if text == "case":
            return self._case()
        if text == "extract" and self.take("("):
            return self._extract()
        if text == "trim" and self.take("("):
            return self._trim()
        if text == "position" and self.take("("):
            return self._position()
        if text in _KEYWORDS:
            raise UnreadableExpressionError(text)
        if text in _BARE_FUNCTIONS:
            return Call("now", ())
        if self.take("("):
            return Call(text, self._list(")"))
        return ColumnUse(text)

    def _case(self) -> Expression:
        subject = None if self.peek()[1] == "when" else self.either()
        branches: list[tuple[Expression, Expression]] = []
        while self.take("when"):
            condition = self.either()
            self.need("then")
            branches.append((condition if subject is None else Compare("=", subject, condition), self.either()))
        otherwise = self.either() if self.take("else") else Constant(None)
        self.need("end")
        return CaseWhen(tuple(branches), otherwise)

    def _extract(self) -> Expression:
        field = self.peek()[1].strip("'").lower()
        self.skip()
        self.need("from")
        inner = self.either()
        self.need(")")
        return Call(f"extract {field}", (inner,))

    def _trim(self) -> Expression:
        name = next((function for word, function in _TRIM_WORDS.items() if self.take(word)), "btrim")
        if self.take("from"):
            parts: tuple[Expression, ...] = (self.either(),)
            self.need(")")
            return Call(name, parts)
        first = self.either()
        parts = (self.either(), first) if self.take("from") else (first,)
        self.need(")")
        return Call(name, parts)

    def _position(self) -> Expression:
        sought = self._sum()
        self.need("in")
        within = self._sum()
        self.need(")")
        return Call("strpos", (within, sought))

    def _list(self, closing: str) -> tuple[Expression, ...]:
        parts: list[Expression] = []
        while not self.take(closing):
            if parts:
                self.need(",")
            parts.append(self.either())
        return tuple(parts)
