"""`liftlock data init`: the classification of a database, proposed for people to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import NO_TABLES, PLACE, EnvironmentOption
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from liftlock.services.data.classification import InitReport

_SAMPLE = 200
SampleOption = Annotated[
    int | None,
    typer.Option("--sample", metavar="N", min=1, max=10_000, help=f"Look at up to so many values of each column; {_SAMPLE} if not said."),
]


def init(
    database: Annotated[str, typer.Argument(metavar="DB", help="Whose columns: DB or ENV/DB; written to data/DB.yaml.")],
    source: Annotated[
        str | None, typer.Option("--from", metavar="PLACE", help=f"Where it is looked at; otherwise DB itself. {PLACE}")
    ] = None,
    sample: SampleOption = None,
    no_sample: Annotated[bool, typer.Option("--no-sample", help="Read the catalog alone and no row.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 2 where something would change.")] = False,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose what every column holds into data/DB.yaml, and later add what is new there.

    The database is only read. Sampled values stay in memory: no file, message or log shows one. What nothing says clearly is written
    as `unclassified`, for a person to decide. A second run keeps what people wrote, adds new tables, columns and JSON paths, and marks
    gone ones.

    Example: liftlock data init shop --from env:PROD_URL
    """
    from liftlock.wiring import data as wiring

    if no_sample and sample is not None:
        raise UsageError("--no-sample reads no row, and --sample says how many values", hint="say one of them")
    work = wiring.data_workspace(repo, environment)
    name = wiring.declared_database(work, database)
    place = wiring.data_places(work).resolve(source or database, environment)
    report = wiring.classification(work).init(name, place, sample=None if no_sample else sample or _SAMPLE, check=check)
    print_json("data-init", report) if as_json else _show(report, name if source else database, _again(source, environment))
    if check and report.changed:
        raise typer.Exit(ExitCode.CHANGES)


def _again(source: str | None, environment: str | None) -> str:
    """The options that lead the next command to the same place. An address may hold a password, so it is not repeated."""
    if source is not None:
        return f" --from {'PLACE' if '://' in source else source}" + (f" --env {environment}" if environment else "")
    return f" --env {environment}" if environment else ""


def _show(report: InitReport, name: str, source: str) -> None:
    headers = ["table", "columns", "sensitive", "kept", "unclassified", "new"]
    rows = [(item.table, item.columns, item.sensitive, item.kept, item.unclassified, item.new) for item in report.tables]
    print_table(headers, rows, empty=NO_TABLES)
    for title, items in (("new paths", report.new_paths), ("gone from the database", report.gone)):
        for item in items:
            typer.echo(f"{title}: {item}")
    for item in report.quasi_identifiers:
        typer.echo(f"may tell together who somebody is: {item}")
    for item in report.references:
        typer.echo(f"may be a reference: {item}")
    typer.echo(_outcome(report))
    _say_unseen(report, name)
    then = f"liftlock data plan {name}{source}"
    if report.unclassified:
        typer.echo(f"next: decide what is unclassified in {report.file} ({report.unclassified}), then: {then}")
    elif report.tables:
        typer.echo(f"next: {then}")


def _say_unseen(report: InitReport, name: str) -> None:
    """An empty database is no dead end: its names and types count, and where there are rows the rest is added."""
    if not report.unseen:
        return
    which = f"{len(report.unseen)} of {len(report.tables)} tables" if len(report.unseen) > 3 else ", ".join(report.unseen)
    why = "no row was read" if report.sampled is None else "there are no rows, or none that may be read"
    typer.echo(f"{which}: {why}, so names and types alone decided, and paths in JSON are not known.")
    typer.echo(f"  where there are rows, a further run adds the paths and keeps the rest: liftlock data init {name} --from PLACE")


def _outcome(report: InitReport) -> str:
    if not report.changed:
        return f"{report.file} is up to date with {report.place}"
    if not report.written:
        return f"{report.file} would change; run the same command without --check"
    return f"{report.file} {'written' if report.created else 'extended'} from {report.place}; read it, it is a proposal"
