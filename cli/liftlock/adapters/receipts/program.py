"""A fingerprint of the program: every line of ours that decides what a run does, and the version of every package it stands on."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

_OURS = ("liftlock", "liftlock_engine", "liftlock_stacks", "liftlock_datagen", "liftlock_templates")


def program_fingerprint() -> str:
    """SHA-256 over our sources, Python's version, and the names of installed packages, which hold their versions."""
    found = hashlib.sha256(f"{sys.version}\0{sys.platform}".encode())
    for package in _OURS:
        for path in _sources(package):
            found.update(f"\0{path.name}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    for folder in map(Path, sys.path):
        if folder.is_dir():
            found.update("\0".join(sorted(path.name for path in folder.iterdir() if path.suffix in (".dist-info", ".egg-info"))).encode())
    return found.hexdigest()


def _sources(package: str) -> list[Path]:
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    return sorted(path for folder in folders or () for path in Path(folder).rglob("*.py"))
