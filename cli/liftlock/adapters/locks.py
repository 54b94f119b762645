"""One run at a time on one environment of this machine: an advisory file lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from liftlock.core.errors import ConflictError, LiftlockError
from liftlock.core.ports import Progress


class FileLocks:
    """Locks port on flock(2). The file's text names the holder for people; the lock itself is the kernel's."""

    def __init__(self, folder: Path, progress: Progress, *, patience: float = 600.0) -> None:
        self._folder, self._progress, self._patience = folder, progress, patience

    @contextmanager
    def hold(self, environment: str) -> Iterator[None]:
        """Holds the environment's lock for the block; waits for another run up to `patience` seconds, saying whose it is."""
        path = self._folder / f"{environment}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as err:
            raise LiftlockError(f"{path}: {err.strerror}", hint="the environments repository must be writable and have room") from err
        try:
            self._acquire(handle, environment)
            _sign(handle)
            yield
        finally:
            os.close(handle)

    def _acquire(self, handle: int, environment: str) -> None:
        deadline = time.monotonic() + self._patience
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another run"
                if time.monotonic() > deadline:
                    raise ConflictError(
                        f"{environment} is held by {holder}", hint="wait for it to end, then run the same command again"
                    ) from err
                if not told:
                    self._progress.step(f"{environment}: waiting for {holder}, which is at work on it")
                    told = True
                time.sleep(0.1)
            else:
                return


def _sign(handle: int) -> None:
    """Leaves word for who waits; a full disk takes only the word, not the lock."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()} since {datetime.now(UTC):%H:%M:%S} UTC\n".encode(), 0)
