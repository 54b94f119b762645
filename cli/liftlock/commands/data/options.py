"""Options and arguments that several data commands share."""

from __future__ import annotations

from typing import Annotated

import typer

PLACE = "DB (of --env), ENV/DB, postgresql://…, or where such an address is found: env:NAME, file:PATH."

EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--env", "-e", metavar="ENV", help="The environment (or branch) of a database named alone; otherwise the pipeline's first."
    ),
]
