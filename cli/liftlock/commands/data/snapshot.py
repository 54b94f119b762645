"""`liftlock data snapshot`: golden copies of databases, which environments are cloned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.app import Commands
from liftlock.commands.data.options import EnvironmentOption
from liftlock.commands.output import JsonOption, YesOption, confirm, print_json, print_table
from liftlock.commands.people import age
from liftlock.commands.repository import RepoOption
from liftlock.core.config.text_rules import NAME
from liftlock.core.errors import UsageError
from liftlock.core.sizes import size_text

if TYPE_CHECKING:
    from liftlock.core.snapshot import PrunePlan

app = Commands("Keep golden copies of databases, and put databases back to them.", add_completion=False)

DatabaseArgument = Annotated[str, typer.Argument(metavar="DB", help="A database that liftlock.yaml declares: DB (of --env) or ENV/DB.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="PLACE", help="Whose rows are taken: ENV/DB, postgresql://…, env:NAME or file:PATH; otherwise its own."),
]


def _a_name(name: str | None) -> str | None:
    """As environments/*.yaml can say it: a copy of another name could be declared nowhere."""
    if name is not None and not NAME.fits(name):
        raise UsageError(f'"{name[:40]}" is no name of a golden copy: {NAME.says}', hint="such as nightly, or shop-2026")
    return name


NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", callback=_a_name, help="Its name; one of that name is replaced. Otherwise DB and its key."),
]
SnapshotOption = Annotated[
    str | None,
    typer.Option(
        "--snapshot", metavar="NAME", help="The golden copy of this name; otherwise the one that it was cloned from, or would be."
    ),
]
AcceptOption = Annotated[bool, typer.Option("--accept-changes", help="Vouch for rows that were written since liftlock filled the source.")]
KeepOption = Annotated[int | None, typer.Option("--keep", min=0, metavar="N", help="Keep the newest N of each database and origin.")]
OlderOption = Annotated[str | None, typer.Option("--older-than", metavar="DURATION", help="Remove only older ones, such as 30d.")]


@app.command()
def create(
    database: DatabaseArgument,
    source: FromOption = None,
    name: NameOption = None,
    anonymise: Annotated[bool, typer.Option("--anonymise", help="Anonymise the rows of --from on the way, as data/DB.yaml says.")] = False,
    accept_changes: AcceptOption = False,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a golden copy of a database, which environments are cloned from: of its own rows, or of those of another place.

    Rows of a protected place, and rows at an address that liftlock neither made nor anonymised, come into it only with --anonymise; of
    others the copy says what they are. Exits 6 for rows that may be anybody's.

    Example: liftlock data snapshot create dev/shop --name nightly
    """
    from liftlock.services.data.snapshots.creation import CopyWish
    from liftlock.wiring.golden_copies import snapshot_creation

    if anonymise and source is None:
        raise UsageError("--anonymise: rows of which database?", hint="say --from PLACE")
    wish = CopyWish(source, name, anonymise, accept_changes)
    report = snapshot_creation(repo, environment).create(database, environment, wish)
    if as_json:
        print_json("data-snapshot-create", report)
        return
    found = report.snapshot
    typer.echo(
        f"{found.name}: {'made' if report.made else 'is there already'}, {found.origin.value}, {found.rows:,} rows, {size_text(found.size)}"
    )
    typer.echo(f"  key {found.key}, schema {found.catalog}, {found.data or 'rows of unknown origin'} ({report.seconds:.1f} s)")
    for remark in report.remarks:
        typer.echo(f"note: {remark}")


@app.command("list")
def list_snapshots(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """List golden copies: database, key, rows, size, age, who was cloned from them, and why no environment would take one any more.

    Example: liftlock data snapshot list
    """
    from liftlock.wiring.golden_copies import listed_snapshots

    found = listed_snapshots(repo)
    if as_json:
        print_json("data-snapshot-list", found)
        return
    rows = [
        (
            item.name,
            item.database,
            item.key,
            item.origin.value,
            f"{item.rows:,}",
            size_text(item.size),
            age(item.age),
            ", ".join(item.used_by) or "-",
            item.stale or "-",
        )
        for item in found
    ]
    print_table(
        ["name", "database", "key", "origin", "rows", "size", "age", "used by", "stale"],
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
    """Put a database back to a golden copy; what was written since is gone, sessions are ended. Asks first.

    Example: liftlock data snapshot restore one/shop --snapshot nightly
    """
    from liftlock.wiring.golden_copies import snapshot_restoring

    restoring = snapshot_restoring(repo, environment)
    owner, declared, found = restoring.target(database, environment, snapshot)
    confirm(f"Replace all rows of {owner.name}/{declared.name} by {found.name}?", yes=yes)
    report = restoring.restore(owner, declared, found)
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
    """Remove golden copies, and what killed runs left of them; shows what goes, and asks. Say --keep, --older-than or both.

    Example: liftlock data snapshot prune --keep 2 --dry-run
    """
    from liftlock.services.data.snapshots.pruning import prune as remove
    from liftlock.services.data.snapshots.pruning import report_of
    from liftlock.wiring.data import data_workspace
    from liftlock.wiring.golden_copies import planned_pruning

    work = data_workspace(repo)
    plan = planned_pruning(work, keep, older_than)
    if not as_json:
        _show_plan(plan)
    if plan.remove and not dry_run:
        confirm(f"Remove {_copies(len(plan.remove))}?", yes=yes)
    report = report_of(plan) if dry_run else remove(work.parts, plan)
    if as_json:
        print_json("data-snapshot-prune", report)
    elif report.applied and (report.removed or report.swept):
        swept = f", and {len(report.swept)} volumes and containers that killed runs left" if report.swept else ""
        typer.echo(f"removed {_copies(len(report.removed))}{swept}")


def _show_plan(plan: PrunePlan) -> None:
    listed = [*((item, "goes") for item in plan.remove), *((item, f"stays: {why}") for item, why in plan.kept)]
    rows = [
        (item.name, item.key, item.database, item.origin.value, size_text(item.size), f"{item.made:%Y-%m-%d %H:%M}", fate)
        for item, fate in listed
    ]
    headers = ["name", "key", "database", "origin", "size", "made", "fate"]
    print_table(headers, rows, empty="there are no golden copies")
    if plan.remove:
        typer.echo(f"{len(plan.kept)} stay, about {size_text(plan.freed)} freed")


def _copies(count: int) -> str:
    return f"{count} golden {'copy' if count == 1 else 'copies'}"
