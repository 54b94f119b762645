"""How many rows each table gets. Pure, in whole numbers, so that it is the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from liftlock_datagen.catalog.model import Table, TableName
from liftlock_datagen.synthesis.links import TableLinks

_UNIT = 1000
_DEEPEST = 4
_LOOKUP_ROWS = 200
_KEPT_ROWS = 20
_ROUNDS = 64

Caps = Callable[[TableName, Mapping[TableName, int]], int]


@dataclass(frozen=True, slots=True)
class Shares:
    """weights: each table's part of all rows. small: tables that stay small whatever the total is. least: rows that a table has at least.

    fixed: tables whose rows are said; the others share what is left.
    """

    weights: dict[TableName, int]
    small: frozenset[TableName]
    least: Mapping[TableName, int] = field(default_factory=dict)
    fixed: Mapping[TableName, int] = field(default_factory=dict)


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


def profiled_shares(usual: Shares, profiled: Mapping[TableName, int]) -> Shares:
    """Shares by the rows that a profile counted: a small table keeps its rows at any size. Unknown tables keep their usual share."""
    known = {name: count for name, count in profiled.items() if name in usual.weights}
    if not known:
        return usual
    scale = sum(known.values()) / sum(usual.weights[name] for name in known)
    weights = {name: max(1, known.get(name, round(weight * scale))) for name, weight in usual.weights.items()}
    least = {name: min(count, _KEPT_ROWS) for name, count in known.items()}
    return Shares(weights, usual.small - known.keys(), least)


def count_rows(
    shares: Shares, order: Sequence[Sequence[TableName]], total: int, caps: Caps
) -> tuple[dict[TableName, int], frozenset[TableName]]:
    """Rows per table, at least `total` in sum where the caps allow it, and the tables that are at their cap."""

    def soft(name: TableName, rows: Mapping[TableName, int]) -> int:
        cap = caps(name, rows)
        return min(cap, _LOOKUP_ROWS) if name in shares.small else cap

    rows, full = _fill(shares, order, total, soft)
    if sum(rows.values()) < total and shares.small:
        rows, full = _fill(shares, order, total, caps)
    return rows, full


def _fill(
    shares: Shares, order: Sequence[Sequence[TableName]], total: int, caps: Caps
) -> tuple[dict[TableName, int], frozenset[TableName]]:
    names = [name for group in order for name in group]
    rows = {name: max(1, shares.fixed.get(name, 1)) for name in names}
    full = {name for name in names if name in shares.fixed}
    weights = shares.weights
    for _ in range(_ROUNDS):
        free = [name for name in names if name not in full]
        rest = total - sum(rows[name] for name in full)
        whole = sum(weights[name] for name in free)
        for name in free:
            rows[name] = max(1, shares.least.get(name, 1), -(-rest * weights[name] // whole))
        before = dict(rows)
        for name in names:
            cap = max(1, caps(name, rows))
            if name in full or rows[name] > cap:
                most = shares.fixed.get(name, total)
                rows[name] = min(cap, rows[name]) if name not in full else min(cap, most)
                full.add(name)
        if rows == before:
            break
    for name in reversed(names):  # tables that need one another's rows may leave a few over: those that nothing needs take them
        rest = total - sum(rows.values())
        if rest > 0 and name not in full:
            rows[name] = min(rows[name] + rest, max(rows[name], caps(name, rows)))
    return rows, frozenset(full)
