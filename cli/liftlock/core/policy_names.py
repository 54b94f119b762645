"""Whether a change of policy names what is there: declared environments and services, rules that can be lifted by that name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from liftlock.core.config.entries import Known
from liftlock.core.config.suggestions import unknown
from liftlock.core.errors import UsageError
from liftlock.core.policy import Freeze, Hold, Policy, Rule, Veto
from liftlock.core.policy_change import LiftRules, PolicyRequest, SetRule, environments_of, freezes_of_all


def check_named(request: PolicyRequest, policy: Policy, known: Known, now: datetime) -> None:
    """UsageError where the words of the request name nothing that is declared, or a part of a rule that can only be lifted as a whole."""
    match request:
        case SetRule():
            _declared("environment", environments_of(request.rule), known.environments)
            _declared("service", _services_of(request.rule), known.services)
        case LiftRules():
            if request.target == "freezes" and request.named in known.environments:
                _of_its_own(request.named, policy, now)


def _services_of(rule: Rule) -> tuple[str, ...]:
    match rule:
        case Freeze():
            return rule.services
        case Hold():
            return (rule.service,) if rule.service else ()
        case Veto():
            return ()


def _declared(kind: str, names: Sequence[str], valid: Collection[str]) -> None:
    for name in names:
        if name not in valid:
            raise UsageError(
                unknown(kind, name, valid), hint="environments/ and liftlock.yaml say what there is; run: liftlock config validate"
            )


def _of_its_own(environment: str, policy: Policy, now: datetime) -> None:
    """An environment that is frozen with all others is not thawed alone: saying that nothing is to be done would be wrong."""
    everywhere = freezes_of_all(policy, now)
    own = any(environment in rule.environments or rule.id == environment for rule in policy.freezes)
    if everywhere and not own:
        names = ", ".join(rule.id for rule in everywhere)
        raise UsageError(f"{environment} has no freeze of its own: every environment is frozen by {names}",
                         hint=f"end it for all of them: liftlock thaw {everywhere[0].id} --reason …")  # fmt: skip
