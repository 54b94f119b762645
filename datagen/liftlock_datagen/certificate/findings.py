"""Where needles were found in a copy, counted. A value is looked at only to say whether our own word lists could have made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftlock_datagen.certificate.blocks import Block, Offsets
from liftlock_datagen.certificate.find import position, row_name
from liftlock_datagen.certificate.hashing import Hashes
from liftlock_datagen.certificate.model import Form, Verdict
from liftlock_datagen.certificate.needles import Hits, NeedleTable
from liftlock_datagen.certificate.numbers import NumberTable
from liftlock_datagen.certificate.ours import could_make, is_chance
from liftlock_datagen.certificate.plan import WEAK_KINDS, CheckPlan
from liftlock_datagen.certificate.rooms import room_of_folded
from liftlock_datagen.masking.choice import SHAPED
from liftlock_datagen.spec.model import Kind

_TOLD_APART = 100_000
_EXAMPLES = 3
_CROWDED = 3  # reasons from here on: how little room there is, as a power of ten
_NOISE = 0.01
WEAK = "such values are shared by many people, so one that is found says nothing of one person"
LOT = "so many numbers of as many digits are there that some meet by chance"
MADE = "pseudonyms are made so, and this column holds pseudonyms"


@dataclass(frozen=True, slots=True)
class Spot:
    """What a cell of a block is. place: as people know it; "" for one that is not searched. kinds: of the pseudonyms that belong there."""

    place: str
    kinds: frozenset[Kind] = frozenset()


@dataclass
class Found:
    """Counts of one kind of finding. room: how many texts of that shape there are, at least; 0 where they do not matter."""

    cells: int = 0
    own_row: int = 0
    needles: Offsets = field(default_factory=lambda: np.empty(0, np.int64))
    examples: list[str] = field(default_factory=list)
    room: int = 0


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
        self._kinds = [item.value.kind for item in plan.sensitive]
        self._known: dict[tuple[int, frozenset[Kind]], int] = {}
        self._many = table.counts(len(plan.names))
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
            text = ("", WEAK, MADE)[reason] if reason < _CROWDED else crowded(reason - _CROWDED)
            key = (column, spot.place, "key" if is_key else "value", shown, text)
            found = self.found.setdefault(key, Found(room=10 ** (reason - _CROWDED) if reason >= _CROWDED else 0))
            self._count(found, hits.needles[here], cells[here], width, rows)

    def is_telling(self, hits: Hits) -> bool:
        """Whether one of them says something of one person."""
        return bool(self._strong[self._table.columns(hits.needles)].any())

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
        """Why each hit is no leak: 0 (it is one), 1 (weak), 2 (made by us), or how little room there is (_CROWDED and its power of ten)."""
        masked = np.array([bool(spot.kinds) for spot in spots], np.bool_)[places]
        reasons = self._weak[columns].astype(np.int64)
        for at in np.flatnonzero(masked & self._strong[columns]).tolist():
            needle, kinds = int(hits.needles[at]), spots[places[at]].kinds
            if (needle, kinds) not in self._known:
                self._known[needle, kinds] = self._reason(int(columns[at]), kinds, data[hits.begins[at] : hits.ends[at]])
            reasons[at] = self._known[needle, kinds]
        return reasons

    def _reason(self, column: int, kinds: frozenset[Kind], text: bytes) -> int:
        """Of a value in a column of pseudonyms of these kinds."""
        if could_make(self._locale, kinds, text):
            return 2
        kind, digits = self._kinds[column], room_of_folded(text)
        if kind in SHAPED and kind in kinds and int(self._many[column]) ** 2 >= _NOISE * 10**digits:
            return _CROWDED + digits
        return 0

    def verdict(self, key: Key, rows: int) -> tuple[Verdict, str]:
        """What is to be said of a finding, and why. rows: of the column that it is in."""
        column, _, _, _, reason = key
        found = self.found[key]
        if found.room and not is_chance(found.cells, rows * int(self._many[column]) / found.room):
            return Verdict.LEAK, ""
        return (Verdict.CHANCE if reason else Verdict.LEAK), reason


class NumberFindings(Findings):
    """Numbers of people that are written otherwise, which chance gives among many numbers of as many digits."""

    def __init__(self, table: NumberTable, plan: CheckPlan, secret: bytes, locale: str) -> None:
        super().__init__(table.needles, plan, secret, locale)
        self._numbers = table

    def _reason(self, column: int, kinds: frozenset[Kind], text: bytes) -> int:  # noqa: ARG002 - as of all findings
        return 2 if could_make(self._locale, kinds, text) else 0

    def verdict(self, key: Key, rows: int) -> tuple[Verdict, str]:  # noqa: ARG002 - as of all findings
        """What is to be said of a finding, and why."""
        column, place, _, _, reason = key
        if reason or is_chance(self.found[key].cells, self._numbers.expected(place, column)):
            return Verdict.CHANCE, reason or LOT
        return Verdict.LEAK, ""


def crowded(digits: int) -> str:
    """Why a pseudonym of few letters is no leak."""
    return f"pseudonyms have the shape of their values, and of this shape there are fewer than 10^{digits + 1}, so some meet by chance"


def _is_key(data: bytes, ends: Offsets) -> NDArray[np.bool_]:
    """Whether what ends there is a key of a JSON object."""
    octets = np.frombuffer(data, np.uint8)
    last = len(octets) - 1
    found: NDArray[np.bool_] = (octets[np.minimum(ends, last)] == ord('"')) & (octets[np.minimum(ends + 1, last)] == ord(":"))
    return found
