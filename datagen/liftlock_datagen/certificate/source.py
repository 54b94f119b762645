"""The source's side: its sensitive values become needles, and its rows one side of the comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.certificate import canaries
from liftlock_datagen.certificate.aligned import Alignment, Compared
from liftlock_datagen.certificate.blocks import Block, plain
from liftlock_datagen.certificate.features import Features
from liftlock_datagen.certificate.hashing import Hasher, Hashes
from liftlock_datagen.certificate.model import Form, Method
from liftlock_datagen.certificate.needles import NeedleBuilder
from liftlock_datagen.certificate.numbers import NUMBERS, NumberBuilder
from liftlock_datagen.certificate.ours import could_agree
from liftlock_datagen.certificate.pairing import led_by
from liftlock_datagen.certificate.plan import CheckPlan, TablePlan
from liftlock_datagen.certificate.relations import HELD, MARKS, Relation, key_expressions, only, select, sensitive_expression
from liftlock_datagen.certificate.spill import IN_MEMORY
from liftlock_datagen.certificate.streams import blocks
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.refusals import told
from liftlock_datagen.masking.cells import column_maker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.literals import escaped
from liftlock_datagen.masking.makers import NULL
from liftlock_datagen.masking.transformers import Keep
from liftlock_datagen.primitives.bits import mix
from liftlock_datagen.spec.model import Kind

Counted = Callable[[str, int, int], None]
_BLANKS = bytes.maketrans(b"\b\f\v", b"   ")
_SPECIAL = re.compile(b"[\\\\" + MARKS.encode() + b"]")
_MARKED = bytes.maketrans(MARKS.encode(), HELD.encode())


@dataclass
class SourceSide:
    """What is known of the source when it was read. numbers: those of people, which may be written otherwise.

    unread: relations that could not be. canaries: those of people that were there. consent: whether rows of the copy may have no row here,
    so that it must be told whether they only seem to.
    """

    builder: NeedleBuilder
    numbers: NumberBuilder
    alignments: dict[TableName, Alignment] = field(default_factory=dict)
    rows: int = 0
    cells: int = 0
    unread: list[str] = field(default_factory=list)
    canaries: set[int] = field(default_factory=set)
    consent: bool = False


def first_sensitive(table: TablePlan) -> int:
    """The cell at which the sensitive values begin, after the row's place and its key."""
    return 1 + len(table.key)


def expressions(table: TablePlan, *, marked: bool = False) -> list[sql.Composable]:
    """What is read of a table on either side. marked: with marks for the line breaks in its key."""
    return [sql.SQL("ctid"), *key_expressions(table.key, marked=marked), *map(sensitive_expression, table.columns)]


def row_keys(table: TablePlan, number: int, features: Features) -> Hashes:
    """Whose row each is: the hash of its key, another one in every table; 0 without a key."""
    if not table.key:
        return np.zeros(features.block.rows, np.uint64)
    return _salted(features.cells(1, len(table.key)), number)


def pseudonymised_keys(
    table: TablePlan, number: int, features: Features, key: PseudonymKey, ours: NDArray[np.bool_], hasher: Hasher, *, left: bool = False
) -> tuple[Hashes, Hashes]:
    """The keys of the source's rows as row_keys gives those of the copy's: what the copy made of each key is made again.

    Then, if asked for (left), those that they would have if one value of the key, or all of it, had been left as it was.
    """
    keys, raw = row_keys(table, number, features), np.zeros(0, np.uint64)
    rows = np.flatnonzero(~ours).tolist()
    columns = []
    special = _SPECIAL.search(features.block.data) is not None
    cells = [_written(features.block, place, rows, special=special) for place in range(1, len(table.key) + 1)]
    names = [column.name for column in table.key]
    for name, made_by, old in zip(names, table.makers, cells, strict=True):
        by = led_by(made_by)
        make = column_maker(f"{table.name}.{name}", made_by, key)
        columns.append(make(old, cells[names.index(by)]) if by else make(old))
    if rows:
        keys[~ours] = _hashed(columns, number, hasher)
    if rows and left:
        changed = [place for place, made_by in enumerate(table.makers) if not isinstance(made_by, Keep)]
        ways = [cells, *([*columns[:place], cells[place], *columns[place + 1 :]] for place in changed if len(changed) > 1)]
        raw = np.concatenate([found[found != keys[~ours]] for found in (_hashed(way, number, hasher) for way in ways)])
    return keys, raw


def _hashed(columns: Sequence[Sequence[bytes]], number: int, hasher: Hasher) -> Hashes:
    """The keys of rows with these cells, which are written as COPY does."""
    lines = b"".join(b"\t".join(cells) + b"\n" for cells in zip(*columns, strict=True))
    made = plain(Block(lines.translate(_BLANKS), len(columns)))
    return _salted(hasher.of(made.octets).stretches(made.column(0)[0], made.column(len(columns) - 1)[1]), number)


def _written(block: Block, place: int, rows: Sequence[int], *, special: bool) -> list[bytes]:
    """The cells of a column of these rows as COPY writes them, with the line breaks that marks stand for.

    special: whether there is anything to write otherwise.
    """
    nulls = block.nulls(place)
    cells = [NULL if nulls[row] else block.cell(row * block.columns + place) for row in rows]
    return [cell if cell is NULL else escaped(cell.translate(_MARKED)) for cell in cells] if special else cells


def _salted(keys: Hashes, number: int) -> Hashes:
    return mix(keys + np.uint64((number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF))


def read_source(
    connection: Connection, plan: CheckPlan, hasher: Hasher, folder: Path, secret: bytes, on_progress: Counted, *,
    relations: Sequence[Relation], common: int, key: PseudonymKey | None = None, limit: int = IN_MEMORY, consent: bool = False,
) -> SourceSide:  # fmt: skip
    """Reads every table that has sensitive columns."""
    columns = len(plan.names)
    side = SourceSide(
        NeedleBuilder(hasher, folder, columns, common, limit), NumberBuilder(hasher, folder, columns, common, limit), consent=consent
    )
    wanted = _add_canaries(side.builder, plan, hasher)
    if plan.first_number is not None:
        planted = Block(canaries.number(secret) + b"\n", 1)
        side.numbers.add(planted, 0, plan.first_number, Kind.IDENTIFIER, np.zeros(1, np.uint64))
    for number, table in enumerate(plan.tables):
        if not table.columns:
            continue
        begin = first_sensitive(table)
        compared = [Compared(begin + place, item.forms, item.keeps_apart) for place, item in enumerate(table.columns)]
        side.alignments[table.name] = Alignment(
            folder, f"table-{number}", compared, keyed=bool(table.key), limit=limit, unique=table.method is not Method.TOGETHER
        )
        for leaf, relation in enumerate(relation for relation in relations if relation.root == table.name):
            row = plant(plan, table, secret) if leaf == 0 else b""
            try:
                with connection.transaction():
                    _read(connection, relation, table, number, side, hasher, row, key, wanted, on_progress)
            except psycopg.Error as err:
                if err.sqlstate is None or connection.closed:
                    raise
                side.unread.append(f"source: {relation.name}: {told(err)}")
    return side


def _read(
    connection: Connection, relation: Relation, table: TablePlan, number: int, side: SourceSide, hasher: Hasher, planted: bytes,
    key: PseudonymKey | None, wanted: Sequence[bytes], on_progress: Counted,
) -> None:  # fmt: skip
    done = 0
    on_progress(f"read {relation.name}", 0, max(1, relation.rows))
    for block in rows_of(connection, relation, table, planted):
        features = Features(hasher, block)
        ours = planted_rows(block)
        if key is not None and table.is_made_again:
            keys, raw = pseudonymised_keys(table, number, features, key, ours, hasher, left=side.consent)
            side.alignments[table.name].add_raw(raw)
        else:
            keys = row_keys(table, number, features)
        side.alignments[table.name].add(0, keys, features, ours)
        for place, item in enumerate(table.columns):
            if item.searched:
                side.builder.add(features.folded, features.folded_hashed, first_sensitive(table) + place, item.number, keys)
            if item.value.kind in NUMBERS:
                side.numbers.add(features.folded, first_sensitive(table) + place, item.number, item.value.kind, np.where(ours, 0, keys))
        side.canaries |= {place for place in _missing(wanted, side) if _holds(features.folded, wanted[place], first_sensitive(table))}
        done += int((~ours).sum())
        on_progress(f"read {relation.name}", done, max(done, relation.rows))
    side.rows += done
    side.cells += done * len(table.columns)
    on_progress(f"read {relation.name}", done, done)


def _add_canaries(builder: NeedleBuilder, plan: CheckPlan, hasher: Hasher) -> list[bytes]:
    """The canaries of people, folded, as the first needles: whatever else has such a value, it is the canary's."""
    found = []
    for place, text in enumerate(plan.canaries):
        features = Features(hasher, Block(text.encode() + b"\n", 1))
        builder.add(features.folded, features.folded_hashed, 0, len(plan.sensitive) + place, np.zeros(1, np.uint64))
        found.append(features.folded.data[:-1])
    return found


def _missing(wanted: Sequence[bytes], side: SourceSide) -> list[int]:
    return [place for place in range(len(wanted)) if place not in side.canaries]


def _holds(block: Block, text: bytes, first: int) -> bool:
    """Whether a cell from the first one of a row on has the text in it."""
    at = block.data.find(text)
    while at >= 0:
        if int(block.cells_at(np.array([at]))[0]) % block.columns >= first:
            return True
        at = block.data.find(text, at + 1)
    return False


def plant(plan: CheckPlan, table: TablePlan, secret: bytes) -> bytes:
    """A row of our own for a table: a canary in each sensitive column."""
    return canaries.line(len(table.key), [canaries.canary(secret, number) for number in plan.canaries_of(table)])


def planted_rows(block: Block) -> NDArray[np.bool_]:
    """Which rows are ours."""
    if not block.rows:
        return np.zeros(0, np.bool_)
    starts, ends = block.column(0)
    found: NDArray[np.bool_] = ends - starts == len(canaries.KEY)
    for row in np.flatnonzero(found).tolist():
        found[row] = block.data[starts[row] : ends[row]] == canaries.KEY
    return found


def rows_of(connection: Connection, relation: Relation, table: TablePlan, planted: bytes) -> Iterator[Block]:
    parts = expressions(table, marked=table.is_made_again)
    return blocks(connection, select(only(relation.name), parts), len(parts), planted)


Agreed = dict[tuple[int, Form], Hashes]
"""By the place of a column in its table's plan, and form: hashes of values."""


def ours_alone(
    connection: Connection, table: TablePlan, relations: Sequence[Relation], hasher: Hasher, agreed: Agreed, locale: str
) -> set[tuple[int, Form]]:
    """Those of which every value is one that our own makers could have given. Reads the table once more."""
    left = dict(agreed)
    for relation in (relation for relation in relations if relation.root == table.name):
        for block in rows_of(connection, relation, table, b""):
            features = Features(hasher, block)
            for (place, form), wanted in list(left.items()):
                index, kind = first_sensitive(table) + place, table.columns[place].value.kind
                rows = np.flatnonzero(np.isin(features.of(index, [form])[0], wanted))
                texts = {features.folded.cell(row * block.columns + index).strip(b" ") for row in rows.tolist()}
                if not all(could_agree(locale, kind, form, text) for text in texts):
                    del left[place, form]
            if not left:
                return set()
    return set(left)


def cells_of(connection: Connection, table: TablePlan, relations: Sequence[Relation], place: int) -> Iterator[tuple[Block, int]]:
    """Blocks of the source's rows again, and which cell of each row a sensitive column is. place: of the column in its table's plan."""
    for relation in (relation for relation in relations if relation.root == table.name):
        for block in rows_of(connection, relation, table, b""):
            yield block, first_sensitive(table) + place
