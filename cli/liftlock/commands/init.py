"""`liftlock init`: a new environments repository with its forge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.output import JsonOption, print_json

if TYPE_CHECKING:
    from liftlock.wiring import Initialised

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="The project; otherwise what the folder's name suggests.")
]
ForgeOption = Annotated[
    str | None,
    typer.Option(
        "--forge",
        metavar="PATH",
        help="The bare Git repository to use as forge, made where it is missing; otherwise PROJECT.git beside DIR.",
    ),
]
RegistryOption = Annotated[
    str | None, typer.Option("--registry", metavar="HOST:PORT", help="The registry of the images; otherwise that of --images.")
]
ServiceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--service", metavar="NAME=REPOSITORY:PORT", help="A service to declare, several times if need be; otherwise the shop sample."
    ),
]
IdOption = Annotated[
    str | None,
    typer.Option("--id", metavar="ID", help="Tells this project from another of its name on one Docker engine; otherwise random."),
]
ImagesOption = Annotated[
    Path | None, typer.Option("--images", metavar="FILE", help="The JSON file that `make images` writes: router and PostgreSQL by digest.")
]


def init(
    folder: FolderArgument,
    project: ProjectOption = None,
    forge: ForgeOption = None,
    registry: RegistryOption = None,
    service: ServiceOption = None,
    images: ImagesOption = None,
    id: IdOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a new environments repository, commit it, and push it to its forge. A folder that is not empty is left alone."""
    from liftlock import wiring

    done = wiring.initialise(
        folder, project=project, forge=forge, registry=registry, services=service or [], images=images, actor=actor, id=id
    )
    print_json("init", done) if as_json else _show(done)


def _show(done: Initialised) -> None:
    made = done.created
    typer.echo(f"{made.folder}: {len(made.files)} files of project {made.project}, committed as {made.commit[:7]}")
    typer.echo(f"{made.forge}: {'made' if made.forge_created else 'was there'}, has main")
    typer.echo("next:")
    for step in done.next:
        typer.echo(f"  {step}")
