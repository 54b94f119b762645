"""Which environments repository a command is about: the one around the working directory, or the one named with --repo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftlock.adapters.config_files.repository import find_repository

__all__ = ["RepoOption", "find_repository"]

RepoOption = Annotated[
    Path | None,
    typer.Option(
        "--repo", "-C", metavar="DIR", help="The environments repository; otherwise the nearest one at or above the working directory."
    ),
]
