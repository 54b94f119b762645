"""`liftlock data subset`: which rows a part of a database would have, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import PLACE, EnvironmentOption, SpecOption
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption

if TYPE_CHECKING:
    from liftlock_datagen.subset.report import Share, SubsetReport


def subset(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=PLACE)],
    why: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--why", metavar="TABLE KEY", help="Say why the row of that key is in it, step by step from a root, such as --why orders 42."
        ),
    ] = None,
    database: SpecOption = None,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many rows of each table the subset of data/DB.yaml takes, and what brings them in. Nothing is copied or written.

    Rows are chosen in one read-only snapshot. --why prints keys of rows as they are in the database: look at them where they may be seen.

    Example: liftlock data subset env:PROD_URL --spec shop
    """
    from liftlock.wiring import data as wiring

    work = wiring.data_workspace(repo, environment)
    report = wiring.subsets(work).survey(wiring.data_places(work).resolve(place, environment), database, why)
    if as_json:
        print_json("data-subset", report)
    elif why is not None:
        _explain(report)
    else:
        _show(report)


def _explain(report: SubsetReport) -> None:
    print_table(("table", "key", "because"), [(step.table, step.key, step.by) for step in report.why], empty="no row")


def _show(report: SubsetReport) -> None:
    rows = [
        (table.table, "all" if table.rows is None else f"{table.rows:,}", "?" if table.of is None else f"{table.of:,}", _causes(table.by))
        for table in report.tables
    ]
    print_table(("table", "rows", "of about", "by"), rows, empty="no tables")
    typer.echo(f"{report.rows:,} rows in all", err=True)
    if report.empty:
        typer.echo(f"nothing leads to {', '.join(report.empty)}: empty in the subset; name them under whole: to have them", err=True)


def _causes(shares: tuple[Share, ...]) -> str:
    return "; ".join(f"{share.by}: {share.rows:,}" for share in shares)
