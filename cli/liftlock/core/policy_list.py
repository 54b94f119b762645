"""The rules of policy/ as people look at them: what holds now, what is to come, what has ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liftlock.core.moments import ALWAYS
from liftlock.core.policy import Freeze, Hold, Policy, Rule, Veto
from liftlock.core.policy_change import environments_of, has_ended, rules_in


class RuleState(StrEnum):
    """Whether a rule counts at a moment."""

    HOLDS = "holds"
    TO_COME = "to-come"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StandingRule:
    """One rule at a moment. kind: freezes, vetoes or holds; environments: () for all; about: what of them, in words."""

    kind: str
    id: str
    state: RuleState
    environments: tuple[str, ...]
    about: str
    start: datetime | None
    until: datetime | None
    zone: str
    reason: str
    owner: str


def standing_rules(policy: Policy, now: datetime) -> tuple[StandingRule, ...]:
    """Every rule: those that hold first, then those to come, then those that have ended; the strongest kind first among them."""
    found = [_standing(kind, rule, now) for kind in ("vetoes", "freezes", "holds") for rule in rules_in(policy, kind)]
    return tuple(sorted(found, key=lambda rule: list(RuleState).index(rule.state)))


def _standing(kind: str, rule: Rule, now: datetime) -> StandingRule:
    start = rule.start if isinstance(rule, Freeze) and rule.start != ALWAYS else None
    state = RuleState.ENDED if has_ended(rule, now) else RuleState.TO_COME if start is not None and start > now else RuleState.HOLDS
    return StandingRule(kind, rule.id, state, environments_of(rule), _about(rule), start, rule.until, rule.zone, rule.reason, rule.owner)


def _about(rule: Rule) -> str:
    match rule:
        case Freeze():
            return (", ".join(rule.services) or "every service") + (", hotfixes may pass" if rule.hotfix else "")
        case Veto():
            return rule.release or rule.digest or ""
        case Hold():
            pinned = f", but {rule.image} may enter" if rule.image else ""
            return (rule.service or "every service") + pinned
