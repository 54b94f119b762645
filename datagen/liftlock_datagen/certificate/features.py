"""What is compared of a value, row against row, as hashes: the value itself, and what is left of it when its looks are changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from liftlock_datagen.certificate.blocks import Block, Octets, Offsets, fold
from liftlock_datagen.certificate.hashing import Hashed, Hasher, Hashes
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.needles import trimmed
from liftlock_datagen.spec.model import Kind

_NO_LETTER = bytes(code for code in range(128) if not chr(code).isalnum() and code not in b"\t\n\x1f")
_LAST = {Form.LAST_SEVEN: 7, Form.LAST_FOUR: 4}
_NUMBERS = {Kind.PAYMENT_CARD, Kind.IBAN, Kind.BANK_ACCOUNT, Kind.NATIONAL_ID, Kind.TAX_ID}


def forms_of(kind: Kind, *, text: bool) -> tuple[Form, ...]:
    """What is compared of a column of this kind. text: whether its type is a text, so that its looks may differ."""
    if not text:
        return (Form.UNCHANGED,)
    match kind:
        case Kind.EMAIL:
            return (Form.UNCHANGED, Form.FOLDED, Form.LOCAL_PART)
        case Kind.PHONE:
            return (Form.UNCHANGED, Form.FOLDED, Form.LAST_SEVEN)
        case Kind.PERSON_NAME:
            return (Form.UNCHANGED, Form.FOLDED, Form.LAST_WORD)
        case kind if kind in _NUMBERS:
            return (Form.UNCHANGED, Form.FOLDED, Form.LAST_FOUR)
    return (Form.UNCHANGED, Form.FOLDED)


def squeezed(folded: Block) -> Block:
    """A folded block with nothing left but letters and digits."""
    return Block(folded.data.translate(None, _NO_LETTER), folded.columns)


class Features:
    """The hashes of a block's cells. block: plain, as blocks.plain leaves it."""

    def __init__(self, hasher: Hasher, block: Block) -> None:
        self.block = block
        self.folded = Block(fold(block.data), block.columns)
        self._hasher = hasher

    @cached_property
    def _plain_hashed(self) -> Hashed:
        return self._hasher.of(self.block.octets)

    @cached_property
    def folded_hashed(self) -> Hashed:
        """Of the folded block."""
        return self._hasher.of(self.folded.octets)

    @cached_property
    def _squeezed(self) -> tuple[Block, Hashed]:
        block = squeezed(self.folded)
        return block, self._hasher.of(block.octets)

    def of(self, index: int, forms: Sequence[Form]) -> list[Hashes]:
        """One hash per row for each form; 0 where there is nothing to compare."""
        return [self._of(index, form) for form in forms]

    def cells(self, first: int, last: int) -> Hashes:
        """One hash per row of the cells from first to last, as they are."""
        return self._plain_hashed.stretches(self.block.column(first)[0], self.block.column(last)[1])

    def _of(self, index: int, form: Form) -> Hashes:
        if form is Form.UNCHANGED:
            return _hashes(self.block, self._plain_hashed, index)
        if form is Form.FOLDED:
            return _hashes(*self._squeezed, index)
        if form in _LAST:
            block, hashed = self._squeezed
            starts, ends = block.column(index)
            return _stretches(hashed, np.maximum(starts, ends - _LAST[form]), ends, ends - starts > _LAST[form])
        block, hashed = self.folded, self.folded_hashed
        starts, ends = trimmed(block.octets, *block.column(index))
        if form is Form.LOCAL_PART:
            at = _first_after(block.octets, ord("@"), starts)
            return _stretches(hashed, starts, np.minimum(at, ends), (at < ends) & (at > starts + 2))
        after = _last_before(block.octets, ord(" "), ends) + 1
        return _stretches(hashed, np.maximum(after, starts), ends, (after > starts) & (ends - after > 1))


def _hashes(block: Block, hashed: Hashed, index: int) -> Hashes:
    starts, ends = trimmed(block.octets, *block.column(index))
    return _stretches(hashed, starts, ends, ends > starts)


def _stretches(hashed: Hashed, starts: Offsets, ends: Offsets, there: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Hashes:
    found = hashed.stretches(np.where(there, starts, 0), np.where(there, ends, 0))
    return np.where(there, found, np.uint64(0))


def _first_after(octets: Octets, sign: int, starts: Offsets) -> Offsets:
    """Where the sign stands first from each start on; past the end where it does not."""
    places = np.append(np.flatnonzero(octets == sign), len(octets))
    return places[np.searchsorted(places[:-1], starts)]


def _last_before(octets: Octets, sign: int, ends: Offsets) -> Offsets:
    """Where the sign stands last before each end; -1 where it does not."""
    places = np.concatenate((np.full(1, -1), np.flatnonzero(octets == sign)))
    return places[np.searchsorted(places[1:], ends)]
