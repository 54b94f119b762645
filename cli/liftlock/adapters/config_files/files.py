"""Reads the configuration files of an environments repository from its folder. Knows which files there are, not what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liftlock.core.config.document import MAX_CHARACTERS, Position
from liftlock.core.config.problems import Problem
from liftlock.core.config.settings import SETTINGS

FOLDERS = ("environments", "releases")


@dataclass(frozen=True, slots=True)
class RawFiles:
    """Bytes by path relative to the repository, and what could not be read."""

    contents: dict[str, bytes]
    problems: tuple[Problem, ...]


def read_files(root: Path) -> RawFiles:
    """Every configuration file below the root."""
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    _read(root, SETTINGS, contents, problems)
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*")):
            name = f"{folder}/{path.name}"
            if path.suffix == ".yml":
                problems.append(Problem(Position(name), "", f"configuration files end in .yaml; rename it to {path.stem}.yaml"))
            elif path.suffix == ".yaml" and not path.name.startswith("."):
                _read(root, name, contents, problems)
    return RawFiles(contents, tuple(problems))


def _read(root: Path, name: str, contents: dict[str, bytes], problems: list[Problem]) -> None:
    path = root / name
    try:
        if path.stat().st_size > 4 * MAX_CHARACTERS:
            problems.append(Problem(Position(name), "", f"the file has {path.stat().st_size} bytes; this is no configuration file"))
            return
        contents[name] = path.read_bytes()
    except OSError as err:
        problems.append(Problem(Position(name), "", f"the file cannot be read: {err.strerror or type(err).__name__}"))
