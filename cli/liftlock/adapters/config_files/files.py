"""Reads the configuration files of an environments repository from its folder. Knows which files there are, not what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from liftlock.core.config.document import MAX_CHARACTERS, Position
from liftlock.core.config.problems import Problem
from liftlock.core.config.settings import SETTINGS

FOLDERS = ("environments", "releases", "policy")
DATA = "data"
_PROFILE = ".profile"


@dataclass(frozen=True, slots=True)
class RawFiles:
    """Bytes by path relative to the repository, and what could not be read.

    data: the files in data/, by their names without `.yaml`, and the profiles beside them without `.json`.
    """

    contents: dict[str, bytes]
    problems: tuple[Problem, ...]
    data: dict[str, bytes] = field(default_factory=dict)


def read_files(root: Path) -> RawFiles:
    """Every configuration file below the root."""
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    _read(root, SETTINGS, contents, problems)
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*")):
            name = f"{folder}/{path.name}"
            if problem := _misnamed(path):
                problems.append(problem)
            elif path.suffix == ".yaml" and not path.name.startswith("."):
                _read(root, name, contents, problems)
    data: dict[str, bytes] = {}
    problems += filter(None, (_misnamed(path) for path in sorted((root / DATA).glob("*"))))
    for path in sorted((root / DATA).glob("*.yaml")):
        _read(root, f"{DATA}/{path.name}", data, problems)
    for path in sorted((root / DATA).glob(f"*{_PROFILE}.json")):
        try:
            data[f"{DATA}/{path.name}"] = path.read_bytes()  # as large as it may be: it is no YAML
        except OSError as err:
            problems.append(Problem(Position(f"{DATA}/{path.name}"), "", f"the file cannot be read: {err.strerror or type(err).__name__}"))
    return RawFiles(contents, tuple(problems), {PurePosixPath(name).stem: content for name, content in data.items()})


def data_name(key: str) -> str:
    """The path of the file that stands under the key in RawFiles.data."""
    return f"{DATA}/{key}.{'json' if key.endswith(_PROFILE) else 'yaml'}"


def is_profile(path: PurePosixPath) -> bool:
    """Whether it is a profile beside the files in data/."""
    return str(path.parent) == DATA and path.name.endswith(f"{_PROFILE}.json")


def _misnamed(path: Path) -> Problem | None:
    """Of a file that would be read, had it the right ending."""
    if path.suffix == ".yaml" or path.suffix.lower() not in {".yml", ".yaml"} or path.name.startswith("."):
        return None
    place = Position(f"{path.parent.name}/{path.name}")
    return Problem(place, "", f"configuration files end in .yaml; rename it to {path.stem}.yaml")


def _read(root: Path, name: str, contents: dict[str, bytes], problems: list[Problem]) -> None:
    path = root / name
    try:
        if path.stat().st_size > 4 * MAX_CHARACTERS:
            problems.append(Problem(Position(name), "", f"the file has {path.stat().st_size} bytes; this is no configuration file"))
            return
        contents[name] = path.read_bytes()
    except OSError as err:
        problems.append(Problem(Position(name), "", f"the file cannot be read: {err.strerror or type(err).__name__}"))
