"""Where things are kept: the project, its machine-made files, and the user's cache."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from machine.steps import say

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
IMAGES_FILE = PROJECT / ".machine" / "images.json"
ACTIONLINT_FILE = PROJECT / ".machine" / "actionlint.json"
PULUMI_FILE = PROJECT / ".machine" / "pulumi.json"
GITEA_FILE = PROJECT / ".machine" / "gitea.json"
GITHUB_API_FILE = PROJECT / ".machine" / "github_api.json"
POSTGRES_VERSIONS_FILE = PROJECT / ".machine" / "postgres_versions.json"


def cache_folder() -> Path:
    """liftlock's folder in the user's cache; made where it is not there."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "liftlock"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Writes the file whole, and only where it changes."""
    text = json.dumps(content, indent=2) + "\n"
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)


@contextmanager
def one_at_a_time(name: str, folder: Path | None = None) -> Iterator[None]:
    """Lets one process of this user through; the others wait and say so."""
    with ((folder or cache_folder()) / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"       another run is busy with this ({name}); waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
