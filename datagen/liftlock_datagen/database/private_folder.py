"""A folder for what nobody else may see and what must not stay: its owner's alone, and removed by the next run where this one is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "liftlock-data-"
_LOCK = "in-use"  # locked for as long as its maker lives: the system lets go of the lock however that ends


@contextmanager
def private_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder (mode 0700), gone at the end of the block. Those of runs that were killed are removed first. parent: where it is put."""
    place = parent or Path(tempfile.gettempdir())
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    try:
        with Path(folder, _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another run's, or another person's
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with Path(folder, _LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
