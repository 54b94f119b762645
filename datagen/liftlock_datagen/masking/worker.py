"""A process that copies parts of tables: reads in the shared snapshot, changes the rows, writes them. Ends with the process that began it.

COPY goes through libpq itself: a row costs one call, a block one write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection as Pipe

import psycopg
from psycopg import pq, sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import DatagenError, NoRoomError, SpecError, UnreachableError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.libpq import connect, finish, run, start
from liftlock_datagen.masking.model import TableMask
from liftlock_datagen.masking.records import recording
from liftlock_datagen.masking.resuming import PartKey, Recorded
from liftlock_datagen.masking.rows import RowMasker
from liftlock_datagen.subset.selection import SubsetSelection

_BLOCK_BYTES = 1 << 20
_BLOCK_ROWS = 16384
_FORM = (
    b"SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres';"
    b"SET xmloption = content; SET lc_monetary = 'C'; SET statement_timeout = 0;"
)
_SOURCE = b"SET default_transaction_read_only = on; SET row_security = off; SET idle_in_transaction_session_timeout = 0;"
# The same rows are read in the same order, so that their digest tells whether they are the same.
_ORDER = b"SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0;"
_DIGEST_BYTES = 16
_TARGET = b"SET synchronous_commit = off;"


@dataclass(frozen=True, slots=True)
class Setup:
    """What all parts share. The URLs hold passwords and the key is the key: this goes through a pipe and nowhere else."""

    source_url: str = field(repr=False)
    target_url: str = field(repr=False)
    snapshot: str
    key: PseudonymKey


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a table: some pages (last None: all from first on), or those of a selection.

    stored: where they are read, a partition perhaps. into: where they are written: the same, or the partitioned table, which sorts them.
    whole: all rows of `into` come in this part, so it may be begun anew with it. binary: in PostgreSQL's own form, which costs it less.
    recipe: of how they are changed, for the record. expected: the digest that they had; then they are only read, to see whether they are
    the same.
    """

    table: TableMask
    stored: TableName
    into: TableName
    first: int = 0
    last: int | None = None
    whole: bool = True
    selection: SubsetSelection | None = None
    binary: bool = False
    recipe: str = ""
    expected: str = ""

    @property
    def key(self) -> PartKey:
        """What tells it from all others."""
        return PartKey(self.into, self.stored, self.first, self.last)

    def conditions(self) -> Iterator[bytes]:
        """SQL conditions that together pick the rows."""
        if self.selection is not None:
            yield from (condition.encode() for condition in self.selection.conditions(self.stored))
        elif self.first == 0 and self.last is None:
            yield b"true"
        else:
            yield b"ctid >= '(%d,0)'" % self.first + (b" AND ctid < '(%d,0)'" % self.last if self.last is not None else b"")


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows of a part that were written; done: all of them. same: where they were only read, whether they are what they were."""

    table: str
    rows: int
    done: bool = False
    same: bool = False


Tell = Callable[[Moved], None]


def work(pipe: Pipe) -> None:
    """Takes a Setup, then parts, and perhaps another Setup and more parts. Sends Moved, or a DatagenError. Ctrl-C is for the process that
    began this one."""
    try:
        copier = Copier(pipe.recv())
        while (told := pipe.recv()) is not None:
            if isinstance(told, Setup):
                copier.close()
                copier = Copier(told)
            else:
                copier.copy(told, pipe.send)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except DatagenError as err:
        _send(pipe, err)
    except Exception as err:  # noqa: BLE001 - told to the process that can show it, by name: a message might hold a value
        _send(pipe, DatagenError(f"a worker failed: {type(err).__name__}", hint="report it: this is a mistake of the tool"))


def _send(pipe: Pipe, err: DatagenError) -> None:
    try:
        kind = next((kind for kind in (SpecError, NoRoomError, UnreachableError) if isinstance(err, kind)), DatagenError)
        pipe.send((kind, err.message, err.hint))
    except (BrokenPipeError, ConnectionResetError):
        return


class Copier:
    """One connection to the source, in the snapshot, and one to the target from when something is written there."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._key = setup.key
        self._source = connect(setup.source_url)
        run(self._source, _FORM + _SOURCE + _ORDER, "source")
        snapshot = sql.Literal(setup.snapshot).as_string(None).encode()
        run(self._source, b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "source")
        if self._source.exec_(b"SET TRANSACTION SNAPSHOT " + snapshot).status != pq.ExecStatus.COMMAND_OK:
            hint = "nothing was swapped in. Is its server up, and does nobody end its sessions? Then run the same command again"
            raise UnreachableError("source: the session whose view of the rows all others share is gone", hint=hint)
        self._maskers: dict[str, RowMasker] = {}

    @cached_property
    def _target(self) -> pq.abc.PGconn:
        target = connect(self._setup.target_url)
        run(target, _FORM + _TARGET, "target")
        return target

    def close(self) -> None:
        """Ends its reading."""
        self._source.finish()

    def copy(self, part: Part, tell: Tell) -> None:
        """One part, in one transaction of the target; or a look at it, where its rows are there already."""
        name = str(part.table.name)
        if name not in self._maskers:
            self._maskers = {name: RowMasker(part.table, self._key)}
        masker = self._maskers[name]
        if part.expected:
            _, digest = self._stream(part, masker, tell, lambda _: None)
            tell(Moved(name, 0, done=True, same=digest == part.expected))
            return
        run(self._target, b"BEGIN", name)
        if part.whole:
            # in one transaction: rows that come with their table need no log, and no second visit
            run(self._target, b"TRUNCATE ONLY " + _name(part.into), name)
        start(self._target, _writing(part, masker), pq.ExecStatus.COPY_IN, name)
        rows, digest = self._stream(part, masker, tell, self._put if part.table.raw else lambda block: self._put(masker(block)))
        self._target.put_copy_end()
        finish(self._target, f"{name} (target)")
        if part.whole:
            run(self._target, b"ANALYZE " + _name(part.into), name)  # while its pages are at hand, and other tables are on their way
        run(self._target, recording(Recorded(part.key, part.recipe, digest, rows)), name)
        run(self._target, b"COMMIT", name)
        tell(Moved(name, 0, done=True))

    def _put(self, block: bytes) -> None:
        self._target.put_copy_data(block)

    def _stream(self, part: Part, masker: RowMasker, tell: Tell, put: Callable[[bytes], None]) -> tuple[int, str]:
        """Reads all rows of the part and hands them on, block by block; how many they are, and their digest."""
        seen = hashlib.blake2b(key=self._key.records, digest_size=_DIGEST_BYTES)
        seen.update(repr((part.into, part.stored)).encode())  # two tables alike do not look alike
        rows = 0
        for condition in part.conditions():
            start(self._source, _reading(part, masker, condition), pq.ExecStatus.COPY_OUT, str(part.table.name))
            for count, block in self._blocks():
                seen.update(block)
                try:
                    put(block)
                except psycopg.OperationalError:
                    raise DatagenError(
                        f"{part.table.name}: the connection to the target was lost", hint="run the same command again"
                    ) from None
                rows += count
                tell(Moved(str(part.table.name), count))
            if part.binary:
                rows -= 1  # that form ends with a message of its own
                tell(Moved(str(part.table.name), -1))
            finish(self._source, f"{part.table.name} (source)")
        return rows, seen.hexdigest()

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """What the source sends, some rows at a time, and how many they are."""
        get = self._source.get_copy_data
        ended = False
        while not ended:
            rows: list[memoryview] = []
            size = 0
            while size < _BLOCK_BYTES and len(rows) < _BLOCK_ROWS:
                length, data = get(0)
                if length < 0:
                    ended = True
                    break
                rows.append(data)
                size += length
            if rows:
                yield len(rows), b"".join(rows)


def _reading(part: Part, masker: RowMasker, condition: bytes) -> bytes:
    columns = sql.SQL(", ").join(map(sql.Identifier, masker.columns)).as_string(None).encode()
    return (
        b"COPY (SELECT "
        + columns
        + b" FROM ONLY "
        + _name(part.stored)
        + b" WHERE "
        + condition
        + b") TO STDOUT"
        + (b" WITH (FORMAT binary)" if part.binary else b"")
    )


def _writing(part: Part, masker: RowMasker) -> bytes:
    columns = sql.SQL(", ").join(map(sql.Identifier, masker.columns[: masker.written])).as_string(None).encode()
    listed = b" (" + columns + b")" if columns else b""
    options = [b"FREEZE"] * part.whole + [b"FORMAT binary"] * part.binary
    return b"COPY " + _name(part.into) + listed + b" FROM STDIN" + (b" WITH (" + b", ".join(options) + b")" if options else b"")


def _name(table: TableName) -> bytes:
    return sql.Identifier(table.schema, table.name).as_string(None).encode()
