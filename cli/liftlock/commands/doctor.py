"""`liftlock doctor`: what is there, what is missing, how to get it."""

from __future__ import annotations

import typer

from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.diagnosis import Verdict
from liftlock.core.errors import ExitCode


def doctor(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Look at everything that liftlock needs: Git, Docker, engine, registry, forge. Exits 1 where something is missing."""
    from liftlock import wiring

    findings = wiring.diagnose(repo)
    if as_json:
        print_json("doctor", findings)
    else:
        print_table(["part", "verdict", "found"], [(item.part, item.verdict.value, item.found) for item in findings], empty="")
        for item in findings:
            if item.remedy:
                typer.echo(f"\n{item.part}: {item.remedy}")
    if any(item.verdict is Verdict.MISSING for item in findings):
        raise typer.Exit(ExitCode.FAILURE)
