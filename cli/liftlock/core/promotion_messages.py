"""What a promotion writes into Git: titles, commit messages, with the trailers of core/trailers.py. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.core.gate import GateResult
from liftlock.core.ports import Identity, Review
from liftlock.core.promotion import PromotionPlan, ServiceChange
from liftlock.core.trailers import message, metadata_trailers, trailer


def title(plan: PromotionPlan) -> str:
    """One line: what goes where."""
    if len(plan.changes) > 3:
        return f"Promote {len(plan.changes)} services to {plan.request.target}"
    return f"Promote {', '.join(_short(change) for change in plan.changes)} to {plan.request.target}"


def commit_message(plan: PromotionPlan, actor: Identity) -> str:
    """The branch's one commit."""
    lines = [f"- {change.service}: {change.old.image.digest if change.old else 'nothing'} -> {change.new.image}" for change in plan.changes]
    trailers = [trailer("Liftlock-Release", plan.release), *metadata_trailers(plan.metadata), trailer("Liftlock-Requested-by", str(actor))]
    return message(title(plan), lines, trailers)


def merge_message(plan: PromotionPlan, number: int, gates: Sequence[GateResult], approvers: Sequence[Identity]) -> str:
    """The merge commit: which release, under which plan, through which gates, and who approved."""
    passed = ", ".join(f"{gate.key}={gate.phase.value}" for gate in gates) or "none"
    trailers = [trailer("Liftlock-Release", plan.release), *metadata_trailers(plan.metadata), trailer("Liftlock-Gates", passed)]
    return message(f"{title(plan)} (#{number})", (), [*trailers, *(trailer("Approved-by", str(approver)) for approver in approvers)])


def counting_approvers(reviews: Sequence[Review], head: str, excluded: Mapping[str, str]) -> tuple[Identity, ...]:
    """Whose latest word approves exactly this head and counts, each once, by name."""
    latest = {review.reviewer.key: review for review in sorted(reviews, key=lambda review: review.at)}
    people = [r.reviewer for r in latest.values() if r.approved and r.commit == head and r.reviewer.key not in excluded]
    return tuple(sorted(people, key=str))


def _short(change: ServiceChange) -> str:
    return f"{change.service} {change.new.tag or change.new.image.digest.short}"
