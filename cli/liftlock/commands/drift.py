"""`liftlock drift`: what differs between declared, applied and live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from liftlock.commands.output import JsonOption, print_json, to_json
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode

if TYPE_CHECKING:
    from liftlock.core.drift import DriftReport


def drift(
    environments: Annotated[list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all that exist without one.")] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between declared configuration, what was last applied and what is live. Changes nothing.

    Exits 0 where everything was seen and nothing differs, 2 where something does, 3 where not everything could be seen.
    """
    from liftlock import wiring

    work = wiring.workspace(repo, runs=environments[0] if environments else None)
    reports = [work.detect_drift(name) for name in environments or work.existing_environments()]
    if as_json:
        print_json("drift", {"environments": [as_document(report) for report in reports]})
    elif not reports:
        typer.echo("no environment exists yet; liftlock env up ENV makes one")
    else:
        typer.echo("\n\n".join(wiring.render_drift(report) for report in reports))
    if any(not report.complete for report in reports):
        raise typer.Exit(ExitCode.INCOMPLETE)
    if any(not report.clean for report in reports):
        raise typer.Exit(ExitCode.CHANGES)


def as_document(report: DriftReport) -> dict[str, Any]:
    """The report with its verdict; a side that does not have a property is left out of it."""
    body: dict[str, Any] = to_json(report)
    for resource in body["resources"]:
        for item in resource["properties"]:
            for side in {"declared", "applied", "live"} - set(item.pop("has")):
                del item[side]
    return {**body, "clean": report.clean, "complete": report.complete, "coverage": report.coverage}
