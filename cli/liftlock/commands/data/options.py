"""Options and arguments that several data commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from liftlock.core.errors import UsageError

PLACE = "DB (of --env), ENV/DB, postgresql://…, or where such an address is found: env:NAME, file:PATH."
NO_TABLES = "the database has no tables: is it the right one, and have its migrations run?"

SpecOption = Annotated[
    str | None,
    typer.Option("--spec", metavar="DB", help="Whose classification, data/DB.yaml, holds; otherwise that of the place's database."),
]

EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--env", "-e", metavar="ENV", help="The environment (or branch) of a database named alone; otherwise the pipeline's first."
    ),
]


def confirm(question: str) -> bool:
    """What a person says; without a terminal nobody can say yes."""
    return sys.stdin.isatty() and typer.confirm(question, err=True)


def new_file(path: Path | None) -> Path | None:
    """Of an option that names a file to write: UsageError before any work is done where no file can come to be there."""
    if path is not None and path.is_dir():
        raise UsageError(f"{path} cannot be written: it is a folder", hint="name a file in it")
    if path is not None and not path.parent.is_dir():
        raise UsageError(
            f"{path} cannot be written: there is no folder {path.parent}", hint=f"name another file, or: mkdir -p {path.parent}"
        )
    return path
