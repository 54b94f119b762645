"""Measures and rules of policy as people read them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from liftlock.commands.output import print_table
from liftlock.core.errors import BlockedError, ConflictError
from liftlock.core.moments import moment_text

if TYPE_CHECKING:
    from liftlock.core.policy_list import StandingRule
    from liftlock.services.measures import MeasureReport


def check_measure(report: MeasureReport, *, merge: bool) -> None:
    """Says the notes on stderr; ConflictError and BlockedError where what became of the measure is not what was asked for."""
    for note in report.notes if report.pull else ():
        print(f"note: {note}", file=sys.stderr)  # noqa: T201
    if report.outcome.value == "left-alone" and report.pull:
        hint = f"merge it by other means, or give it up: liftlock promote close {report.pull.number}"
        raise ConflictError(f"somebody changed the branch of pull request #{report.pull.number}; liftlock does not touch it", hint=hint)
    if merge and report.blockers and report.pull:
        lines = [f"  {gate.key} ({gate.phase.value}): {gate.reason}" for gate in report.blockers]
        message = "\n".join([f"the merge of pull request #{report.pull.number} is blocked:", *lines])
        raise BlockedError(message, hint=f"somebody else approves it: liftlock promote approve {report.pull.number}")


def show_rules(rules: Sequence[StandingRule]) -> None:
    """Every rule, those that hold first."""
    rows = [
        (
            rule.state.value,
            rule.kind,
            rule.id,
            ", ".join(rule.environments) or "every environment",
            rule.about,
            moment_text(rule.start, rule.zone) if rule.start else "-",
            moment_text(rule.until, rule.zone) if rule.until else "never",
            rule.reason,
            rule.owner,
        )
        for rule in rules
    ]
    headers = ["state", "kind", "id", "environments", "about", "from", "until", "reason", "owner"]
    print_table(headers, rows, empty="no freeze, veto or hold is declared; liftlock freeze, veto and hold set one")


def show_measure(report: MeasureReport) -> None:
    """What became of a measure."""
    if report.pull is None:
        typer.echo(f"nothing to do: {report.notes[0] if report.notes else 'it is so already'}")
        return
    typer.echo(f"{report.outcome.value} pull request #{report.pull.number}: {report.title}")
    typer.echo(f"  {report.pull.url} (branch {report.pull.head})")
    for number in report.closed:
        typer.echo(f"  closed pull request #{number}: superseded")
    if report.merged is not None:
        typer.echo(f"  merged as {(report.merged.merge_commit or '')[:12]}")
        if report.release:
            typer.echo(f"  next: liftlock env up {report.target}")
    elif report.approvals:
        people = "one person" if report.approvals == 1 else f"{report.approvals} people"
        typer.echo(f"  needs the approval of {people} other than its makers: liftlock promote approve {report.pull.number}")
        typer.echo(f"  then: liftlock promote merge {report.pull.number}")
    else:
        typer.echo(f"  needs no approval: liftlock promote merge {report.pull.number}")
