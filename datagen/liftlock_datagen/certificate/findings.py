"""Where needles were found in a copy, counted. A value is looked at only to say whether our own word lists could have made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.blocks import Block, Offsets
from liftlock_datagen.certificate.find import position, row_name
from liftlock_datagen.certificate.hashing import Hashes
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.needles import Hits, NeedleTable
from liftlock_datagen.certificate.ours import could_make
from liftlock_datagen.certificate.plan import WEAK_KINDS, CheckPlan
from liftlock_datagen.spec.model import Kind

_TOLD_APART = 100_000
_EXAMPLES = 3
WEAK = "such values are shared by many people, so one that is found says nothing of one person"
MADE = "pseudonyms are made so, and this column holds pseudonyms"


@dataclass(frozen=True, slots=True)
class Spot:
    """What a cell of a block is. place: as people know it; "" for one that is not searched. kinds: of the pseudonyms that belong there."""

    place: str
    kinds: frozenset[Kind] = frozenset()


@dataclass
class Found:
    """Counts of one kind of finding."""

    cells: int = 0
    own_row: int = 0
    needles: Offsets = field(default_factory=lambda: np.empty(0, np.int64))
    examples: list[str] = field(default_factory=list)


Key = tuple[int, str, str, Form, str]
"""Sensitive column, place, part, form, reason why it is no leak."""


@dataclass(frozen=True)
class Rows:
    """The rows that hits are in. owners: whose row each is, 0 where unknown. block: its first cells say where each row is in `relation`."""

    spots: Sequence[Spot]
    owners: Hashes | None = None
    block: Block | None = None
    relation: bytes = b""

    def name(self, row: int) -> bytes:
        """What a row is found by."""
        return row_name(self.relation, self.block.cell(row * self.block.columns)) if self.block else b""


class Findings:
    """Grows by add. secret: what row positions are hashed with. locale: of made values."""

    def __init__(self, table: NeedleTable, plan: CheckPlan, secret: bytes, locale: str) -> None:
        self._table, self._secret = table, secret
        canaries = [False] * len(plan.canaries)  # nothing excuses one
        self._weak = np.array([*(item.value.kind in WEAK_KINDS for item in plan.sensitive), *canaries], np.bool_)
        self._strong = np.array([*(item.value.kind not in WEAK_KINDS for item in plan.sensitive), *canaries], np.bool_)
        self._made: dict[tuple[int, frozenset[Kind]], bool] = {}
        self._locale = locale
        self.found: dict[Key, Found] = {}

    def add(self, data: bytes, hits: Hits, cells: Offsets, form: Form, rows: Rows) -> None:
        """Hits in a text. cells: the cell of the block that each is in."""
        if not len(hits.needles):
            return
        width = len(rows.spots)
        columns, places = self._table.columns(hits.needles), cells % width
        reasons = self._reasons(data, hits, columns, places, rows.spots)
        keys_of = _is_key(data, hits.ends)
        glued = ~hits.bounded
        groups = np.stack((columns, places, reasons, keys_of.astype(np.int64), glued.astype(np.int64)), axis=1)
        kinds, of = np.unique(groups, axis=0, return_inverse=True)
        for number, (column, place, reason, is_key, is_glued) in enumerate(kinds.tolist()):
            spot = rows.spots[place]
            if not spot.place:
                continue
            here = np.flatnonzero(of.ravel() == number)
            shown = Form.GLUED if is_glued and form is Form.PLAIN else form
            key = (column, spot.place, "key" if is_key else "value", shown, ("", WEAK, MADE)[reason])
            self._count(self.found.setdefault(key, Found()), hits.needles[here], cells[here], width, rows)

    def _count(self, found: Found, needles: Offsets, cells: Offsets, width: int, rows: Rows) -> None:
        unique, first = np.unique(cells, return_index=True)
        found.cells += len(unique)
        if len(found.needles) < _TOLD_APART:
            found.needles = np.unique(np.concatenate((found.needles, needles)))
        numbers = unique // width
        if rows.owners is not None:
            owners = rows.owners[numbers]
            found.own_row += int(((self._table.owners(needles[first]) == owners) & (owners != 0)).sum())
        if rows.block is not None and len(found.examples) < _EXAMPLES:
            names = [position(self._secret, rows.name(row)) for row in numbers[:_EXAMPLES].tolist()]
            found.examples = [*found.examples, *(name for name in names if name not in found.examples)][:_EXAMPLES]

    def _reasons(self, data: bytes, hits: Hits, columns: NDArray[np.int64], places: Offsets, spots: Sequence[Spot]) -> NDArray[np.int64]:
        """Why each hit is no leak: 0 (it is one), 1 (weak), 2 (made by us)."""
        masked = np.array([bool(spot.kinds) for spot in spots], np.bool_)[places]
        reasons = self._weak[columns].astype(np.int64)
        for at in np.flatnonzero(masked & self._strong[columns]).tolist():
            if self._is_made(int(hits.needles[at]), spots[places[at]].kinds, data[hits.begins[at] : hits.ends[at]]):
                reasons[at] = 2
        return reasons

    def _is_made(self, needle: int, kinds: frozenset[Kind], text: bytes) -> bool:
        known = self._made.get((needle, kinds))
        if known is None:
            known = self._made[needle, kinds] = could_make(self._locale, kinds, text)
        return known


def _is_key(data: bytes, ends: Offsets) -> NDArray[np.bool_]:
    """Whether what ends there is a key of a JSON object."""
    octets = np.frombuffer(data, np.uint8)
    last = len(octets) - 1
    found: NDArray[np.bool_] = (octets[np.minimum(ends, last)] == ord('"')) & (octets[np.minimum(ends + 1, last)] == ord(":"))
    return found
