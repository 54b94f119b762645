"""`liftlock init`: a new environments repository with its forge, and the pipelines of CI platforms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.output import JsonOption, print_json
from liftlock.core.ci_pipeline import Platform
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock.adapters.ci_files import CiReport
    from liftlock.wiring import Initialised

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="The project; otherwise what the folder's name suggests.")
]
ForgeOption = Annotated[
    str | None,
    typer.Option(
        "--forge",
        metavar="PATH|URL",
        help="The bare Git repository to use as forge, made where it is missing, or the web address of a repository on GitHub, Gitea, "
        "Forgejo or GitLab (github:, gitea: or gitlab: before it, where the host does not tell); otherwise PROJECT.git beside DIR.",
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


CiOption = Annotated[
    list[Platform] | None,
    typer.Option(
        "--ci",
        help="Write this CI platform's pipelines too; may be given again. In an environments repository that is there: only those.",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Take the new text of a CI file that is there and differs.")]


def init(
    folder: FolderArgument,
    project: ProjectOption = None,
    forge: ForgeOption = None,
    registry: RegistryOption = None,
    service: ServiceOption = None,
    images: ImagesOption = None,
    ci: CiOption = None,
    force: ForceOption = False,
    id: IdOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a new environments repository, commit it, and push it to its forge; with --ci, add pipelines to one that is there.

    Nothing is pushed to a forge that is not on this machine. Any other folder that is not empty is left alone.
    """
    from liftlock import wiring

    if ci and wiring.is_repository(folder):
        _require_none(project=project, forge=forge, registry=registry, service=service, images=images, id=id)
        added = wiring.add_ci(folder, ci, force=force)
        print_json("init-ci", added) if as_json else _show_ci(added)
        return
    if force:
        raise UsageError(
            "--force is for CI files in an environments repository that is there", hint="add --ci PLATFORM, or leave --force out"
        )
    done = wiring.initialise(
        folder,
        project=project,
        forge=forge,
        registry=registry,
        services=service or [],
        images=images,
        actor=actor,
        id=id,
        platforms=ci or [],
    )
    print_json("init", done) if as_json else _show(done)


def _require_none(**options: object) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise UsageError(f"--{given[0]} is for a new repository, and this one is there", hint="leave it out, or edit liftlock.yaml")


def _show_ci(added: CiReport) -> None:
    for path in added.written:
        typer.echo(f"wrote {path}")
    for path in added.kept:
        typer.echo(f"kept {path}: it is yours")
    if not added.written:
        typer.echo(f"nothing to write: {len(added.unchanged)} files are as they should be")
        return
    typer.echo("next:")
    typer.echo("  git add --all && git commit -m 'Add the CI pipelines'   # then push, through review where main is protected")
    typer.echo("  set the secrets that docs/ci.md of liftlock lists for the platform")


def _show(done: Initialised) -> None:
    made = done.created
    typer.echo(f"{made.folder}: {len(made.files)} files of project {made.project}, committed as {made.commit[:7]}")
    far = made.forge.startswith(("https://", "http://"))
    here = "made, has main" if made.forge_created else "was there, has main"
    typer.echo(f"{made.forge}: {'origin; nothing was pushed' if far else here}")
    typer.echo("next:")
    for step in done.next:
        typer.echo(f"  {step}")
