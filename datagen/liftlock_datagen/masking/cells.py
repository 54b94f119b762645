"""Carries transformers out on the cells of a column, in COPY's text format, a block of rows at a time.

What a cell becomes depends on the key, the transformer and the cell (and the row's subject or key where the plan says so): never on the
block, the order or the process. A value that a transformer cannot read is an error that names the column and not the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import is_

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.literals import SPECIAL, escaped, unescaped
from liftlock_datagen.masking.makers import NULL, maker
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import (
    Addresses,
    Document,
    Elements,
    Fixed,
    Integers,
    Invented,
    Led,
    Noise,
    Null,
    Shifted,
    Transformer,
    Uuids,
)

Cells = list[bytes]

_REMEMBERED = 24 << 20  # bytes of old and new values per column and process
_ENTRY = 150  # what remembering a value costs beside its bytes
_TRIAL = 40_000
_PLAIN = (Invented, Led, Integers, Uuids, Addresses, Shifted)  # what they make needs no escapes
_EMPTY = frozenset({NULL, b""})
_EACH_ONCE = (Document, Noise)  # values that are long and seldom alike


class ColumnMaker:
    """One column's cells to new ones. Where values come again, each is made once; the memory for that is bounded."""

    def __init__(self, where: str, transformer: Transformer, key: PseudonymKey) -> None:
        self._where = where
        self._make = maker(transformer, key)
        self._plain = isinstance(transformer, _PLAIN)
        self._through = {NULL: NULL} if isinstance(transformer, Null | Fixed) else {NULL: NULL, b"": b""}
        self._known = dict(self._through)
        self._uses_memory = not isinstance(_innermost(transformer), _EACH_ONCE)
        self._seen = self._missed = self._size = 0

    def __call__(self, cells: Cells, by: Cells | None = None, *, plain: bool = False) -> Cells:
        """New cells. by: the cells of each row's subject or key, where the transformer needs them. plain: there is no backslash."""
        if by is not None:
            return self._by_row(cells, by)
        if not self._uses_memory:
            return self._directly(cells, plain=plain)
        new = set(cells).difference(self._known)
        self._seen += len(cells)
        self._missed += len(new)
        if self._seen > _TRIAL and self._missed * 2 > self._seen:
            self._uses_memory = False
            self._known.clear()
            return self._directly(cells, plain=plain)
        if self._size > _REMEMBERED:
            self._known, self._size = dict(self._through), 0
            new = set(cells).difference(self._known)
        listed = list(new)
        made = self._made(listed, listed)
        self._known.update(zip(listed, made, strict=True))
        self._size += sum(map(len, listed)) + sum(map(len, made)) + _ENTRY * len(listed)
        return list(map(self._known.__getitem__, cells))

    def _directly(self, cells: Cells, *, plain: bool) -> Cells:
        if not any(cell in cells for cell in self._through if not (plain and cell is NULL)):
            return self._made(cells, cells, plain=plain)
        return self._by_row(cells, cells)

    def _by_row(self, cells: Cells, by: Cells) -> Cells:
        """Only the rows that hold something."""
        places = [place for place, cell in enumerate(cells) if cell not in self._through]
        old = [cells[place] for place in places]
        # the same list says that each value is its own input; rows of nobody have no subject in common
        inputs = old if by is cells else [by[place] if by[place] != NULL else cells[place] for place in places]
        out = list(cells)
        for place, cell in zip(places, self._made(inputs, old), strict=True):
            out[place] = cell
        return out

    def _made(self, inputs: Cells, old: Cells, *, plain: bool = False) -> Cells:
        with _named(self._where):
            values = old if plain else _unescaped(old)
            made = self._make(values if inputs is old else _unescaped(inputs), values)
        if len(made) != len(old):
            raise DatagenError(f"{self._where}: {len(old)} values became {len(made)}")
        if all(map(is_, made, values)):
            return old  # documents that stay
        return made if self._plain or not SPECIAL.search(b"".join(made)) else [NULL if cell is NULL else escaped(cell) for cell in made]


class LedMaker:
    """A column that agrees with another one of its row: made of that one's cells, and of its own where those are empty."""

    def __init__(self, where: str, transformer: Led, key: PseudonymKey) -> None:
        self._by_lead = ColumnMaker(where, transformer, key)
        self._alone = ColumnMaker(where, transformer.inner, key)

    def __call__(self, cells: Cells, by: Cells | None = None, *, plain: bool = False) -> Cells:
        """New cells. by: the leading ones."""
        if by is None:
            return self._alone(cells, plain=plain)
        made = self._by_lead(by, plain=plain)
        if any(empty in column for empty in _EMPTY for column in (cells, by)):
            places = [place for place, (cell, lead) in enumerate(zip(cells, by, strict=True)) if cell in _EMPTY or lead in _EMPTY]
            for place, cell in zip(places, self._alone([cells[place] for place in places]), strict=True):
                made[place] = cell
        return made


def column_maker(where: str, transformer: Transformer, key: PseudonymKey) -> ColumnMaker | LedMaker:
    """What makes a column's new cells."""
    return LedMaker(where, transformer, key) if isinstance(transformer, Led) else ColumnMaker(where, transformer, key)


def _innermost(transformer: Transformer) -> Transformer:
    return _innermost(transformer.element) if isinstance(transformer, Elements) else transformer


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Errors with the column's name, and nothing of the value."""
    try:
        yield
    except UnparsedError as err:
        raise DatagenError(f"{where}: {err.message}", hint="mend the value in the source, or choose another rule for the column") from None
    except DatagenError as err:
        kind = SpecError if isinstance(err, SpecError) else DatagenError
        raise kind(f"{where}: {err.message}", hint=err.hint) from None
    except (ValueError, ArithmeticError, LookupError) as err:
        raise DatagenError(f"{where}: a value cannot be read ({type(err).__name__})", hint="choose another rule for the column") from None


def _unescaped(cells: Cells) -> Cells:
    return [unescaped(cell) for cell in cells] if b"\\" in b"".join(cells) else cells
