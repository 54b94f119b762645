"""`liftlock data report`: generated rows beside their profile, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import PLACE, EnvironmentOption, new_file
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock_datagen.profile.compare import Comparison


def report(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=PLACE)],
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", help="What to hold the rows against; otherwise data/DB.profile.json.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", callback=new_file, help="Where the page goes; needed, except with --json."),
    ] = None,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a page that shows generated rows beside the profile: distributions, shares, fan-out, NULLs, row counts.

    One HTML file without scripts. Both sides are statistics: the page holds no row.

    Example: liftlock data report dev/shop --output shop.html
    """
    from liftlock.wiring import data as wiring

    if output is None and not as_json:
        raise UsageError("nothing says where the page goes", hint="add --output page.html, or --json for the figures")
    work = wiring.data_workspace(repo, environment)
    at = wiring.data_places(work).resolve(place, environment)
    comparison, name = wiring.compared_shapes(work, at, profile)
    if output is not None:
        wiring.write_shapes(output, comparison, place=at.shown, profile=name)
    print_json("data-report", comparison) if as_json else _show(comparison, output)


def _show(comparison: Comparison, output: Path | None) -> None:
    far = comparison.farthest
    typer.echo(f"{len(comparison.tables)} tables, {len(far)} columns compared: written to {output}")
    if far:
        (most, name), (middle, _) = far[0], far[len(far) // 2]
        typer.echo(f"in {name}, which differs most, {most:.0%} of the rows lie elsewhere than profiled; in the middle one {middle:.0%}")
