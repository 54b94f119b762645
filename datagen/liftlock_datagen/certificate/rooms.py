"""How many values a rule chooses among: where a column holds nearly all of them, a correct copy holds nearly all of them, too. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from math import inf, prod, sqrt

from liftlock_datagen.catalog.model import ColumnType
from liftlock_datagen.certificate.blocks import fold
from liftlock_datagen.certificate.samples import SIZE
from liftlock_datagen.masking.alphabets import stand_ins
from liftlock_datagen.masking.transformers import Integers, Keep, Letters, Shifted, Transformer
from liftlock_datagen.spec.model import Kind

_SHAPE = bytes.maketrans(b"0123456789" + bytes(range(65, 91)) + bytes(range(97, 123)), b"0" * 10 + b"A" * 26 + b"a" * 26)
_SHAPES = 1000
_DIGITS = frozenset("0123456789")
_CROWDED = 0.9
_ESTIMATED = 1.02  # more different values than there are, where they are counted from a sample


def room(new: Transformer | None, kind: ColumnType, cells: Iterable[bytes]) -> int:
    """How many values there are of the shapes, or on the days, that these cells have; 0 where that is not known, or there are too many."""
    match new:
        case Integers(bits=bits):
            return _integers(cells, bits)
        case Letters(kind=Kind.PHONE):
            return 0  # a pseudonym's country is none, so no value comes again
        case Letters(folded=folded):
            texts = (cell.decode().lower().encode() if folded else cell for cell in cells)
            return _letters(texts, leading=9 if kind.name in {"numeric", "money"} else 10)
        case Shifted() if kind.name == "date":
            return _days(cells)
        case _:
            return 0


def rooms_of(makers: Iterable[Transformer]) -> float:
    """Among how many numbers the pseudonyms of a key are, at least; without end where something else tells rows apart, too."""
    return prod(float(1 << made.bits) if isinstance(made, Integers) else inf for made in makers if not isinstance(made, Keep))


def _integers(cells: Iterable[bytes], bits: int) -> int:
    """Those of each sign that comes, and 0. Larger numbers than the smallest type of the domain holds are permuted among many more."""
    signs: set[int] = set()
    for cell in filter(None, cells):
        try:
            number = int(cell)
        except ValueError:
            return 0
        if abs(number) >> bits:
            return 0
        signs.add((number > 0) - (number < 0))
    return sum((1 << bits) - 1 if sign else 1 for sign in signs)


def _letters(cells: Iterable[bytes], *, leading: int) -> int:
    """leading: how many digits a value may begin with. A letter of another alphabet becomes any of its block."""
    shapes: dict[bytes | tuple[str, ...], int] = {}
    for cell in filter(None, cells):
        if cell.isascii():
            shape = cell.translate(_SHAPE)
            shapes[shape] = shapes.get(shape) or _texts(shape, leading)
        else:
            others = tuple(stand_ins(sign) or sign for sign in cell.decode())
            shapes[others] = prod(map(len, others))
        if len(shapes) > _SHAPES:
            return 0
    return sum(shapes.values())


def _texts(shape: bytes, leading: int) -> int:
    first = leading if shape.startswith(b"0") and len(shape) > 1 else 10
    return prod((first if place == 0 else 10) if sign == 48 else 26 if sign in {65, 97} else 1 for place, sign in enumerate(shape))


def room_of_folded(text: bytes) -> int:
    """How many texts there are of the shape of one that was folded, as a power of ten: what stands for a digit or a letter of it."""
    signs = text.decode("utf-8", "replace")
    size = prod(10.0 if sign in _DIGITS else 26.0 if sign.isascii() and sign.isalpha() else _different(sign) for sign in signs)
    return len(str(int(size))) - 1


@cache
def _different(sign: str) -> float:
    """Among how many looks a folded letter of another alphabet is one: several of its block may look alike, and its case is gone."""
    sizes = []
    for letter in {sign, sign.upper()}:
        others = stand_ins(letter) if len(letter) == 1 else ""
        if others:
            looks = Counter(fold(other.encode()) for other in others)
            sizes.append(len(others) ** 2 / sum(count**2 for count in looks.values()))
    return min(sizes, default=1.0)


def _days(cells: Iterable[bytes]) -> int:
    days = {cell for cell in cells if len(cell) == 10 and cell[4:5] == b"-"}
    if not days:
        return 0
    return (date.fromisoformat(max(days).decode()) - date.fromisoformat(min(days).decode())).days + 1


def is_crowded(distinct: int, among: int, share: float) -> bool:
    """Whether a column of so many different values, among so many that there are, would have this share of them again after its rule.

    Where there are more different values than there can be, they are others than was thought, and nothing is said.
    """
    most = among * (_ESTIMATED if distinct > SIZE else 1)
    if not among or not _CROWDED * among <= distinct <= most:
        return False
    filled = min(1.0, distinct / among)
    return share <= filled + 5 * sqrt(filled * (1 - filled) / distinct)
