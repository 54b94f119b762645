"""`liftlock engine`: what runs the environments' Pulumi program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from liftlock.commands.app import Commands
from liftlock.commands.output import JsonOption, YesOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode

if TYPE_CHECKING:
    from liftlock.core.engine_report import EngineReport

app = Commands("Show which engine runs the environments, and where its state is.", add_completion=False, invoke_without_command=True)


@app.callback()
def engine(context: typer.Context, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Show which engine runs the environments and why, its version, where its state is, who keeps the secrets, and the stacks.

    Exits 1 where it cannot run.
    """
    if context.invoked_subcommand is not None:
        return
    from liftlock import wiring

    report = wiring.describe_engine(repo)
    print_json("engine", report) if as_json else _show(report)
    if report.problem is not None:
        raise typer.Exit(ExitCode.FAILURE)


@app.command()
def install(yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Install the Pulumi CLI with Pulumi's own installer, which is fetched from Pulumi's site, shown, and run after a question.

    Needed only for `engine.kind: pulumi`; the embedded engine needs no installation.
    """
    from liftlock import wiring

    script = wiring.fetch_pulumi_installer()
    typer.echo(script, err=True)
    if not yes:
        typer.confirm("Run this installer?", abort=True, err=True)
    installed = wiring.run_pulumi_installer(script)
    if as_json:
        print_json("engine-install", installed)
        return
    typer.echo(f"the Pulumi CLI {installed.version} is at {installed.path}")
    typer.echo("  next: set `engine: {kind: pulumi}` in liftlock.yaml, then liftlock engine")


def _show(report: EngineReport) -> None:
    typer.echo(f"{report.runs.value} {report.version or '(missing)'}: {report.reason}")
    facts = {
        "pulumi CLI": report.cli,
        "state": report.backend,
        "configuration": report.configuration,
        "secrets": report.secrets_provider,
        "docker provider": report.docker_provider.value if report.docker_provider else None,
    }
    for name, value in facts.items():
        if value is not None:
            typer.echo(f"  {name}: {value}")
    if report.problem is not None:
        typer.echo(f"\n{report.problem}\n  {report.remedy or ''}".rstrip())
        return
    typer.echo()
    rows = [
        (stack.environment, stack.resources, f"{stack.updated:%Y-%m-%d %H:%M}" if stack.updated else "-", stack.lock or "-")
        for stack in report.stacks
    ]
    print_table(["environment", "resources", "updated", "lock"], rows, empty="no stacks yet; liftlock env up ENV makes one")
