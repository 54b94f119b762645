"""`liftlock freeze`, `thaw`, `veto`, `unveto`, `hold`, `release` and `rollback`: what people decide, each as one pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.measure_text import check_measure, show_measure
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.repository import RepoOption

if TYPE_CHECKING:
    from pathlib import Path

    from liftlock.core.policy_requests import Grounds
    from liftlock.core.ports import Identity
    from liftlock.services.measures import MeasureReport

ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever is stopped by it.")]
OwnerOption = Annotated[str | None, typer.Option("--owner", metavar="TEXT", help="Whom to ask about it; you, without it.")]
IdOption = Annotated[str | None, typer.Option("--id", metavar="NAME", help="The name of the entry; made from what it says, without it.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Its end: 2030-12-20T18:00, in --zone or with +01:00.")]
ForOption = Annotated[str | None, typer.Option("--for", metavar="DURATION", help="Its length from now, such as 8h or 3d, not --until.")]
ZoneOption = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="The IANA time zone of the times, such as Europe/Berlin.")]
MergeOption = Annotated[bool, typer.Option("--merge", help="Merge it at once, where no approval is missing.")]


def freeze(
    reason: ReasonOption,
    environments: Annotated[list[str] | None, typer.Argument(metavar="ENV...", help="The environments; --all for every one.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every environment.")] = False,
    service: Annotated[list[str] | None, typer.Option("--service", metavar="NAME", help="Only this service; may be given again.")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="When it begins; at once, without it.")] = None,
    until: UntilOption = None,
    length: ForOption = None,
    zone: ZoneOption = None,
    hotfix: Annotated[bool, typer.Option("--allow-hotfix", help="Let the hotfix lane pass.")] = False,
    owner: OwnerOption = None,
    name: IdOption = None,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let nothing enter these environments for a while, by a pull request."""
    from liftlock import wiring
    from liftlock.core.errors import UsageError
    from liftlock.core.policy_requests import freeze_request, parse_end, parse_time

    if bool(environments) == every:
        raise UsageError("it is not said which environments" if not every else "--all is every environment", hint="name them, or --all")
    who = _makers(repo, actor)
    end = parse_end(until, length, zone, wiring.now())
    begin = parse_time("--from", start, zone) if start else None
    request = freeze_request(environments or (), service or (), begin, end, _grounds(reason, owner or who[-1], name), hotfix=hotfix)
    _tell(wiring.measures(repo, merges=merge).change_policy(request, who, merge=merge), merge=merge, as_json=as_json)


def thaw(
    named: Annotated[str, typer.Argument(metavar="ID|ENV", help="A freeze by its id, or all freezes of an environment.")],
    reason: ReasonOption,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a freeze before its time, by a pull request that somebody else approves."""
    _lift("freezes", named, reason, merge=merge, repo=repo, actor=actor, as_json=as_json)


def veto(
    what: Annotated[str, typer.Argument(metavar="RELEASE|DIGEST", help="rel-… as in liftlock history, or sha256:… of one image.")],
    reason: ReasonOption,
    environment: Annotated[str | None, typer.Option("--env", metavar="ENV", help="Only into this environment; all without it.")] = None,
    until: UntilOption = None,
    length: ForOption = None,
    zone: ZoneOption = None,
    owner: OwnerOption = None,
    name: IdOption = None,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a release or an image out of environments that lack it, by a pull request."""
    from liftlock import wiring
    from liftlock.core.policy_requests import parse_end, veto_request

    who = _makers(repo, actor)
    end = parse_end(until, length, zone, wiring.now(), default="never")
    request = veto_request(what, environment, end, _grounds(reason, owner or who[-1], name))
    _tell(wiring.measures(repo, merges=merge).change_policy(request, who, merge=merge), merge=merge, as_json=as_json)


def unveto(
    named: Annotated[str, typer.Argument(metavar="ID|RELEASE|DIGEST", help="A veto by its id, or all vetoes of a release or digest.")],
    reason: ReasonOption,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift a veto, by a pull request that somebody else approves."""
    _lift("vetoes", named, reason, merge=merge, repo=repo, actor=actor, as_json=as_json)


def hold(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment that stays as it is.")],
    reason: ReasonOption,
    service: Annotated[str | None, typer.Option("--service", metavar="NAME", help="Only this service.")] = None,
    pin: Annotated[str | None, typer.Option("--pin", metavar="IMAGE", help="The one image that may enter: repository@sha256:….")] = None,
    until: UntilOption = None,
    length: ForOption = None,
    zone: ZoneOption = None,
    owner: OwnerOption = None,
    name: IdOption = None,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep an environment, or one service of it, as it is, by a pull request. Release ends it."""
    from liftlock import wiring
    from liftlock.core.policy_requests import hold_request, parse_end

    who = _makers(repo, actor)
    end = parse_end(until, length, zone, wiring.now(), default="never")
    request = hold_request(environment, service, pin, end, _grounds(reason, owner or who[-1], name))
    _tell(wiring.measures(repo, merges=merge).change_policy(request, who, merge=merge), merge=merge, as_json=as_json)


def release(
    named: Annotated[str, typer.Argument(metavar="ENV|ID", help="All holds of an environment, or one by its id.")],
    reason: ReasonOption,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Release a hold, by a pull request that somebody else approves."""
    _lift("holds", named, reason, merge=merge, repo=repo, actor=actor, as_json=as_json)


def rollback(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment that goes back.")],
    reason: ReasonOption,
    to: Annotated[str | None, typer.Option("--to", metavar="RELEASE", help="Where to; the last one proved healthy, without it.")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="NAME", help="Only this service.")] = None,
    owner: OwnerOption = None,
    merge: MergeOption = False,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go back to a release that was healthy, and veto the present one, in one pull request. It sets a hold, too."""
    from liftlock import wiring
    from liftlock.core.policy_requests import parse_reason
    from liftlock.core.rollback import RollbackRequest

    who = _makers(repo, actor)
    request = RollbackRequest(environment, parse_reason(reason), owner or str(who[-1]), to, service)
    report = wiring.measures(repo, merges=merge).roll_back(request, who, merge=merge)
    print_json("rollback", report) if as_json else show_measure(report)
    check_measure(report, merge=merge)


def _lift(kind: str, named: str, reason: str, *, merge: bool, repo: RepoOption, actor: ActorOption, as_json: bool) -> None:
    from liftlock import wiring
    from liftlock.core.policy_change import LiftRules
    from liftlock.core.policy_requests import parse_reason

    who = _makers(repo, actor)
    report = wiring.measures(repo, merges=merge).change_policy(LiftRules(kind, named, parse_reason(reason)), who, merge=merge)
    _tell(report, merge=merge, as_json=as_json)


def _makers(repo: Path | None, actor: str | None) -> tuple[Identity, ...]:
    """Who acts, then who made CI do it: the last one is the person who is asked about it."""
    from liftlock import wiring

    return (wiring.acting_identity(repo, actor), *wiring.ci_requesters())


def _grounds(reason: str, owner: Identity | str, name: str | None) -> Grounds:
    from liftlock.core.policy_requests import Grounds, parse_reason

    return Grounds(parse_reason(reason), str(owner), name)


def _tell(report: MeasureReport, *, merge: bool, as_json: bool) -> None:
    print_json("policy-change", report) if as_json else show_measure(report)
    check_measure(report, merge=merge)
