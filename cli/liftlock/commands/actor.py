"""Who is acting: said with --as or LIFTLOCK_ACTOR, otherwise Git's own identity."""

from __future__ import annotations

from typing import Annotated

import typer

ActorOption = Annotated[
    str | None,
    typer.Option(
        "--as", envvar="LIFTLOCK_ACTOR", metavar='"NAME <EMAIL>"', help="Who does this; otherwise Git's user.name and user.email."
    ),
]
