"""Finds the environments repository that a command is about."""

from __future__ import annotations

from pathlib import Path

from liftlock.core.config.settings import SETTINGS
from liftlock.core.errors import ConfigError


def find_repository(start: Path) -> Path:
    """The nearest folder, start itself or above it, that holds liftlock.yaml; ConfigError where there is none."""
    first = start.absolute()
    if not first.is_dir():
        raise ConfigError(f"{start}: there is no such folder", hint="give the folder of an environments repository with --repo")
    for folder in (first, *first.parents):
        if (folder / SETTINGS).is_file():
            return folder
    raise ConfigError(
        f"{start}: no {SETTINGS} here or in a folder above",
        hint="go to an environments repository or name it with --repo DIR; liftlock init DIR writes a new one",
    )
