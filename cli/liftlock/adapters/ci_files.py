"""Renders a pipeline for CI platforms, and writes the files into an environments repository: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from liftlock.adapters.config_files.environments import explain
from liftlock.core.ci_pipeline import CiPipeline, Platform
from liftlock.core.ci_writing import plan_writing, require_no_difference
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.config.provenance import Provenance
from liftlock.core.errors import LiftlockError
from liftlock_templates.ci_files import REQUIREMENTS, render_ci

_SECRET = re.compile(r"services\.[^.]+\.secrets\.[^.]+")


@dataclass(frozen=True, slots=True)
class CiReport:
    """What became of the CI files in a repository. kept: the user's own, left as they are."""

    folder: Path
    platforms: tuple[Platform, ...]
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]


def declared_secrets(loaded: LoadedProject) -> dict[str, tuple[str, ...]]:
    """environment -> the variables in which the secrets of its services are found."""
    return {name: tuple(dict.fromkeys(_variables(explain(loaded, name)))) for name in loaded.environments}


def _variables(values: Iterable[Provenance]) -> Iterator[str]:
    for found in values:
        if _SECRET.fullmatch(found.path) and isinstance(found.value, str) and found.value.startswith("env:"):
            yield found.value.removeprefix("env:")


def ci_files(platforms: Sequence[Platform], pipeline: CiPipeline) -> dict[str, str]:
    """The texts of all files by path."""
    return {path: text for platform in platforms for path, text in render_ci(platform.value, pipeline).items()}


def write_ci_files(folder: Path, platforms: Sequence[Platform], pipeline: CiPipeline, *, force: bool) -> CiReport:
    """Writes what is not there; ConflictError with a diff, and nothing written, where a file is there and differs (unless force)."""
    wanted = ci_files(platforms, pipeline)
    try:
        present = {path: text for path in wanted if (text := _text(folder / path)) is not None}
        plan = plan_writing(wanted, present, own=(REQUIREMENTS,), force=force)
        require_no_difference(plan)
        for path, text in plan.write.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as err:
        reason = err.strerror or str(err)
        raise LiftlockError(f"{err.filename or folder}: cannot be written: {reason}", hint="check the folder's rights") from err
    return CiReport(folder, tuple(platforms), tuple(plan.write), plan.unchanged, plan.kept)


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", errors="replace") if path.exists() else None
