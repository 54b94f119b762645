"""The rows of a subset in a file, by table and address: no value of any row is in it. Memory is bounded whatever the number of rows.

Each row says why it is there: the reference, and the row at its other end, which was there before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_CACHE = "-65536"  # 64 MB, in SQLite's way to say it

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = {cache}; PRAGMA locking_mode = NORMAL;
CREATE TABLE taken (t INTEGER, r INTEGER, down INTEGER, via INTEGER, from_t INTEGER, from_r INTEGER, PRIMARY KEY (t, r)) WITHOUT ROWID;
CREATE TABLE up (t INTEGER, r INTEGER, PRIMARY KEY (t, r)) WITHOUT ROWID;
CREATE TABLE down (t INTEGER, r INTEGER, PRIMARY KEY (t, r)) WITHOUT ROWID;
CREATE TABLE found (t INTEGER, r INTEGER, via INTEGER, from_t INTEGER, from_r INTEGER);
"""


class Way(IntEnum):
    """How a row came in: chosen itself, needed by a row that refers to it, or belonging to a row that it refers to."""

    ROOT = 0
    NEEDED = 1
    BELONGS = 2


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """What brought a row in. number: of the root or the reference."""

    way: Way
    number: int


Found = tuple[int, int, int, int | None, int | None]
"""Table, row, what brought it in (see `coded`), and the table and row at the other end."""


def coded(cause: Cause) -> int:
    """A cause as one number."""
    return cause.number * 4 + cause.way


def _decoded(via: int) -> Cause:
    return Cause(Way(via % 4), via // 4)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is there."""

    cause: Cause
    from_table: int | None
    from_row: int | None


class KeyStore:
    """Rows that are taken, and two queues: those whose parents, and those whose children, are still to be looked for."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        if create:
            self._file.executescript(_SCHEMA.format(cache=_CACHE))

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()

    def take(self, found: Sequence[Found], *, down: bool) -> None:
        """Takes rows. down: they were chosen or belong to a row that was, so what refers to them comes along too."""
        run = self._file.execute
        run("BEGIN")
        self._file.executemany("INSERT INTO found VALUES (?, ?, ?, ?, ?)", found)
        run("INSERT OR IGNORE INTO up SELECT t, r FROM found f WHERE NOT EXISTS (SELECT 1 FROM taken k WHERE k.t = f.t AND k.r = f.r)")
        if down:
            run(
                "INSERT OR IGNORE INTO down SELECT t, r FROM found f"
                " WHERE NOT EXISTS (SELECT 1 FROM taken k WHERE k.t = f.t AND k.r = f.r AND k.down = 1)"
            )
        run("INSERT OR IGNORE INTO taken SELECT t, r, ?, via, from_t, from_r FROM found", [int(down)])
        if down:
            run("UPDATE taken SET down = 1 WHERE down = 0 AND (t, r) IN (SELECT t, r FROM found)")
        run("DELETE FROM found")
        run("COMMIT")

    def next_up(self, size: int) -> tuple[int, list[tuple[int, int]]] | None:
        """A table and rows of it whose parents are to be looked for, each with what brought it in; they leave the queue."""
        found = self._next("up", size)
        if found is None:
            return None
        table, rows = found
        query = "SELECT r, via FROM taken WHERE t = ? AND r BETWEEN ? AND ? ORDER BY r"
        wanted = set(rows)
        return table, [(row, via) for row, via in self._file.execute(query, [table, rows[0], rows[-1]]) if row in wanted]

    def next_down(self, size: int) -> tuple[int, list[int]] | None:
        """A table and rows of it whose children are to be looked for; likewise."""
        return self._next("down", size)

    def rows(self, table: int, size: int) -> Iterator[list[int]]:
        """The rows of a table in order, in lists of no more than size."""
        last = -1
        while True:
            query = "SELECT r FROM taken WHERE t = ? AND r > ? ORDER BY r LIMIT ?"
            found = [row for (row,) in self._file.execute(query, [table, last, size])]
            if not found:
                return
            yield found
            last = found[-1]

    def counts(self) -> dict[int, int]:
        """How many rows of each table."""
        return dict(self._file.execute("SELECT t, count(*) FROM taken GROUP BY t").fetchall())

    def causes(self) -> dict[tuple[int, Cause], int]:
        """How many rows of each table came by what."""
        rows = self._file.execute("SELECT t, via, count(*) FROM taken GROUP BY t, via")
        return {(table, _decoded(via)): count for table, via, count in rows}

    def reason(self, table: int, row: int) -> Reason | None:
        """Why the row is there; None where it is not."""
        found = self._file.execute("SELECT via, from_t, from_r FROM taken WHERE t = ? AND r = ?", [table, row]).fetchone()
        return Reason(_decoded(found[0]), found[1], found[2]) if found else None

    def _next(self, queue: str, size: int) -> tuple[int, list[int]] | None:
        first = self._file.execute(f"SELECT t FROM {queue} ORDER BY t LIMIT 1").fetchone()  # noqa: S608 - one of two words
        if first is None:
            return None
        rows = [row for (row,) in self._file.execute(f"SELECT r FROM {queue} WHERE t = ? ORDER BY r LIMIT ?", [first[0], size])]  # noqa: S608
        self._file.execute(f"DELETE FROM {queue} WHERE t = ? AND r <= ?", [first[0], rows[-1]])  # noqa: S608
        return first[0], rows
