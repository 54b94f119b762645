"""`liftlock data profile`: the shape of a database, from its statistics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import PLACE, EnvironmentOption, SpecOption, new_file
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock.services.data.profiles import ProfileReport


def profile(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=PLACE)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            callback=new_file,
            help="Write it there and not to the terminal; data generate takes data/DB.profile.json.",
        ),
    ] = None,
    database: SpecOption = None,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the shape of a database: row counts, shares, histograms, fan-out. No row is read and no personal value leaves it.

    Reads pg_class and pg_stats only, so the figures are those of the last ANALYZE. The role needs SELECT on the columns: PostgreSQL shows
    a role the statistics only of what it might read. Columns that data/DB.yaml does not classify show counts only.

    Example: liftlock data profile staging/shop -o data/shop.profile.json
    """
    from liftlock.wiring import data as wiring

    if as_json and output is None:
        raise UsageError("--json tells what was written, so it needs a file to write to", hint="add --output FILE")
    work = wiring.data_workspace(repo, environment)
    report = wiring.profiles(work).read(wiring.data_places(work).resolve(place, environment), database, output)
    if as_json:
        print_json("data-profile", {name: getattr(report, name) for name in _SHOWN} | {"file": output})
        return
    if output is None:
        typer.echo(report.text, nl=False)
    _show(report, output)


_SHOWN = ("place", "classified_by", "tables", "rows", "columns", "histograms", "gaps", "unclassified")


def _show(report: ProfileReport, output: Path | None) -> None:
    where = f" written to {output}" if output else ""
    figures = f"about {report.rows:,} rows, {report.columns} columns, {report.histograms} histograms"
    typer.echo(f"{report.place}: {report.tables} table{'' if report.tables == 1 else 's'}, {figures}{where}", err=True)
    if report.gaps:
        reasons = sorted({gap.reason for gap in report.gaps})
        typer.echo(f"{len(report.gaps)} columns without figures ({', '.join(reasons)}):", err=True)
        for gap in report.gaps[:20]:
            typer.echo(f"  {gap.table}.{gap.column}: {_WAYS_OUT[gap.reason]}", err=True)
        if len(report.gaps) > 20:
            typer.echo(f"  and {len(report.gaps) - 20} more: --json lists all", err=True)
    if report.unclassified:
        hint = f"add them to {report.classified_by}" if report.classified_by else "classify them: liftlock data init DB"
        typer.echo(f"{len(report.unclassified)} columns show counts only, because nobody classified them; {hint}", err=True)


_WAYS_OUT = {
    "no-right": "the role may not SELECT it, so PostgreSQL hides its statistics; GRANT SELECT (column) ON table TO role",
    "row-security": "row security hides its statistics; use a role that it does not hold for (the owner, or BYPASSRLS)",
    "not-analysed": "it was never analysed; run ANALYZE there",
}
