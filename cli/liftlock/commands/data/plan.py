"""`liftlock data plan`: what an anonymised copy does to each column, for people who review it and for CI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import NO_TABLES, PLACE, EnvironmentOption
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liftlock.services.data.planning import PlanReport, ShownFinding
    from liftlock_datagen.review.model import PlanLine, PlanTable


def plan(
    database: Annotated[str, typer.Argument(metavar="DB", help="Whose classification, data/DB.yaml, holds: DB or ENV/DB.")],
    source: Annotated[
        str | None, typer.Option("--from", metavar="PLACE", help=f"Whose schema it is held against; otherwise that of DB itself. {PLACE}")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            min=1,
            max=10_000,
            help="Look through up to so many documents of each JSON column for new paths; otherwise no row is read.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 on every warning that the file does not accept.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as Markdown, for a pull request.")] = False,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show, per table and column, what an anonymised copy does, and every problem with a stable code. Nothing is written.

    Exits 78 on an error, such as a table, column or JSON path that nobody classified; with --strict 4 on a warning that nobody accepted.

    Example: liftlock data plan shop --from env:PROD_URL --strict
    """
    from liftlock.services.data.planning import report_of
    from liftlock.wiring import data as wiring

    if markdown and as_json:
        raise UsageError("--markdown and --json are two forms of the same; say one of them")
    work = wiring.data_workspace(repo, environment)
    name = wiring.declared_database(work, database)
    place = wiring.data_places(work).resolve(source or database, environment)
    found = wiring.planning(work).plan(name, place, sample=sample)
    report = report_of(found, place, strict=strict)
    if markdown:
        from liftlock_datagen.review.markdown import markdown as text

        typer.echo(text(found), nl=False)
    else:
        print_json("data-plan", report) if as_json else _show(report)
    if report.errors:
        raise typer.Exit(ExitCode.CONFIG)
    if strict and report.warnings:
        raise typer.Exit(ExitCode.BLOCKED)


def _show(report: PlanReport) -> None:
    from liftlock_datagen.spec.privacy import told

    for table in report.tables:
        _show_table(table)
    if not report.tables:
        typer.echo(NO_TABLES)
    typer.echo(told(report.columns, report.unclassified))
    for title, items in (("accepted", report.accepted), ("warning", report.warnings), ("error", report.errors)):
        _show_findings(title, items)
    _say_how_to_accept(report)
    if report.tables and not (report.errors or report.warnings):
        typer.echo(f"{report.place}: nothing speaks against {report.file}")


def _say_how_to_accept(report: PlanReport) -> None:
    """With the first one that may be accepted as the example: its id stands in no line above."""
    from liftlock_datagen.errors import UNACCEPTABLE, ProblemCode

    never = {*UNACCEPTABLE, ProblemCode.STALE_ACCEPTANCE}
    found = next((item.id for item in (*report.errors, *report.warnings) if item.code not in never), None)
    if found:
        problem = json.dumps(found, ensure_ascii=False)
        typer.echo(f'to accept one, write into {report.file}: accepted: [{{problem: {problem}, reason: "why it may be so"}}]')


def _show_table(table: PlanTable) -> None:
    if table.rows == "none" or table.untouched:
        typer.echo(f"{table.table}: {'no rows are copied' if table.rows == 'none' else f'{_columns(len(table.lines))} kept as they are'}\n")
        return
    typer.echo(table.table)
    headers = ["column", "kind", "what happens", "privacy", "unique", "why"]
    print_table(headers, [_row(line) for line in table.lines], empty="no column is classified")
    if table.quasi_identifiers:
        typer.echo(f"quasi-identifiers: {', '.join(table.quasi_identifiers)}")
    typer.echo("")


def _columns(count: int) -> str:
    return f"{count} column{'' if count == 1 else 's'}"


def _row(line: PlanLine) -> tuple[str, ...]:
    name = f"  {line.path}" if line.path else line.column
    return name, line.kind, line.what, line.privacy.value if line.privacy else "-", line.uniqueness.replace("_", " "), line.why


def _show_findings(title: str, items: Sequence[ShownFinding]) -> None:
    for item in items:
        because = f" (accepted: {item.accepted})" if item.accepted else ""
        typer.echo(f"{title}: {item.place} {item.where} [{item.code}]: {item.message}{because}")
