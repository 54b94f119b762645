"""What a swap needs beside the new database: the old one's rights and a second session. Got while the server is busy copying a template."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.database.rights import Rights, read_rights
from liftlock_datagen.database.swap import sessions_of


class Ahead:
    """A context manager. keeper_url: of a database that is not the target. Each is got once, at the latest when somebody asks for it."""

    def __init__(self, target_url: str, keeper_url: str, target: str) -> None:
        self._target_url, self._keeper_url, self._target = target_url, keeper_url, target
        self._pool, self._stack = ThreadPoolExecutor(2, "ahead"), ExitStack()
        self._rights: Future[Rights] | None = None
        self._worker: Future[Connection] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=True)
        self._stack.close()

    def begin(self) -> None:
        """Asks now, so that the answers are there later. For work so short that the old database's rights stay what they are meanwhile."""
        self._rights = self._rights or self._pool.submit(self._read)
        self._worker = self._worker or self._pool.submit(self._connect)

    def rights(self) -> Rights:
        """Of the old database."""
        self.begin()
        assert self._rights is not None  # noqa: S101 - begun
        return self._rights.result()

    def worker(self) -> Connection:
        """A session beside the keeper's."""
        self._worker = self._worker or self._pool.submit(self._connect)
        return self._worker.result()

    def _read(self) -> Rights:
        with connected(self._target_url) as old, wrapped(self._target_url):
            return read_rights(old)

    def _connect(self) -> Connection:
        worker = self._stack.enter_context(connected(self._keeper_url))
        with wrapped(self._keeper_url):
            sessions_of(worker, self._target)  # the first time PostgreSQL asks itself what it is being asked; the second one is quick
        return worker
