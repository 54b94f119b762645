"""The copy's side: every text of it is searched for needles, in the open and under what hides them, and its rows are compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import psycopg
from numpy.typing import NDArray

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.certificate import canaries
from liftlock_datagen.certificate.blocks import BREAKS, Block, Offsets, fold
from liftlock_datagen.certificate.features import Features
from liftlock_datagen.certificate.find import position
from liftlock_datagen.certificate.findings import Findings, NumberFindings, Rows, Spot
from liftlock_datagen.certificate.forms import uncover
from liftlock_datagen.certificate.hashing import Hasher
from liftlock_datagen.certificate.layout import ALL, Layout, kinds_of
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.needles import Hits, NeedleTable
from liftlock_datagen.certificate.numbers import NumberTable
from liftlock_datagen.certificate.places import PlaceText, Unreadable, read_names, read_places
from liftlock_datagen.certificate.plan import CheckPlan, TablePlan
from liftlock_datagen.certificate.relations import Relation, only, select
from liftlock_datagen.certificate.rules import leftovers
from liftlock_datagen.certificate.source import Counted, SourceSide, first_sensitive, planted_rows, row_keys
from liftlock_datagen.certificate.streams import blocks
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.refusals import told
from liftlock_datagen.spec.model import Kind

Digests = dict[int, dict[str, int]]
"""What looks like a digest: its first 64 bits and its places, with the number of cells."""
Ours = Callable[[Offsets], NDArray[np.bool_]]
"""Which of these cells are of our own rows."""


_COLUMNS = 1 << 16  # sensitive ones, at most


@dataclass
class CopyScan:
    """Looks through a copy. found: what is reported; planted: the same for our own rows. expected: where those must be found.

    numbers: those of people, which may be written otherwise, and what was found of them.

    masked: what columns hold pseudonyms of, by name. left: by sensitive column, cells that its rule would not have left.
    hidden: names that hold a value, and what is shown instead. counts: rows by table. places_rows: by place that was searched.
    """

    table: NeedleTable
    plan: CheckPlan
    hasher: Hasher
    secret: bytes
    needle: bytes
    found: Findings
    planted: Findings
    numbers: NumberTable
    found_numbers: NumberFindings
    planted_numbers: NumberFindings
    digests: dict[Form, Digests] = field(default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(int))))
    expected: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)
    masked: dict[str, frozenset[Kind]] = field(default_factory=dict)
    left: Counter[int] = field(default_factory=Counter)
    counts: Counter[TableName] = field(default_factory=Counter)
    places_rows: Counter[str] = field(default_factory=Counter)
    hidden: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    cells: int = 0

    def relation(self, connection: Connection, relation: Relation, side: SourceSide, on_progress: Counted) -> None:
        """Every row of a relation."""
        table = self._comparable(relation)
        layout = Layout.of(relation, table, is_made=self.plan.is_made)
        self.masked |= {f"{name}.{column}": kinds for name in (relation.name, relation.root) for column, kinds in kinds_of(table).items()}
        begun = self.rows
        try:
            with connection.transaction():
                self._rows(connection, relation, table, layout, side, on_progress)
        except psycopg.Error as err:
            if err.sqlstate is None or connection.closed:
                raise
            self.unread.append(f"copy: {relation.name}: {told(err)}")
            return
        cells = (self.rows - begun) * layout.cells
        self.cells += cells
        self.expected |= {spot.place for spot in layout.spots if spot.place and self.needle}
        on_progress(f"check {relation.name}", cells, cells)

    def _comparable(self, relation: Relation) -> TablePlan | None:
        table = self.plan.table(relation.root)
        if table is None:
            return None
        needed = {item.column.name for item in table.columns} | {column.name for column in table.key}
        if missing := sorted(needed - set(relation.columns)):
            self.unread.append(f"copy: {relation.name} lacks {', '.join(missing)}, so its rows could not be compared")
            return None
        return table

    def _rows(
        self, connection: Connection, relation: Relation, table: TablePlan | None, layout: Layout, side: SourceSide, on_progress: Counted
    ) -> None:
        own = [canaries.canary(self.secret, number) for number in self.plan.canaries_of(table)] if table else []
        planted = canaries.line(len(table.key) if table else 0, [*own, *[self.needle] * layout.texts])
        number = self.plan.tables.index(table) if table else 0
        done = 0
        on_progress(f"check {relation.name}", 0, max(1, relation.rows * layout.cells))
        for block in blocks(connection, select(only(relation.name), layout.parts), len(layout.parts), planted):
            ours = planted_rows(block)
            features, owners = None, None
            if table and table.name in side.alignments:
                features = Features(self.hasher, block)
                owners = row_keys(table, number, features)
                side.alignments[table.name].add(1, owners, features, ours)
            rows = Rows(layout.spots, owners, block, str(relation.name).encode())
            self._search(block, features, rows, _rows_of(ours, len(layout.spots)))
            if table:
                self._count_leftovers(table, block, ours)
            done += int((~ours).sum())
            on_progress(f"check {relation.name}", done * layout.cells, max(done, relation.rows) * layout.cells)
        self.rows += done
        self.counts[relation.root] += done
        self.places_rows.update({spot.place: done for spot in layout.spots if spot.place})

    def _count_leftovers(self, table: TablePlan, block: Block, ours: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(~ours)
        for place, item in enumerate(table.columns):
            if item.made is not None:
                starts, ends = block.column(first_sensitive(table) + place)
                pairs = zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)
                self.left[item.number] += leftovers(item.made, (block.data[start:end] for start, end in pairs))

    def _search(self, block: Block, features: Features | None, rows: Rows, ours: Ours) -> None:
        """Every way of looking at a block."""
        shown = features.folded if features else Block(fold(block.data), block.columns)
        folded = shown.data
        hits = self.table.find(folded, (lambda: features.folded_hashed) if features else None)
        cells = shown.cells_at(hits.begins)
        self._sort(folded, hits, cells, Form.PLAIN, rows, ours)
        self._search_numbers(shown, cells * _COLUMNS + self.table.columns(hits.needles), rows, ours)
        backwards = folded[::-1]
        hits = self.table.find(backwards, glued=False)
        self._sort(backwards, hits, shown.cells_at(len(folded) - hits.ends), Form.REVERSED, rows, ours)
        uncovered = uncover(block)
        for form, hidden in uncovered.texts.items():
            data = fold(hidden.data())
            hits = self.table.find(data)
            lines = Block(data, 1).cells_at(hits.begins)
            self._sort(data, hits, np.array(hidden.cells, np.int64)[lines], form, rows, ours)
        for form, prefix, cell in uncovered.digests:
            place = rows.spots[cell % len(rows.spots)].place
            if place:
                self.digests[form][prefix][place] += 1

    def _search_numbers(self, shown: Block, known: Offsets, rows: Rows, ours: Ours) -> None:
        """Numbers of people that are written otherwise. known: cells that a value of a column was found in as it is, with that column."""
        hits = self.numbers.find(shown, [spot.place for spot in rows.spots])
        cells = shown.cells_at(hits.begins)
        new = ~np.isin(cells * _COLUMNS + self.numbers.needles.columns(hits.needles), known)
        hits, cells = hits.only(new), cells[new]
        mine = ours(cells)
        self.planted_numbers.add(shown.data, hits.only(mine), cells[mine], Form.NUMBER, rows)
        self.found_numbers.add(shown.data, hits.only(~mine), cells[~mine], Form.NUMBER, rows)

    def _sort(self, data: bytes, hits: Hits, cells: Offsets, form: Form, rows: Rows, ours: Ours) -> None:
        """Hits in our own rows are kept apart."""
        mine = ours(cells)
        self.planted.add(data, hits.only(mine), cells[mine], form, rows)
        self.found.add(data, hits.only(~mine), cells[~mine], form, rows)

    def places(self, connection: Connection) -> None:
        """Text that is in no row: category by category, with a canary in each."""
        texts: dict[str, list[tuple[Spot, str]]] = defaultdict(list)
        for item in read_places(connection):
            if isinstance(item, Unreadable):
                self.unread.append(f"copy: {item.category}: {item.reason}")
            else:
                texts[item.category].append((Spot(f"{item.category} of {item.name}", self._pseudonyms(item)), item.text))
        for category, found in texts.items():
            cells = [text.translate(BREAKS).encode("utf-8", "replace") for _, text in found]
            spots = [*(spot for spot, _ in found), Spot(category)]
            self._line([*cells, self.needle], spots, _last(len(cells)))
            self.cells += len(found)
            self.expected |= {category} if self.needle else set()

    def names(self, connection: Connection, source: Connection) -> None:
        """Names that only the copy has. One that holds a value is shown in no report, nor is where it stands."""
        new = sorted(read_names(connection) - read_names(source))
        self._line([name.translate(BREAKS).encode() for _, name in new] + [self.needle], [
            *(Spot(f"name of a {what}") for what, _ in new), Spot("name"),
        ], _last(len(new)))  # fmt: skip
        self.expected |= {"name"} if self.needle else set()
        self.cells += len(new)
        for name in {name for _, name in new}:
            hits = self.table.find(fold(name.translate(BREAKS).encode()) + b"\n")
            if self.found.is_telling(hits):
                self.hidden[name] = position(self.secret, name.encode())

    def shown(self, text: str) -> str:
        """A text for people, without names that hold a value."""
        for name in sorted(self.hidden, key=len, reverse=True):
            text = text.replace(name, f"[a name that holds a value, {self.hidden[name]}]")
        return text

    def _pseudonyms(self, item: PlaceText) -> frozenset[Kind]:
        """What kinds of pseudonyms belong there: statistics repeat what their column holds."""
        if item.category != "statistics":
            return frozenset()
        return ALL if self.plan.is_made else self.masked.get(item.name, frozenset())

    def _line(self, cells: Sequence[bytes], spots: Sequence[Spot], ours: Ours) -> None:
        block = Block(b"\t".join(cells) + b"\n", len(cells))
        self._search(block, None, Rows(spots), ours)

    def gallery(self, connection: Connection) -> None:
        """A row of our own in every type and wrapping."""
        if not self.needle:
            return
        query, names = canaries.gallery(self.needle, b"" if self.plan.first_number is None else canaries.number(self.secret))
        spots = [Spot(""), *(Spot(f"canary: {name}") for name in names)]
        for block in blocks(connection, query, len(spots)):
            self._search(block, None, Rows(spots), lambda at: np.ones(len(at), np.bool_))
        self.expected |= {spot.place for spot in spots[1:]}


def _rows_of(ours: NDArray[np.bool_], width: int) -> Ours:
    """The cells of these rows."""
    return lambda cells: ours[cells // width]


def _last(number: int) -> Ours:
    """One cell."""
    return lambda cells: cells == number
