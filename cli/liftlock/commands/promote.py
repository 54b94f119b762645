"""`liftlock promote`: move a proved release to the next environment through a reviewed pull request."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from liftlock.commands import promotion_text as text
from liftlock.commands.actor import ActorOption
from liftlock.commands.app import Commands
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import BlockedError, ConflictError, ExitCode, UsageError

app = Commands("Move a proved release to the next environment through a reviewed pull request.", add_completion=False)

FromOption = Annotated[str | None, typer.Option("--from", metavar="ENV", help="Where the release is now; the only upstream without it.")]
ToOption = Annotated[str, typer.Option("--to", metavar="ENV", help="The environment that gets it.")]
ServiceOption = Annotated[list[str] | None, typer.Option("--service", metavar="NAME", help="Only this service; may be given again.")]
PullArgument = Annotated[int, typer.Argument(metavar="PULL", help="The pull request's number.", min=1)]


@app.command()
def plan(
    to: ToOption,
    source: FromOption = None,
    service: ServiceOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show each gate's evidence, and when it can clear.")] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a promotion would change and what stands in its way. Exits 0: nothing to do, 2: changes, 4: blocked."""
    from liftlock import wiring

    promotions = wiring.promotions(repo)
    found = promotions.plan(promotions.request(source, to, service or ()))
    print_json("promote-plan", found) if as_json else text.show_plan(found, explain=explain)
    if found.blockers:
        raise typer.Exit(ExitCode.BLOCKED)
    if found.changes:
        raise typer.Exit(ExitCode.CHANGES)


@app.command("open")
def open_promotion(
    to: ToOption,
    source: FromOption = None,
    service: ServiceOption = None,
    plan_digest: Annotated[str | None, typer.Option("--plan-digest", metavar="PLAN", help="Only if the plan still is this one.")] = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open the promotion's pull request, or adopt the one that is open for exactly this change. Exits 4 where a gate blocks."""
    from liftlock import wiring

    promotions = wiring.promotions(repo)
    request = promotions.request(source, to, service or ())
    report = promotions.open(request, wiring.acting_identity(repo, actor), reviewed=plan_digest)
    blocked = report.outcome.value == "blocked"
    if as_json:
        print_json("promote-open", report)
    elif not blocked:
        text.show_opened(report)
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)  # noqa: T201
    if blocked:
        hint = f"see where each answer comes from: liftlock promote plan --from {request.source} --to {to} --explain"
        raise BlockedError(text.blockers(f"{request.source} -> {to}", report.plan.blockers), hint=hint)
    if report.outcome.value == "left-alone" and report.pull:
        hint = f"merge it by other means, or give it up: liftlock promote close {report.pull.number}"
        raise ConflictError(f"somebody changed the branch of pull request #{report.pull.number}; liftlock does not touch it", hint=hint)


@app.command()
def status(
    pull: Annotated[int | None, typer.Argument(metavar="[PULL]", help="A pull request; all open promotions without it.", min=1)] = None,
    set_status: Annotated[
        bool, typer.Option("--set-status", help="Also say it on the head commit, as the check liftlock/promotion that a forge can require.")
    ] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the open promotions, or one with its gates as they are now."""
    from liftlock import wiring

    reviews = wiring.promotion_reviews(repo)
    if set_status and pull is None:
        raise UsageError("--set-status wants one pull request", hint="run: liftlock promote status PULL --set-status")
    if pull is None:
        every = reviews.open_promotions()
        print_json("promote-list", every) if as_json else text.show_statuses(every)
    else:
        one = reviews.publish_status(pull) if set_status else reviews.status(pull)
        print_json("promote-status", one) if as_json else text.show_status(one)


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
def merge(pull: PullArgument, repo: RepoOption = None, actor: ActorOption = None, as_json: JsonOption = False) -> None:
    """Merge what was reviewed, if every gate passes now and nothing was changed since. Exits 4 where a gate blocks."""
    from liftlock import wiring

    report = wiring.promotion_reviews(repo, merges=True).merge(pull, wiring.acting_identity(repo, actor))
    if as_json:
        print_json("promote-merge", report)
    if report.blockers:
        hint = f"see where each answer comes from: liftlock promote status {pull}"
        raise BlockedError(text.blockers(f"the merge of pull request #{pull}", report.blockers), hint=hint)
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
