"""Promotions as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

import typer

from liftlock.commands.output import print_table
from liftlock.core.measure import rule_line
from liftlock.core.proposal import Adopt, Close, LeaveAlone, Open, Update

if TYPE_CHECKING:
    from datetime import datetime

    from liftlock.core.gates.result import GateResult
    from liftlock.core.promotion_types import PromotionPlan, ServiceChange
    from liftlock.core.release import ReleasedImage
    from liftlock.services.promotions import OpenReport
    from liftlock.services.review_results import Approval, MergeReport, PromotionStatus


def show_plans(plans: Sequence[PromotionPlan], *, explain: bool) -> None:
    """Each in turn."""
    for number, plan in enumerate(plans):
        if number:
            typer.echo("")
        show_plan(plan, explain=explain)


def show_plan(plan: PromotionPlan, *, explain: bool) -> None:
    """What would change, and what each gate says."""
    request = plan.request
    for note in plan.notes:
        typer.echo(f"note: {note}")
    if not plan.changes:
        typer.echo(_nothing(plan))
        show_actions(plan)
        return
    lane = f" as a hotfix ({request.hotfix.reason})" if request.hotfix else ""
    typer.echo(f"{request.source} -> {request.target}{lane}: release {plan.release}, instead of {plan.rollback or 'nothing'}")
    typer.echo(f"plan {plan.digest}\n")
    show_changes(plan.changes)
    typer.echo("")
    show_gates(plan.gates, explain=explain)
    if explain:
        show_considered(plan)
    if plan.clears_at:
        typer.echo(f"\nit can be merged at the earliest at {plan.clears_at.isoformat(timespec='seconds')}")
    show_actions(plan)


def show_considered(plan: PromotionPlan) -> None:
    """The source's releases, newest first, and why newer ones than the chosen one were not taken."""
    rows = [
        (
            one.release,
            "this one" if one.chosen else "; ".join(f"{gate.key}: {gate.reason}" for gate in one.blockers) or "-",
            _when(one.clears_at),
        )
        for one in plan.considered
    ]
    if len(rows) > 1:
        typer.echo("")
        print_table(["release", "what keeps it out", "clears at"], rows, empty="")


def show_actions(plan: PromotionPlan) -> None:
    """What `promote open` would do."""
    if plan.blockers:
        typer.echo("\nblocked: promote open would do nothing")
    for action in plan.actions:
        match action:
            case Open(branch=branch):
                typer.echo(f"\npromote open would push {branch} and open a pull request")
            case Adopt(number=number):
                typer.echo(f"\npull request #{number} is open for exactly this")
            case Update(number=number, reason=reason):
                typer.echo(f"\npromote open would make pull request #{number} anew: {reason}")
            case Close(number=number, reason=reason):
                typer.echo(f"\npromote open would close pull request #{number}: {reason}")
            case LeaveAlone(number=number, reason=reason):
                typer.echo(f"\npromote open would leave pull request #{number} alone: {reason}")
            case _:
                assert_never(action)


def show_changes(changes: Sequence[ServiceChange]) -> None:
    """One line per service."""
    rows = [(change.service, _image(change.old), _image(change.new), _commits(change)) for change in changes]
    print_table(["service", "now", "after", "commits"], rows, empty="no service changes")


def show_gates(gates: Sequence[GateResult], *, explain: bool) -> None:
    """One line per gate; with explain also where each answer comes from and when it can change."""
    if explain:
        rows = [(g.key, g.phase.value, g.reason, g.evidence or "-", _when(g.clears_at)) for g in gates]
        print_table(["gate", "state", "why", "evidence", "clears at"], rows, empty="no gate stands in the way")
        return
    print_table(["gate", "state", "why"], [(gate.key, gate.phase.value, gate.reason) for gate in gates], empty="no gate stands in the way")


def show_opened(report: OpenReport) -> None:
    """What `promote open` did."""
    pull = report.pull
    if pull is None:
        if report.outcome.value != "blocked":
            typer.echo(_nothing(report.plan))
    else:
        typer.echo(f"{report.outcome.value} pull request #{pull.number}: {pull.title}")
        typer.echo(f"  {pull.url} (branch {pull.head})\n")
        show_changes(report.plan.changes)
        typer.echo("")
        show_gates(report.plan.gates, explain=False)
        typer.echo(f"\n{_next(report, pull.number)}")
    for number in report.closed:
        typer.echo(f"closed pull request #{number}: superseded")


def _next(report: OpenReport, number: int) -> str:
    """What a person does about the open pull request now."""
    missing = [gate.key for gate in report.plan.merge_blockers]
    if report.outcome.value == "left-alone" or not missing:
        return f"next: liftlock promote {'merge' if not missing else 'status'} {number}"
    if "approvals" in missing:
        return f"next: somebody else approves it: liftlock promote approve {number}\nthen: liftlock promote merge {number}"
    return f"next: liftlock promote merge {number} --wait   # waits for {', '.join(missing)}"


def show_status(status: PromotionStatus) -> None:
    """One promotion."""
    typer.echo(f"pull request #{status.number}: {status.title} [{status.state.value}]")
    what = f"{status.source} -> {status.target}" if status.source else f"{status.kind.value} of {status.target}"
    typer.echo(f"  {what}, by {status.author}, {status.url} (branch {status.head}, commit {status.commit[:12]})")
    if status.merge_commit:
        typer.echo(f"  merged as {status.merge_commit[:12]}")
    if status.changes:
        typer.echo("")
        show_changes(status.changes)
    for edit in status.rules:
        typer.echo(f"  {rule_line(edit)}")
    if status.gates:
        typer.echo("")
        show_gates(status.gates, explain=True)
    if status.stale and status.state.value == "open":
        again = f"run: liftlock promote open --from {status.source} --to {status.target}"
        typer.echo(f"\nit cannot be merged: {status.stale}")
        typer.echo(f"  {again if status.source else 'ask for it again with the command that opened it'}")
    elif status.stale:
        typer.echo(f"\n{status.stale}")
    elif status.mergeable:
        typer.echo(f"\nready: liftlock promote merge {status.number}")


def show_statuses(found: Sequence[PromotionStatus]) -> None:
    """All open promotions."""
    rows = [(f"#{item.number}", item.kind.value, item.source or "-", item.target, item.title, str(item.author)) for item in found]
    print_table(["pull", "kind", "from", "to", "title", "author"], rows, empty="nothing is open; liftlock promote plan shows what could be")


def show_approval(approval: Approval) -> None:
    """Whether an approval counts, and what is still missing."""
    typer.echo(f"recorded: {approval.reviewer} approves pull request #{approval.number} at {approval.commit[:12]}")
    if approval.excluded:
        typer.echo(f"  it does not count towards the approvals: {approval.reviewer} {approval.excluded}")
    for gate in approval.gates:
        if not gate.passed:
            typer.echo(f"  still missing: {gate.key}: {gate.reason}")


def show_merged(report: MergeReport) -> None:
    """What became of a merge."""
    if report.outcome.value == "queued":
        typer.echo(f"the forge has queued pull request #{report.number} into {report.target}; it merges it by itself")
        return
    said = "merged" if report.outcome.value == "merged" else "was already merged:"
    what = f"into {report.target}: {report.release}" if report.release else f"of {report.target}"
    typer.echo(f"{said} pull request #{report.number} {what}, commit {(report.merge_commit or '')[:12]}")
    if report.checkout:
        typer.echo(f"  {report.checkout}; bring it along yourself: git pull")
    if report.release:
        typer.echo(f"  next: liftlock env up {report.target}")


def _nothing(plan: PromotionPlan) -> str:
    request = plan.request
    if plan.notes:
        return f"nothing to promote from {request.source} to {request.target} now"
    return f"nothing to promote: {request.target} has every image of {request.source} ({plan.release})"


def _when(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else "-"


def _image(released: ReleasedImage | None) -> str:
    return f"{released.image.digest.short} ({released.tag or 'no tag'})" if released else "nothing"


def _commits(change: ServiceChange) -> str:
    old = change.old.commit if change.old else None
    return f"{(old or '-')[:12]} -> {(change.new.commit or '-')[:12]}"
