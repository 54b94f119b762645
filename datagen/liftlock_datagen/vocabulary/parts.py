"""Parts that a realistic value is made of. Each turns the numbers 0 … size - 1 into texts that all differ, without an object per value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.primitives.bits import Counters
from liftlock_datagen.primitives.encoding import Bytes, Piece, code_letters, padded_digits
from liftlock_datagen.vocabulary.check_digits import CheckDigit

LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_SIGNS = {"#": "0123456789", "@": "123456789", "?": LETTERS, "~": "01234", "&": "abcdef0123456789"}


@dataclass(frozen=True, slots=True)
class Literal:
    """The same text in every value."""

    text: str

    @property
    def size(self) -> int:
        """There is one."""
        return 1

    @property
    def longest(self) -> int:
        """In characters."""
        return len(self.text)

    def render(self, numbers: Counters) -> list[Piece]:
        """The text."""
        del numbers
        return [self.text.encode()]


@dataclass(frozen=True, slots=True)
class Words:
    """One of some texts that differ."""

    texts: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many texts there are."""
        return len(self.texts)

    @property
    def longest(self) -> int:
        """In characters."""
        return max(map(len, self.texts))

    def render(self, numbers: Counters) -> list[Piece]:
        """The texts of these numbers."""
        return [_word_table(self.texts)[numbers.astype(np.int64)]]


@cache
def _word_table(texts: tuple[str, ...]) -> Bytes:
    table = np.array([text.encode() for text in texts], dtype=np.bytes_)
    return table.view(np.uint8).reshape(len(texts), max(1, table.itemsize))


@dataclass(frozen=True, slots=True)
class Filled:
    """Patterns with places to fill: # a digit, @ one of 1-9, ~ one of 0-4, ? a capital letter, & a hexadecimal digit."""

    patterns: tuple[str, ...]

    @property
    def size(self) -> int:
        """All fillings of all patterns."""
        return sum(_fillings(pattern) for pattern in self.patterns)

    @property
    def longest(self) -> int:
        """In characters."""
        return max(map(len, self.patterns))

    def render(self, numbers: Counters) -> list[Piece]:
        """The fillings of these numbers: those of the first pattern come first."""
        if len(self.patterns) == 1:
            return [_fill(self.patterns, np.zeros(len(numbers), np.int64), numbers)]
        ends = np.cumsum(np.array([_fillings(pattern) for pattern in self.patterns], dtype=np.uint64))
        chosen = np.searchsorted(ends, numbers, side="right")
        rest = numbers - np.concatenate([np.zeros(1, np.uint64), ends[:-1]])[chosen]
        return [_fill(self.patterns, chosen, rest)]


def fill_chosen(patterns: tuple[str, ...], chosen: NDArray[np.int64], numbers: Counters) -> Bytes:
    """For each number the filling of the chosen pattern; numbers are taken modulo its fillings."""
    return _fill(patterns, chosen, numbers)


def _fillings(pattern: str) -> int:
    return prod([len(_SIGNS[sign]) for sign in pattern if sign in _SIGNS])


@cache
def _slots(patterns: tuple[str, ...]) -> tuple[Bytes, NDArray[np.uint64], Bytes]:
    """By pattern and place: the letter itself, how many letters may stand there (1: only itself), and which alphabet they are from."""
    width = max(map(len, patterns))
    letters, kinds = np.zeros((len(patterns), width), np.uint8), np.zeros((len(patterns), width), np.uint8)
    sizes = np.ones((len(patterns), width), np.uint64)
    for row, pattern in enumerate(patterns):
        for place, sign in enumerate(pattern):
            letters[row, place] = ord(sign)
            if sign in _SIGNS:
                sizes[row, place], kinds[row, place] = len(_SIGNS[sign]), list(_SIGNS).index(sign)
    return letters, sizes, kinds


@cache
def _alphabets() -> Bytes:
    table = np.array([alphabet.encode() for alphabet in _SIGNS.values()], dtype=np.bytes_)
    return table.view(np.uint8).reshape(len(_SIGNS), table.itemsize)


def _fill(patterns: tuple[str, ...], chosen: NDArray[np.int64], rest: Counters) -> Bytes:
    letters, sizes, kinds = _slots(patterns)
    out = letters[chosen]
    for place in range(letters.shape[1] - 1, -1, -1):
        filled = sizes[:, place] > 1
        if not filled.any():
            continue
        same = len(set(sizes[:, place].tolist())) == 1
        size = sizes[0, place] if same else sizes[chosen, place]
        rest, digit = np.divmod(rest, size)
        one = len(patterns) == 1
        letter = _alphabets()[kinds[0, place] if one else kinds[chosen, place], digit.astype(np.int64)]
        out[:, place] = letter if one else np.where(filled[chosen], letter, out[:, place])
    return out


@dataclass(frozen=True, slots=True)
class Coded:
    """The number in letters of base 32: the part that makes any value unlike all others."""

    letters: int
    upper: bool = False

    @property
    def size(self) -> int:
        """At most 2**64, all that a number can be."""
        return min(1 << 64, 1 << 5 * self.letters)

    @property
    def longest(self) -> int:
        """In characters."""
        return self.letters

    def render(self, numbers: Counters) -> list[Piece]:
        """The letters of these numbers."""
        alphabet = BASE32.upper() if self.upper else BASE32
        return [code_letters(numbers, alphabet.encode(), self.letters)]


@dataclass(frozen=True, slots=True)
class Miscounted:
    """A prefix of digits, `length` digits, and the check digit that is wrong for them. layout: where # stand for all of these, in order."""

    prefix: str
    length: int
    check: CheckDigit
    layout: str = ""

    @property
    def size(self) -> int:
        """All numbers of that length."""
        return int(10**self.length)

    @property
    def longest(self) -> int:
        """In characters."""
        return len(self.layout) or len(self.prefix) + self.length + 1

    def render(self, numbers: Counters) -> list[Piece]:
        """The numbers with their wrong check digit."""
        values = np.empty((len(numbers), len(self.prefix) + self.length + 1), np.uint8)
        values[:, : len(self.prefix)] = np.frombuffer(self.prefix.encode(), np.uint8)
        values[:, len(self.prefix) : -1] = padded_digits(numbers, self.length)
        right = self.check(values[:, :-1].astype(np.int64) - ord("0"))
        values[:, -1] = (right + 1) % 10 + ord("0")
        return [values] if not self.layout else list(_laid_out(values, self.layout))


def _laid_out(values: Bytes, layout: str) -> Sequence[Piece]:
    out: list[Piece] = []
    place = 0
    for sign in layout:
        out.append(values[:, place : place + 1] if sign == "#" else sign.encode())
        place += sign == "#"
    return out


@dataclass(frozen=True, slots=True)
class WrongAccount:
    """An IBAN whose two check digits are wrong. before and after: what stands around its `length` digits."""

    country: str
    before: str
    length: int
    after: str = ""

    @property
    def size(self) -> int:
        """All numbers of that length."""
        return int(10**self.length)

    @property
    def longest(self) -> int:
        """In characters."""
        return 4 + len(self.before) + self.length + len(self.after)

    def render(self, numbers: Counters) -> list[Piece]:
        """The accounts of these numbers."""
        tail = _as_digits(self.after + self.country) + "00"
        head = int(_as_digits(self.before) or "0") * pow(10, self.length + len(tail), 97)
        rest = ((numbers % np.uint64(97)).astype(np.int64) * pow(10, len(tail), 97) + head + int(tail)) % 97
        right = 98 - rest
        wrong = np.where(right == 98, 3, right + 1)
        middle = padded_digits(numbers, self.length)
        return [self.country.encode(), padded_digits(wrong, 2), self.before.encode(), middle, self.after.encode()]


def _as_digits(text: str) -> str:
    """Letters as the numbers 10 to 35, as the check of an IBAN counts them."""
    return "".join(str(int(letter, 36)) for letter in text)


Part = Literal | Words | Filled | Coded | Miscounted | WrongAccount
