"""`liftlock data snapshot`: golden copies of databases, which environments are cloned from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.app import Commands
from liftlock.commands.data.options import EnvironmentOption
from liftlock.commands.output import JsonOption, YesOption, print_json, print_table
from liftlock.commands.people import age
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock.core.snapshot import PrunePlan

app = Commands("Keep golden copies of databases, and put databases back to them.", add_completion=False)

DatabaseArgument = Annotated[str, typer.Argument(metavar="DB", help="A declared database: DB (of --env) or ENV/DB.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="PLACE", help="Where the rows are: ENV/DB, postgresql://…, env:NAME or file:PATH; otherwise DB itself."),
]
NameOption = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its name; one of that name is replaced.")]
SnapshotOption = Annotated[str | None, typer.Option("--snapshot", metavar="NAME", help="Another golden copy than its own.")]
KeepOption = Annotated[int | None, typer.Option("--keep", min=0, metavar="N", help="Keep the newest N of each database and origin.")]
OlderOption = Annotated[str | None, typer.Option("--older-than", metavar="DURATION", help="Remove only older ones, such as 30d.")]


@app.command()
def create(
    database: DatabaseArgument,
    source: FromOption = None,
    name: NameOption = None,
    anonymise: Annotated[bool, typer.Option("--anonymise", help="Anonymise the rows of --from on the way, by data/DB.yaml.")] = False,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a golden copy of a database. Rows that liftlock neither made nor anonymised are refused where they may be anybody's."""
    from liftlock.wiring.data import snapshot_keeping

    if anonymise and source is None:
        raise UsageError("--anonymise: rows of which database?", hint="say --from PLACE")
    report = snapshot_keeping(repo, environment).create(database, environment, source=source, name=name, anonymise=anonymise)
    if as_json:
        print_json("data-snapshot-create", report)
        return
    found = report.snapshot
    typer.echo(
        f"{found.name}: {'made' if report.made else 'is there already'}, {found.origin.value}, {found.rows:,} rows, {_size(found.size)}"
    )
    typer.echo(f"  key {found.key}, schema {found.catalog}, {found.data or 'rows of unknown origin'} ({report.seconds:.1f} s)")


@app.command("list")
def list_snapshots(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """List golden copies: key, rows, size, age, who was cloned from them, and which ones no environment would take any more."""
    from liftlock.wiring.data import snapshot_keeping

    found = snapshot_keeping(repo).list()
    if as_json:
        print_json("data-snapshot-list", found)
        return
    rows = [
        (
            item.name,
            item.key,
            item.origin.value,
            f"{item.rows:,}",
            _size(item.size),
            age(item.age),
            ", ".join(item.used_by) or "-",
            item.stale or "-",
        )
        for item in found
    ]
    print_table(
        ["name", "key", "origin", "rows", "size", "age", "used by", "stale"],
        rows,
        empty="no golden copies; the first `liftlock branch up` makes one, or: liftlock data snapshot create DB",
    )


@app.command()
def restore(
    database: DatabaseArgument,
    snapshot: SnapshotOption = None,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a database back to its golden copy; what was written since is gone, sessions are ended."""
    from liftlock.wiring.data import snapshot_keeping

    keeping = snapshot_keeping(repo, environment)
    owner, declared, found = keeping.target(database, environment, snapshot)
    _confirm(f"Replace all rows of {owner.name}/{declared.name} by {found.name}?", yes=yes)
    report = keeping.restore(owner, declared, found)
    if as_json:
        print_json("data-snapshot-restore", report)
        return
    how = "in place" if report.in_place else "its server was started again"
    typer.echo(f"{report.place}: {report.rows:,} rows as in {report.snapshot} ({report.seconds:.1f} s, {how})")


@app.command()
def prune(
    keep: KeepOption = None,
    older_than: OlderOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and do nothing.")] = False,
    repo: RepoOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove golden copies, and what killed runs left of them; shows what goes first."""
    from liftlock import wiring
    from liftlock.services.data.snapshots import PruneReport
    from liftlock.wiring.data import snapshot_keeping

    keeping = snapshot_keeping(repo)
    plan = keeping.plan(keep=keep, older_than=wiring.parse_duration(older_than) if older_than else None)
    if not as_json:
        _show_plan(plan)
    if dry_run:
        report = PruneReport(tuple(item.name for item in plan.remove), len(plan.kept), plan.freed, applied=False)
    else:
        if plan.remove:
            _confirm(f"Remove {len(plan.remove)} golden copies?", yes=yes)
        report = keeping.prune(plan)
    if as_json:
        print_json("data-snapshot-prune", report)
    elif report.applied:
        typer.echo(f"removed {len(report.removed)} golden copies and {len(report.swept)} leftovers")


def _show_plan(plan: PrunePlan) -> None:
    rows = [
        (item.name, item.key, item.database, item.origin.value, _size(item.size), f"{item.made:%Y-%m-%d %H:%M}") for item in plan.remove
    ]
    headers = ["remove", "key", "database", "origin", "size", "made"]
    print_table(headers, rows, empty=f"nothing to remove; {len(plan.kept)} kept")
    if plan.remove:
        typer.echo(f"{len(plan.kept)} kept, about {_size(plan.freed)} freed")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask in.", hint="say --yes")
    typer.confirm(question, abort=True, err=True)
