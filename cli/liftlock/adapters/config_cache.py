"""What the configuration comes to, kept by the ids of its blobs: the same files are never read and checked twice on one machine.

The folder is safe to delete at any time. What cannot be read in it is taken for absent; nothing but our own frozen values comes out.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from liftlock.adapters.receipts.program import program_fingerprint
from liftlock.core.fingerprint import Fingerprint
from liftlock.core.project import Project

FOLDER = Path(".liftlock") / "cache" / "configuration"
_KEPT = 32
_OTHERS = {("datetime", "timedelta"), ("pathlib", "PurePosixPath"), ("builtins", "frozenset"), ("builtins", "set")}


@dataclass(frozen=True, slots=True)
class Known:
    """What sound configuration says without its releases and rules. fingerprints: of the persistent environments."""

    project: Project
    fingerprints: Mapping[str, Fingerprint]


@dataclass(frozen=True, slots=True)
class Blobs:
    """path -> id of the blob. config: what decides the project; changing: releases and policy, which change without it."""

    config: Mapping[str, str]
    changing: Mapping[str, str]


class ConfigCache:
    """One file for each configuration, and one empty file for each release or policy file that was found sound with it."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def get(self, blobs: Blobs) -> Known | None:
        """What these files say; None where that is not known, or not all of them are known to be sound."""
        key = _key(blobs)
        if not all((self._folder / _mark(key, *item)).exists() for item in blobs.changing.items()):
            return None
        try:
            found = _Unpickler(io.BytesIO((self._folder / key).read_bytes())).load()
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, it is as if it were not there
            return None
        with suppress(OSError):
            os.utime(self._folder / key)
        return found if isinstance(found, Known) else None

    def put(self, blobs: Blobs, known: Known) -> None:
        """Keeps what a full check found; what goes wrong is no error."""
        key = _key(blobs)
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whatever the repository ignores: a cache never makes a work tree look changed.
            (self._folder / ".gitignore").write_text("*\n", encoding="utf-8")
            temporary = self._folder / f"{key}.{os.getpid()}.tmp"
            temporary.write_bytes(pickle.dumps(known))
            temporary.replace(self._folder / key)
            for item in blobs.changing.items():
                (self._folder / _mark(key, *item)).touch()
            self._prune()

    def _prune(self) -> None:
        """The configurations used last stay, with what belongs to them."""
        files = [path for path in self._folder.iterdir() if "." not in path.name]
        for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
            for belonging in (path, *self._folder.glob(f"{path.name}.*")):
                belonging.unlink(missing_ok=True)


def _key(blobs: Blobs) -> str:
    """Of the files, and of the program that reads them."""
    return hashlib.sha256(json.dumps([program_fingerprint(), sorted(blobs.config.items())]).encode()).hexdigest()


def _mark(key: str, path: str, blob: str) -> str:
    return f"{key}.{hashlib.sha256(f'{path} {blob}'.encode()).hexdigest()[:32]}"


class _Unpickler(pickle.Unpickler):
    """Makes nothing but our own frozen values."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        if module.startswith("liftlock.core.") or (module, name) == (__name__, "Known"):
            found = getattr(importlib.import_module(module), name)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")
