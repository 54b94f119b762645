"""`liftlock data generate`: synthetic rows at a size and in a shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import PLACE, EnvironmentOption, confirm, new_file
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption

if TYPE_CHECKING:
    from liftlock.services.data.generation import GenerationReport

SizeOption = Annotated[
    str | None,
    typer.Option(
        "--size",
        "-s",
        metavar="NAME",
        help="tiny (1,000 rows), small (100,000), production (as profiled), or one of data/DB.yaml; otherwise as declared, else small.",
    ),
]
RowsOption = Annotated[int | None, typer.Option("--rows", "-n", min=1, metavar="N", help="Rows over all tables, in place of a size.")]
SeedOption = Annotated[int | None, typer.Option("--seed", metavar="N", help="The same seed gives the same rows; 1 where nothing says it.")]
LocaleOption = Annotated[
    str | None,
    typer.Option(
        "--locale",
        metavar="NAME",
        help="Names, places and text of a country, such as de_CH, or mixed; otherwise as declared, as data/DB.yaml says, else mixed.",
    ),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option("--profile", metavar="FILE", help="The shape of the rows; otherwise data/DB.profile.json where it is there."),
]
TableOption = Annotated[
    list[str] | None,
    typer.Option("--table", "-t", metavar="TABLE=ROWS", help="The rows of one table, such as orders=500; may be given several times."),
]


def generate(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=PLACE)],
    size: SizeOption = None,
    rows: RowsOption = None,
    table: TableOption = None,
    seed: SeedOption = None,
    locale: LocaleOption = None,
    profile: ProfileOption = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Show what every column would get, and write nothing.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask: also replace rows that liftlock did not make; they are lost.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", callback=new_file, help="Also write a page that shows the rows beside the profile."),
    ] = None,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill a migrated database with synthetic rows from its schema, and from a profile where there is one.

    An empty database is filled in one transaction. One with rows is replaced by another that is built beside it: the old rows serve until
    the new ones are whole, and an interrupted run changes nothing. The same request again does nothing. Rows that others wrote are replaced
    only where somebody says so. Exits 6 for a protected place, and for such rows.

    Example: liftlock data generate dev/shop --size small
    """
    from liftlock.wiring import data as wiring

    work = wiring.data_workspace(repo, environment)
    places = wiring.data_places(work)
    at = places.resolve(place, environment) if plan_only else places.resolve_target(place, environment, "data generate")
    use, asked = wiring.generation(work), wiring.rows_asked(size, rows, seed, locale, profile, table or ())
    done = use.plan(at, asked) if plan_only else use.run(at, asked, replace_rows=yes, confirm=confirm)
    if report is not None and not plan_only:
        comparison, name = wiring.compared_shapes(work, at, profile)
        wiring.write_shapes(report, comparison, place=at.shown, profile=name)
    print_json("data-generate", done) if as_json else _show(done)


def _show(report: GenerationReport) -> None:
    if report.planned:
        cells = [(item.table, f"{report.tables[item.table]:,}", item.column, item.values, f"{item.nulls:.0%}") for item in report.columns]
        print_table(["table", "rows", "column", "values", "null"], cells, empty="there are no tables to fill")
        typer.echo(f"{report.total:,} rows of seed {report.seed} would go to {report.place}{_shape(report)}; nothing was written")
        return
    if report.skipped and report.written_since:
        typer.echo(f"{report.place} was filled so before, and {report.written_since}; nothing was done")
        typer.echo("to make the rows anew, and lose what was written: the same command with --yes")
        return
    if report.skipped:
        typer.echo(f"{report.place} holds exactly these rows already: {report.total:,} of seed {report.seed}; nothing was done")
        return
    print_table(["table", "rows"], [(name, f"{count:,}") for name, count in report.tables.items()], empty="there are no tables to fill")
    rate = report.total / report.seconds if report.seconds else 0
    typer.echo(f"{report.total:,} rows of seed {report.seed} in {report.place}{_shape(report)}: {report.seconds:.1f} s, {rate:,.0f} rows/s")


def _shape(report: GenerationReport) -> str:
    return f", in the shape of {report.profile}" if report.profile else ""
