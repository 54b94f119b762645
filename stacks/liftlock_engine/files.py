"""Files that are either the old ones or the new ones, whatever happens while they are written."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Replaces the file's content in one step that survives a crash. Raises OSError, the old content untouched."""
    new = beside(path)
    with _removed_on_failure([new]):
        _write(new, text)
        new.replace(path)
    _sync_folder(path.parent)


def write_together(contents: Mapping[Path, str]) -> None:
    """Replaces each file as `write_atomically` does, in one wait for the disk. A crash leaves some of them new and some old."""
    new = {path: beside(path) for path in contents}
    with ThreadPoolExecutor(max_workers=max(1, len(contents)), thread_name_prefix="write") as pool, _removed_on_failure(new.values()):
        for written in [pool.submit(_write, new[path], text) for path, text in contents.items()]:
            written.result()
        for path, file in new.items():
            file.replace(path)
        for folder in {path.parent for path in contents}:
            _sync_folder(folder)


def remove_unfinished(folder: Path, name: str) -> None:
    """Removes what writes of this file (`*`: of any in the folder) left that were cut off. Only for who alone may write it."""
    for file in folder.glob(f".{name}.{'?' * 8}.tmp"):
        file.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """A new name in the same folder, for what is to become this file."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


@contextlib.contextmanager
def _removed_on_failure(files: Iterable[Path]) -> Iterator[None]:
    try:
        yield
    except OSError:
        for file in files:
            with contextlib.suppress(OSError):
                file.unlink()
        raise


def sidecar(path: Path) -> Path:
    """Where Pulumi's file backend keeps what it knows of a file."""
    return path.with_name(f"{path.name}.attrs")


def sidecar_text(text: str) -> str:
    """What it knows of a file with this text."""
    blank = dict.fromkeys(("cache_control", "content_disposition", "content_encoding", "content_language"), "")
    known = {**blank, "content_type": "text/plain; charset=utf-8", "metadata": None}
    digest = base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()
    return json.dumps({**{f"user.{key}": value for key, value in known.items()}, "md5": digest}, separators=(",", ":")) + "\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
