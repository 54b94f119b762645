"""What is done about open pull requests of promotions: adopted, made anew, left to whoever changed them, closed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from liftlock.core.promotion_types import Observed, PromotionRequest, ServiceChange
from liftlock.core.proposal import Action, Adopt, Close, LeaveAlone, Update
from liftlock.core.proposal_pull import BranchCondition, ProposalPull


def adopt_or_update(mine: ProposalPull, branch: str, digest: str, changes: Sequence[ServiceChange]) -> Adopt | Update | LeaveAlone:
    """What the pull request for exactly these changes needs.

    One that is only behind the base, because other services changed there, is made anew while nobody has approved it; after that it
    keeps its approvals: it proposes the same still, and the merge takes care of the rest.
    """
    number = mine.pull.number
    approved = any(review.approved and review.commit == mine.pull.commit for review in mine.pull.reviews)
    match mine.condition:
        case BranchCondition.EDITED:
            return LeaveAlone(number, mine.reason, hinders=True)
        case BranchCondition.OUTDATED:
            return Update(number, branch, mine.reason)
        case BranchCondition.INTACT | BranchCondition.BEHIND if mine.metadata is None or mine.metadata.plan != digest:
            return Update(number, branch, "what it was planned from has changed")
        case BranchCondition.INTACT | BranchCondition.BEHIND if mine.changes != {change.service: change.new for change in changes}:
            return Update(number, branch, "the tags or commits of its images have changed")
        case BranchCondition.BEHIND if not approved:
            return Update(number, branch, mine.reason)
        case BranchCondition.INTACT | BranchCondition.BEHIND:
            return Adopt(number)


def close_superseded(
    observed: Observed,
    request: PromotionRequest,
    changes: Sequence[ServiceChange],
    mine: ProposalPull | None,
    kept: Collection[ProposalPull],
) -> tuple[Action, ...]:
    """The other open pull requests of the same lane that this one replaces, or that the target needs no more."""
    decided = {change.service for change in changes} | _settled(observed, request)
    actions: list[Action] = []
    for other in sorted(observed.pulls, key=lambda found: found.pull.number):
        if other is mine or other in kept or other.kind is not request.kind or decided.isdisjoint(other.changes):
            continue
        number = other.pull.number
        if other.condition is BranchCondition.EDITED:
            actions.append(LeaveAlone(number, other.reason, hinders=False))
        else:
            actions.append(Close(number, "superseded" if changes else f"{request.target} needs nothing of it any more"))
    return tuple(actions)


def _settled(observed: Observed, request: PromotionRequest) -> set[str]:
    """The services that are asked about and are in the target as the source declares them."""
    source, target = observed.releases[request.source], observed.releases[request.target]
    names = source.services if request.services is None else request.services
    return {
        name
        for name in names
        if name in source.services and name in target.services and source.services[name].image == target.services[name].image
    }
