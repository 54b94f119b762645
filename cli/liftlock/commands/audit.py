"""`liftlock audit`: is every change accounted for, and who had to do with it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.app import Commands
from liftlock.commands.history import OfflineOption, SinceOption, UntilOption
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from liftlock.services.audit import AuditReport

app = Commands("Hold what is in Git against the ledger, and write down who did what.", add_completion=False)

BaseOption = Annotated[str | None, typer.Option("--base", metavar="BRANCH", help="The base branch, where liftlock.yaml does not say it.")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, not to stdout.")]


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON = "json"


@app.command()
def verify(base: BaseOption = None, offline: OfflineOption = False, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Check the ledger's chain, and every change of releases/ and policy/ against it.

    Exits 0: clean, 1: the ledger is broken, 3: something could not be read, 6: a change is not accounted for.
    """
    from liftlock import wiring

    report = wiring.audit(repo, offline=offline, base=base).verify()
    print_json("audit-verify", report) if as_json else _show(report)
    if report.broken is not None:
        raise typer.Exit(ExitCode.FAILURE)
    if report.findings:
        raise typer.Exit(ExitCode.POLICY)


@app.command()
def export(
    format: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
    since: SinceOption = None,
    until: UntilOption = None,
    output: OutputOption = None,
    base: BaseOption = None,
    offline: OfflineOption = False,
    repo: RepoOption = None,
) -> None:
    """Write who wrote, reviewed, approved, merged and deployed each change; unauthorised ones are marked."""
    from liftlock import wiring
    from liftlock.commands.output import json_text
    from liftlock.core.audit_export import COLUMNS, cells
    from liftlock.core.csv_text import csv_text

    rows = wiring.audit(repo, offline=offline, base=base).export(wiring.parse_moment(since), wiring.parse_moment(until))
    text = csv_text(COLUMNS, map(cells, rows)) if format is Format.CSV else json_text("audit-export", rows)
    write(text, output, f"{len(rows)} changes")


def write(text: str, output: Path | None, what: str) -> None:
    """The text on stdout, or in the file, byte for byte."""
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_bytes(text.encode(errors="surrogateescape"))
    except OSError as err:
        raise UsageError(f"{output} cannot be written: {err.strerror}", hint="name another file with --output") from err
    typer.echo(f"{what} written to {output}", err=True)


def _show(report: AuditReport) -> None:
    if report.broken is not None:
        typer.echo(f"the ledger is broken, so no change can be held against it:\n  {report.broken}")
        return
    typer.echo(f"{report.records} ledger records: the chain is whole")
    typer.echo(f"{report.changes} changes of releases/ and policy/ up to {report.tip[:12]}: {report.sound} as they should be")
    for finding in report.findings:
        typer.echo(f"{finding.kind.value}: {finding.message}")
