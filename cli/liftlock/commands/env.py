"""`liftlock env`: create, show and remove environments."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.app import Commands
from liftlock.commands.changes import change_lines, names_lines, typed
from liftlock.commands.output import JsonOption, YesOption, confirm, print_json, print_table
from liftlock.commands.people import age, short_digest
from liftlock.commands.repository import RepoOption
from liftlock.core.deployment_messages import done, planned, unchanged
from liftlock.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from liftlock.core.ports import StackResult
    from liftlock.services.reports import DownReport, UpReport
    from liftlock.services.status import EnvironmentStatus

app = Commands("Create, show and remove environments.", add_completion=False)

EnvironmentArgument = Annotated[str, typer.Argument(metavar="ENV", help="An environment that environments/ENV.yaml declares.")]


@app.command("list")
def list_environments(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """List the declared environments and whether they exist."""
    from liftlock import wiring

    work = wiring.workspace(repo)
    found = work.status().show(work.project.name, work.declared_environments())
    if as_json:
        print_json("env-list", found)
        return
    rows = [(item.environment, "yes" if item.exists else "no", item.release or "-", item.url or "-") for item in found]
    print_table(["environment", "exists", "release", "url"], rows, empty="no environments are declared; see environments/")


@app.command()
def preview(environment: EnvironmentArgument, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Show what `env up` would change. Exits 2 where something would."""
    from liftlock import wiring

    work = wiring.workspace(repo, runs=environment)
    result = work.environments().preview(work.environment(environment))
    if as_json:
        print_json("env-preview", result)
    else:
        _show_preview(result, work.engine.name)
    if result.failures:
        raise typer.Exit(ExitCode.FAILURE)
    if any(change.operation != "same" for change in result.changes):
        raise typer.Exit(ExitCode.CHANGES)


@app.command()
def up(
    environment: EnvironmentArgument,
    repo: RepoOption = None,
    actor: ActorOption = None,
    yes: YesOption = False,
    remove_data: Annotated[
        list[str] | None,
        typer.Option("--remove-data", metavar="DATABASE", help="Remove a database that is no longer declared, with all its data."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Run the engine even where everything it would read is as after a run that changed nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the environment what is declared, starting from what is really there, and prove that it answers.

    Asks first where the environment is protected.
    """
    from liftlock import wiring

    known = None if full or remove_data else wiring.unchanged(repo, environment)
    if known is not None:
        print_json("env-up", known) if as_json else show_up(known)
        return
    work = wiring.workspace(repo, actor, runs=environment, creates=True)
    salt = secrets.token_hex(16)
    name = work.known_environment(environment)
    if work.is_protected(name):
        confirm(f"{name} is protected. Deploy {work.environment(name).release_id} to it?", yes=yes)
    report = work.environments().up(
        name,
        lambda: work.declare(name),
        actor=work.identity(),
        remove_data=frozenset(remove_data or ()),
        rules=lambda: work.deploy_rules(name),
        watch=lambda: work.watch(name, salt),
        again=typed(),
    )
    print_json("env-up", report) if as_json else show_up(report)


@app.command()
def status(
    environments: Annotated[
        list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all declared ones without one.")
    ] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show each service's digest, health and age, and the environment's URL."""
    from liftlock import wiring

    work = wiring.workspace(repo)
    names = [work.known_environment(name) for name in environments] if environments else work.declared_environments()
    found = work.status().show(work.project.name, names)
    if as_json:
        print_json("env-status", found)
        return
    for item in found:
        _show_status(item)


@app.command()
def logs(
    environment: EnvironmentArgument,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A service or database of the environment.")],
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, metavar="N", help="How many lines.")] = 50,
    repo: RepoOption = None,
) -> None:
    """Show the last lines that a service printed."""
    from liftlock import wiring

    work = wiring.workspace(repo)
    typer.echo(work.runtime().logs(work.project.name, work.known_environment(environment), service, lines=lines), nl=False)


@app.command("open")
def open_url(environment: EnvironmentArgument, repo: RepoOption = None) -> None:
    """Print the environment's URL, and open it in a browser where there is a terminal."""
    from liftlock import wiring

    work = wiring.workspace(repo)
    (found,) = work.status().show(work.project.name, [work.known_environment(environment)])
    if found.url is None:
        raise UsageError(f"{environment} does not exist yet", hint=f"run: liftlock env up {environment}")
    typer.echo(found.url)
    if sys.stdout.isatty():
        typer.launch(found.url)


@app.command()
def down(
    environment: EnvironmentArgument,
    repo: RepoOption = None,
    actor: ActorOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove everything of the environment, data included, and nothing else. Asks first; golden copies stay."""
    from liftlock import wiring

    work = wiring.workspace(repo, actor, runs=environment)
    name = work.known_environment(environment)
    confirm(f"Remove {name} with all its data?", yes=yes)
    report = work.environments().down(name, work.project.name, actor=work.identity(), protected=work.is_protected(name), again=typed())
    print_json("env-down", report) if as_json else show_down(name, report)


def show_up(report: UpReport) -> None:
    """The outcome of an `up` for people."""
    same = unchanged(report.changes)
    if report.changed:
        typer.echo(f"{report.environment}: {report.changed} changed, {same} unchanged")
    elif report.looked:
        typer.echo(f"{report.environment}: no change since the last run (--full runs the engine all the same)")
    else:
        typer.echo(f"{report.environment}: no change ({same} unchanged)")
    for line in change_lines(done(report.changes)):
        typer.echo(line)
    for database, rows in report.rows.items():
        typer.echo(f"{report.environment}: {_rows_text(rows, database, report.clones.get(database))}")
    typer.echo(f"{report.environment}: {report.release} healthy at {report.url} ({report.seconds:.1f} s, engine {report.engine})")


def _rows_text(rows: int, database: str, clone: str | None) -> str:
    if clone is not None:
        return f"{rows:,} rows loaded into {database} (cloned from {clone})"
    return f"{rows:,} rows loaded into {database}" if rows else f"data is already in {database}"


def show_down(name: str, report: DownReport) -> None:
    """The outcome of a `down` for people. name: what they call it."""
    if not report.existed:
        typer.echo(f"{name}: there was nothing to remove")
        return
    typer.echo(f"{name}: removed {report.removed} objects in {report.seconds:.1f} s")
    for line in names_lines("removed", report.names):
        typer.echo(line)


def _show_preview(result: StackResult, engine: str) -> None:
    for word, changes in planned(result.changes).items():
        for change in changes:
            typer.echo(f"{word:9}{change.name} ({change.type})  {', '.join(change.properties)}".rstrip())
    for name, reason in result.failures.items():
        typer.echo(f"failed   {name}: {reason}")
    for name in result.skipped:
        typer.echo(f"unknown  {name}: it needs what failed")
    same = unchanged(result.changes)
    typer.echo(f"{len(result.changes) - same} to change, {same} unchanged ({result.seconds:.1f} s, engine {engine})")


def _show_status(item: EnvironmentStatus) -> None:
    if not item.exists and not item.parts:
        typer.echo(f"{item.environment}: not created yet (liftlock env up {item.environment})\n")
        return
    typer.echo(f"{item.environment}: {'healthy' if item.healthy else 'NOT healthy'}  {item.url or ''}  {item.release or ''}".rstrip())
    rows = [(part.name, part.role, short_digest(part.digest), part.health.value, age(part.age), part.snapshot or "") for part in item.parts]
    cloned = any(part.snapshot for part in item.parts)
    headers = ["service", "role", "digest", "health", "age", *(["cloned from"] if cloned else [])]
    print_table(headers, [row[: len(headers)] for row in rows], empty="nothing of it runs")
    typer.echo("")
