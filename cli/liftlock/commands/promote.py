"""`liftlock promote`: move a proved release to the next environment through a reviewed pull request."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands import promotion_text as text
from liftlock.commands.actor import ActorOption
from liftlock.commands.app import Commands
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.promotion_options import (
    AllOption,
    Asked,
    ExpiresOption,
    FromOption,
    HotfixOption,
    PullArgument,
    ReasonOption,
    RollForwardOption,
    ServiceOption,
    TimeoutOption,
    ToOption,
    WaitOption,
    blocked_code,
    blocked_error,
    described,
    patience,
    people,
    requests,
)
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ConflictError, ExitCode, UsageError
from liftlock.core.ports import Check

if TYPE_CHECKING:
    from liftlock.services.promotions import OpenReport

app = Commands("Move a proved release to the next environment through a reviewed pull request.", add_completion=False)


@app.command()
def plan(
    to: ToOption = None,
    source: FromOption = None,
    service: ServiceOption = None,
    train: AllOption = False,
    hotfix: HotfixOption = False,
    rollforward: RollForwardOption = False,
    reason: ReasonOption = None,
    expires: ExpiresOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show all evidence, when gates can clear, and other releases.")] = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a promotion would change and what stands in its way. Exits 0: nothing to do, 2: changes, 4: blocked, 6: by a rule."""
    from liftlock import wiring

    promotions = wiring.promotions(repo)
    who, asked = people(repo, actor) if hotfix else (None, ())
    requester = asked[0] if asked else who
    wanted = requests(promotions, Asked(source, to or (), service or (), train, rollforward, hotfix, reason, expires), requester)
    plans = [promotions.plan(request, explain=explain) for request in wanted]
    if as_json:
        print_json("promote-plan", plans[0]) if len(plans) == 1 else print_json("promote-plans", plans)
    else:
        text.show_plans(plans, explain=explain)
    blockers = [gate for found in plans for gate in found.blockers]
    if blockers:
        raise typer.Exit(blocked_code(blockers))
    if any(found.changes for found in plans):
        raise typer.Exit(ExitCode.CHANGES)


@app.command("open")
def open_promotion(
    to: ToOption = None,
    source: FromOption = None,
    service: ServiceOption = None,
    train: AllOption = False,
    hotfix: HotfixOption = False,
    rollforward: RollForwardOption = False,
    reason: ReasonOption = None,
    expires: ExpiresOption = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    look: Annotated[
        bool, typer.Option("--look", help="Look at the running target: the pull request says what would change there and what has drifted.")
    ] = False,
    plan_digest: Annotated[str | None, typer.Option("--plan-digest", metavar="PLAN", help="Only if the plan still is this one.")] = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open the promotion's pull request, or adopt the one that is open for exactly this. Exits 4 where a gate blocks, 6 for a rule."""
    from liftlock import wiring

    waits = patience(timeout, wait=wait)
    promotions = wiring.promotions(repo, looks=look)
    who, asked = people(repo, actor)
    requester = asked[0] if asked else who
    wanted = requests(promotions, Asked(source, to or (), service or (), train, rollforward, hotfix, reason, expires), requester)
    if plan_digest is not None and (len(wanted) > 1 or wait):
        raise UsageError("--plan-digest is of one promotion, now", hint="say one --to, and no --wait")
    reports = [
        promotions.open_when_clear(request, who, waits, requesters=asked)
        if waits
        else promotions.open(request, who, reviewed=plan_digest, requesters=asked)
        for request in wanted
    ]
    _show_opened(reports, as_json=as_json)
    _end_opening(reports)


def _show_opened(reports: Sequence[OpenReport], *, as_json: bool) -> None:
    if as_json:
        print_json("promote-open", reports[0]) if len(reports) == 1 else print_json("promote-opens", reports)
    else:
        for report in reports:
            text.show_opened(report)
    for note in dict.fromkeys(note for report in reports for note in report.notes):
        print(f"note: {note}", file=sys.stderr)  # noqa: T201


def _end_opening(reports: Sequence[OpenReport]) -> None:
    """Raises for what was not opened; what else there was has been done."""
    blocked = [report for report in reports if report.outcome.value == "blocked"]
    if blocked:
        request = blocked[0].plan.request
        gates = [gate for report in blocked for gate in report.plan.blockers]
        where = ", ".join(f"{report.plan.request.source} -> {report.plan.request.target}" for report in blocked)
        hint = f"see where each answer comes from: liftlock promote plan {described(request)} --explain"
        raise blocked_error(where, gates, hint)
    alone = next((report.pull for report in reports if report.outcome.value == "left-alone" and report.pull), None)
    if alone:
        hint = f"merge it by other means, or give it up: liftlock promote close {alone.number}"
        raise ConflictError(f"somebody changed the branch of pull request #{alone.number}; liftlock does not touch it", hint=hint)


@app.command()
def status(
    pull: Annotated[int | None, typer.Argument(metavar="[PULL]", help="A pull request; all open promotions without it.", min=1)] = None,
    set_status: Annotated[
        bool, typer.Option("--set-status", help="Also say it on the head commit, as the check liftlock/promotion that a forge can require.")
    ] = False,
    on: Annotated[str | None, typer.Option("--on", metavar="SHA", help="With --set-status: on this commit, a merge queue's.")] = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the open promotions, or one with its gates as they are now. With --wait exits 4 or 6 where it cannot be merged in time."""
    from liftlock import wiring

    reviews, waits = wiring.promotion_reviews(repo), patience(timeout, wait=wait)
    if on and not set_status:
        raise UsageError("--on says where --set-status puts its word", hint="add --set-status")
    if (set_status or wait) and pull is None:
        raise UsageError("--set-status and --wait want one pull request", hint="run: liftlock promote status PULL --set-status")
    if pull is None:
        every = reviews.open_promotions()
        print_json("promote-list", every) if as_json else text.show_statuses(every)
        return
    one = reviews.status_when_clear(pull, waits) if waits else None
    said = wiring.promotion_checks(repo).publish(pull, on=on) if set_status else None
    if isinstance(said, Check):
        print_json("promote-check", said) if as_json else typer.echo(f"{said.name}: {said.state.value}: {said.description}")
        return
    one = said or one or reviews.status(pull)
    print_json("promote-status", one) if as_json else text.show_status(one)
    if wait and one.blockers:
        raise typer.Exit(blocked_code(one.blockers))


@app.command()
def approve(
    pull: PullArgument,
    commit: Annotated[str | None, typer.Option("--commit", metavar="SHA", help="Only if this still is the head commit.")] = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve exactly the present commit. The approval of somebody who made the change is recorded but does not count."""
    from liftlock import wiring

    approval = wiring.promotion_reviews(repo).approve(pull, wiring.acting_identity(repo, actor), commit=commit)
    print_json("promote-approve", approval) if as_json else text.show_approval(approval)


@app.command()
def merge(
    pull: PullArgument,
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge what was reviewed, if every gate passes now and nothing was changed since. Exits 4 where a gate blocks, 6 where a rule does."""
    from liftlock import wiring

    waits = patience(timeout, wait=wait)
    reviews, who = wiring.promotion_reviews(repo, merges=True), wiring.acting_identity(repo, actor)
    report = reviews.merge_when_clear(pull, who, waits) if waits else reviews.merge(pull, who)
    if as_json:
        print_json("promote-merge", report)
    if report.blockers:
        hint = f"see where each answer comes from: liftlock promote status {pull}"
        raise blocked_error(f"the merge of pull request #{pull}", report.blockers, hint)
    if not as_json:
        text.show_merged(report)


@app.command()
def close(
    pull: PullArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the pull request.")] = "closed by hand",
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a promotion up: close it without merging, with its branch."""
    from liftlock import wiring

    closed = wiring.promotion_reviews(repo).close(pull, wiring.acting_identity(repo, actor), reason)
    print_json("promote-close", closed) if as_json else typer.echo(f"closed pull request #{pull}: {reason}")
