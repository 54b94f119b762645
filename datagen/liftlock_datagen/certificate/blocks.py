"""Rows as COPY's text sends them, in blocks of bytes: cells are offsets, so that no Python object is made per value.

A block keeps the tabs and line ends between cells and has no others: whatever a value holds of them is a blank after reading.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Offsets = NDArray[np.int64]

ELEMENT = b"\x1f"  # between the elements of a cell that holds several values (arrays, JSON paths with wildcards)
BREAKS = str.maketrans("\t\n\r\x00", "    ")
_TAB, _LINE = 9, 10
_MARKS = re.compile(r"[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]+")  # accents, and signs that nobody sees
_JSON_ESCAPE = re.compile(rb"(?:\\u[0-9a-fA-F]{4})+")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,6}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_HIDDEN = bytes.maketrans(b"\x0b\x0c\r\xa0", b"    ")
_PLACEHOLDER = b"\xff"  # never in UTF-8


@dataclass(frozen=True)
class Block:
    """Rows of `columns` cells each. data: the cells' bytes, a tab after each but a row's last, which a line end follows.

    null: the numbers of the cells that are NULL, where somebody asks; in the data they look like empty texts.
    """

    data: bytes
    columns: int
    null: Offsets = field(default_factory=lambda: np.empty(0, np.int64), compare=False)

    @cached_property
    def octets(self) -> Octets:
        """The bytes as numbers."""
        return np.frombuffer(self.data, np.uint8)

    @cached_property
    def ends(self) -> Offsets:
        """Where each cell ends, row after row."""
        return np.flatnonzero((self.octets == _TAB) | (self.octets == _LINE))

    @cached_property
    def starts(self) -> Offsets:
        """Where each cell begins, row after row."""
        return np.concatenate((np.zeros(1, np.int64), self.ends[:-1] + 1)) if len(self.ends) else self.ends

    @property
    def rows(self) -> int:
        """How many rows these are."""
        return len(self.ends) // self.columns

    def column(self, index: int) -> tuple[Offsets, Offsets]:
        """Where the cells of one column begin and end."""
        return self.starts[index :: self.columns], self.ends[index :: self.columns]

    def cell(self, number: int) -> bytes:
        """One cell, counted row after row."""
        return self.data[self.starts[number] : self.ends[number]]

    def cells_at(self, positions: Offsets) -> Offsets:
        """The numbers of the cells that the positions lie in."""
        return np.searchsorted(self.ends, positions)

    def nulls(self, index: int) -> NDArray[np.bool_]:
        """Which cells of a column are NULL."""
        found = np.zeros(self.rows, np.bool_)
        found[self.null[self.null % self.columns == index] // self.columns] = True
        return found


def plain(block: Block) -> Block:
    """Without COPY's escapes: a value's own tabs and line ends become blanks, NULL becomes nothing."""
    data = block.data
    if b"\\" not in data:
        return block
    null = _null_cells(block)
    data = data.replace(b"\\\\", _PLACEHOLDER)
    data = data.replace(b"\\N", b"").replace(b"\\n", b" ").replace(b"\\t", b" ").replace(b"\\r", b" ")
    data = data.replace(b"\\b", b" ").replace(b"\\f", b" ").replace(b"\\v", b" ")
    return Block(data.replace(_PLACEHOLDER, b"\\"), block.columns, null)


def _null_cells(block: Block) -> Offsets:
    """The cells that COPY wrote as NULL, which no text is written as."""
    octets = block.octets
    at = np.flatnonzero(octets == ord("\\"))
    before, after = octets[at - 1], octets[np.minimum(at + 2, len(octets) - 1)]
    begins = (before == _TAB) | (before == _LINE) | (at == 0)
    at = at[begins & (octets[at + 1] == ord("N")) & ((after == _TAB) | (after == _LINE))]
    return block.cells_at(at)


def fold(data: bytes) -> bytes:
    """Lower case, without accents, with single plain blanks; JSON's and XML's escapes are read. Tabs and line ends stay where they are."""
    if b"\\" in data:
        data = _JSON_ESCAPE.sub(_unescaped, data)
        data = data.replace(b'\\"', b'"').replace(b"\\/", b"/").replace(b"\\n", b" ").replace(b"\\t", b" ").replace(b"\\r", b" ")
        data = data.replace(b"\\\\", b"\\")
    if b"&" in data:
        data = _ENTITY.sub(_character, data)
    if data.isascii():
        return _single(data.translate(_HIDDEN).lower())
    text = unicodedata.normalize("NFKD", data.decode("utf-8", "replace")).casefold()
    return _single(_MARKS.sub("", text).encode().translate(bytes.maketrans(b"\x0b\x0c\r", b"   ")))


def _single(data: bytes) -> bytes:
    """One blank where there were several."""
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data


def _unescaped(found: re.Match[bytes]) -> bytes:
    units = bytes.fromhex(found.group().replace(b"\\u", b"").decode())
    return _one_line(units.decode("utf-16-be", "replace"))


def _character(found: re.Match[bytes]) -> bytes:
    return _one_line(html.unescape(found.group().decode()))


def _one_line(text: str) -> bytes:
    return text.translate(BREAKS).encode("utf-8", "replace")
