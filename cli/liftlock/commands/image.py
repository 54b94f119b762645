"""`liftlock image`: from tags to digests, and into an environment's release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.app import Commands
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from liftlock.services.images import ImageCheck

app = Commands("Resolve tags to digests, record them for an environment, verify that the registry has them.", add_completion=False)


@app.command()
def resolve(
    image: Annotated[str, typer.Argument(metavar="SERVICE[:TAG]|REPOSITORY:TAG", help="A service of the project, or any repository.")],
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the digest that a tag names now."""
    from liftlock import wiring

    found = wiring.images(repo).resolve(image)
    if as_json:
        print_json("image-resolve", found)
    else:
        print_table(["image", "tag", "commit"], [(found.image, found.tag, found.commit or "-")], empty="")


@app.command()
def record(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="The first environment of the pipeline.")],
    images: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE=TAG]...", help="Which services get which tags.")] = None,
    every: Annotated[str | None, typer.Option("--all", metavar="TAG", help="The same tag for every service.")] = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the digests that these tags name now into the environment's release: one commit on the base branch."""
    from liftlock import wiring

    service = wiring.images(repo)
    tags = {**(service.every_service(every) if every else {}), **_parse(images or [])}
    if not tags:
        raise UsageError("no image was named", hint=f"run: liftlock image record --env {environment} SERVICE=TAG, or --all TAG")
    report = service.record(environment, tags, wiring.acting_identity(repo, actor))
    if as_json:
        print_json("image-record", report)
        return
    if report.commit is None:
        typer.echo(f"nothing to record: {environment} has exactly these images already ({report.release})")
        return
    rows = [(name, new.tag or "-", str(new.image), (new.commit or "-")[:12]) for name, new in sorted(report.changed.items())]
    print_table(["service", "tag", "image", "commit"], rows, empty="")
    typer.echo(f"\nrecorded for {environment}: {report.release}, commit {report.commit[:12]}")
    if report.warning:
        typer.echo(f"  warning: {report.warning}")
    if report.checkout:
        typer.echo(f"  {report.checkout}; bring it along yourself: git pull")
    typer.echo(f"  next: liftlock env up {environment}")


@app.command()
def verify(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="An environment of the pipeline.")],
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the registry for every image of the environment's release, and for what the stage wants attested.

    Exits 1 where an image is missing, 3 where one could not be asked for, 4 where an attestation is.
    """
    from liftlock import wiring

    found = wiring.images(repo).verify(environment)
    if as_json:
        print_json("image-verify", found)
    else:
        rows = [_row(item) for item in found]
        heads = ["service", "tag", "registry", "attested", "image", ""]
        print_table(heads, rows, empty=f"releases/{environment}.yaml lists no image")
    states = {item.availability.value for item in found}
    if "missing" in states:
        raise typer.Exit(ExitCode.FAILURE)
    if any(item.reason for item in found):
        raise typer.Exit(ExitCode.INCOMPLETE)
    if any(item.attestation is not None and item.attestation.value not in ("passed", "warned") for item in found):
        raise typer.Exit(ExitCode.BLOCKED)


def _row(item: ImageCheck) -> tuple[str, ...]:
    attested = item.attestation.value if item.attestation else "-"
    return item.service, item.tag or "-", item.availability.value, attested, item.image, item.reason or item.attested or ""


def _parse(images: list[str]) -> dict[str, str]:
    pairs = [image.partition("=") for image in images]
    for service, equals, tag in pairs:
        if not (service and equals and tag):
            raise UsageError(f"{service!r} does not say which tag", hint="write SERVICE=TAG, as in api=v2")
    names = [service for service, _, _ in pairs]
    if len(set(names)) < len(names):
        raise UsageError("a service is named twice", hint="name each service once")
    return {service: tag for service, _, tag in pairs}
