"""How many rows each table gets. Pure, in whole numbers, so that it is the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from liftlock_datagen.catalog.model import Table, TableName
from liftlock_datagen.synthesis.links import TableLinks

_UNIT = 1000
_DEEPEST = 4
_LOOKUP_ROWS = 200
_ROUNDS = 64

Caps = Callable[[TableName, Mapping[TableName, int]], int]


@dataclass(frozen=True, slots=True)
class Shares:
    """weights: each table's part of all rows. small: tables that stay small whatever the total is."""

    weights: dict[TableName, int]
    small: frozenset[TableName]


def share_rows(tables: Sequence[Table], links: Mapping[TableName, TableLinks], order: Sequence[Sequence[TableName]]) -> Shares:
    """A table that refers to others has about twice as many rows as they have; a list of codes and names stays small."""
    depth: dict[TableName, int] = {}
    for group in order:
        above = [depth[key.target] for name in group for key in links[name].keys if key.target not in group]
        for name in group:
            depth[name] = min(_DEEPEST, 1 + max(above)) if above else 0
    referenced = {key.target for name, found in links.items() for key in found.keys if key.target != name}
    small = {table.name for table in tables if not table.foreign_keys and len(table.columns) <= 2 and table.name in referenced}
    return Shares({name: _UNIT << level for name, level in depth.items()}, frozenset(small))


def count_rows(
    shares: Shares, order: Sequence[Sequence[TableName]], total: int, caps: Caps
) -> tuple[dict[TableName, int], frozenset[TableName]]:
    """Rows per table, at least `total` in sum where the caps allow it, and the tables that are at their cap."""

    def soft(name: TableName, rows: Mapping[TableName, int]) -> int:
        cap = caps(name, rows)
        return min(cap, _LOOKUP_ROWS) if name in shares.small else cap

    rows, full = _fill(shares.weights, order, total, soft)
    if sum(rows.values()) < total and shares.small:
        rows, full = _fill(shares.weights, order, total, caps)
    return rows, full


def _fill(
    weights: Mapping[TableName, int], order: Sequence[Sequence[TableName]], total: int, caps: Caps
) -> tuple[dict[TableName, int], frozenset[TableName]]:
    names = [name for group in order for name in group]
    rows = dict.fromkeys(names, 1)
    full: set[TableName] = set()
    for _ in range(_ROUNDS):
        free = [name for name in names if name not in full]
        rest = total - sum(rows[name] for name in full)
        whole = sum(weights[name] for name in free)
        for name in free:
            rows[name] = max(1, -(-rest * weights[name] // whole))
        before = dict(rows)
        for name in names:
            cap = max(1, caps(name, rows))
            if name in full or rows[name] > cap:
                rows[name] = min(cap, rows[name]) if name not in full else min(cap, total)
                full.add(name)
        if rows == before:
            break
    return rows, frozenset(full)
