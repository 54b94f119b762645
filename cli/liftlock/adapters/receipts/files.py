"""Receipts port: one JSON file per environment, readable by its owner only."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from liftlock.core.receipt import Clues, Receipt, Route

_VERSION = 1


class FileReceipts:
    """In a folder of this machine. A receipt is a shortcut and nothing else: what goes wrong with its file is never an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, environment: str) -> Receipt | None:
        """The receipt; None where there is none that can be read."""
        try:
            raw = json.loads(self._path(environment).read_text(encoding="utf-8"))
            if raw["version"] != _VERSION:
                return None
            clues = Clues(**{**raw["clues"], "secrets": tuple(raw["clues"]["secrets"])})
            return Receipt(clues, dict(raw["facts"]), tuple(Route(**route) for route in raw["routes"]), dict(raw["report"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, environment: str, receipt: Receipt) -> None:
        """Puts the file beside and renames it, so that a reader sees a whole one."""
        path = self._path(environment)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"version": _VERSION, **asdict(receipt)}, file)
            temporary.replace(path)

    def drop(self, environment: str) -> None:
        """Removes the file."""
        with suppress(OSError):
            self._path(environment).unlink(missing_ok=True)

    def _path(self, environment: str) -> Path:
        return self._folder / f"{environment}.json"
