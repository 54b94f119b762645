"""Options and arguments that several data commands share."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

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
