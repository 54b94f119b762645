"""What a promotion writes into Git: titles, commit messages, with the trailers of core/trailers.py. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.core.gates.result import GateResult
from liftlock.core.ports import Identity
from liftlock.core.promotion_types import PromotionPlan, ServiceChange
from liftlock.core.trailers import message, metadata_trailers, trailer


def title(plan: PromotionPlan) -> str:
    """One line: what goes where."""
    what = f"{len(plan.changes)} services" if len(plan.changes) > 3 else ", ".join(_short(change) for change in plan.changes)
    does = "Hotfix" if plan.request.hotfix else "Roll forward" if plan.request.lifts else "Promote"
    return f"{does} {what} to {plan.request.target}"


def commit_message(plan: PromotionPlan, actor: Identity, requesters: Sequence[Identity] = ()) -> str:
    """The branch's one commit. requesters: who made CI do it, where CI acts."""
    lines = [f"- {change.service}: {change.old.image.digest if change.old else 'nothing'} -> {change.new.image}" for change in plan.changes]
    lines += [f"- holds: take out {name}" for name in plan.request.lifts]
    people = dict.fromkeys(named(person) for person in (*requesters, actor))
    if plan.request.hotfix is not None:
        people |= dict.fromkeys([plan.request.hotfix.requester])
    asked = [trailer("Liftlock-Requested-by", person) for person in people]
    return message(title(plan), lines, [trailer("Liftlock-Release", plan.release), *metadata_trailers(plan.metadata), *asked])


def merge_message(
    plan: PromotionPlan, number: int, gates: Sequence[GateResult], approvers: Sequence[str], requesters: Sequence[str]
) -> str:
    """The merge commit: which release, under which plan, through which gates, who asked for it and who approved."""
    passed = ", ".join(f"{gate.key}={gate.phase.value}" for gate in gates) or "none"
    trailers = [trailer("Liftlock-Release", plan.release), *metadata_trailers(plan.metadata), trailer("Liftlock-Gates", passed)]
    trailers += [trailer("Liftlock-Requested-by", person) for person in requesters]
    return message(f"{title(plan)} (#{number})", (), [*trailers, *(trailer("Approved-by", approver) for approver in approvers)])


def named(person: Identity) -> str:
    """How a trailer names somebody; of whom only an account is known, by that."""
    return f"@{person.login}" if person.login and "@" not in person.email.removeprefix("@") else str(person)


def _short(change: ServiceChange) -> str:
    return f"{change.service} {change.new.tag or change.new.image.digest.short}"
