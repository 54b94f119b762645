"""Renders a pipeline for CI platforms, and writes the files into an environments repository: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liftlock.core.ci_pipeline import CiPipeline, Platform
from liftlock.core.ci_writing import plan_writing, require_no_difference
from liftlock.core.errors import LiftlockError
from liftlock_templates.ci_files import REQUIREMENTS, render_ci


@dataclass(frozen=True, slots=True)
class CiReport:
    """What became of the CI files in a repository. kept: the user's own, left as they are."""

    folder: Path
    platforms: tuple[Platform, ...]
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]


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
