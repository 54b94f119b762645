"""Gates on what people and checks say of the pull request: approvals with segregation of duties, the forge's checks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liftlock.core.gates.result import GateMoment, GateResult, count, failed, passed, pending
from liftlock.core.people import People
from liftlock.core.ports import Check, CheckState, Identity, Review


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Somebody who had a part in the change, and which part: that person's approval does not count."""

    person: Identity
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """required: how many. may: whom the stage lets approve (None: anybody). people: who is the same person."""

    required: int
    may: Callable[[Identity], bool] | None
    people: People


def approvals_gate(rule: ApprovalRule, head: str | None, reviews: Sequence[Review], excluded: Sequence[Exclusion]) -> GateResult:
    """Passes when enough people other than the change's makers approved exactly this head commit and nobody refused it.

    head is None before there is a pull request. A person with two accounts counts once; the last word of each counts.
    """
    latest = latest_reviews(reviews, rule.people)
    standing = [review for review in latest if review.commit == head]
    objecting = [str(review.reviewer) for review in standing if not review.approved]
    if objecting:
        return failed("approvals", f"refused by {', '.join(objecting)}", moment=GateMoment.MERGE)
    approving = [(review.reviewer, why_not(review.reviewer, rule, excluded)) for review in standing if review.approved]
    counting = sorted(str(person) for person, reason in approving if reason is None)
    notes = [f"{person} {reason}" for person, reason in approving if reason is not None]
    notes += [f"{review.reviewer} approved an earlier commit" for review in latest if review.approved and review.commit != head]
    reason = "; ".join([f"{len(counting)} of {count(rule.required, 'approval')}", *(f"does not count: {note}" for note in notes)])
    if len(counting) >= rule.required:
        return passed("approvals", reason, ", ".join(counting) or None, moment=GateMoment.MERGE)
    return pending("approvals", reason, ", ".join(counting) or None, moment=GateMoment.MERGE)


def why_not(person: Identity, rule: ApprovalRule, excluded: Sequence[Exclusion]) -> str | None:
    """Why that person's approval does not count; None where it does."""
    part = next((item.reason for item in excluded if rule.people.same(item.person, person)), None)
    if part is not None:
        return part
    return None if rule.may is None or rule.may(person) else "is not one of those who may approve here"


def counting_approvers(rule: ApprovalRule, head: str, reviews: Sequence[Review], excluded: Sequence[Exclusion]) -> tuple[Identity, ...]:
    """Whose last word approves exactly this head and counts, each once, by name."""
    standing = [review.reviewer for review in latest_reviews(reviews, rule.people) if review.approved and review.commit == head]
    return tuple(sorted((person for person in standing if why_not(person, rule, excluded) is None), key=str))


def latest_reviews(reviews: Sequence[Review], people: People) -> tuple[Review, ...]:
    """The last word of each person, in the order of their first."""
    latest: list[Review] = []
    for review in sorted(reviews, key=lambda review: review.at):
        place = next((at for at, known in enumerate(latest) if people.same(known.reviewer, review.reviewer)), None)
        if place is None:
            latest.append(review)
        else:
            latest[place] = review
    return tuple(latest)


def checks_gate(wanted: Sequence[str], checks: Sequence[Check] | None) -> GateResult:
    """Passes when each of these checks passed on the head commit; one that said nothing is pending. checks: None without a pull request."""
    said = {check.name: check for check in checks or ()}
    states = {name: said[name].state if name in said else CheckState.PENDING for name in wanted}
    links = ", ".join(f"{name}: {said[name].url}" for name in wanted if name in said and said[name].url) or None
    broken = [name for name in wanted if states[name] is CheckState.FAILED]
    waiting = [name if name in said else f"{name} (nothing said yet)" for name in wanted if states[name] is CheckState.PENDING]
    if broken:
        return failed("checks", f"failed: {', '.join(broken)}", links, moment=GateMoment.MERGE)
    if waiting:
        return pending("checks", f"waiting for {', '.join(waiting)}", links, moment=GateMoment.MERGE)
    return passed("checks", f"passed: {', '.join(wanted)}", links, moment=GateMoment.MERGE)
