"""A change of policy, decided: from what is asked for and what policy/ says on the base to the edits that are missing. Pure.

What makes things stricter is a rule more; what loosens them is one less, and asks for a second person. Asking again gives no edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from liftlock.core.config.suggestions import nearest
from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.moments import moment_text
from liftlock.core.policy import Freeze, Hold, Policy, Rule, Veto
from liftlock.core.policy_edit import kind_of
from liftlock.core.policy_file import policy_path
from liftlock.core.proposal import AddRule, PolicyEdit, RemoveRule
from liftlock.core.proposal_pull import ProposalPull


@dataclass(frozen=True, slots=True)
class SetRule:
    """A rule is to hold. relative: its end was given as a length of time, so that asking again means the one that is there."""

    rule: Rule
    relative: bool = False

    @property
    def target(self) -> str:
        """The kind of rule."""
        return kind_of(self.rule)


@dataclass(frozen=True, slots=True)
class LiftRules:
    """Rules are to hold no longer. target: the kind; named: an id, or what the rules are about (an environment, a release, a digest)."""

    target: str
    named: str
    reason: str


PolicyRequest = SetRule | LiftRules


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What a request comes to on one policy. edits: () where it is so already, and note says how. loosens: something is allowed by it."""

    target: str
    title: str
    reason: str
    edits: tuple[PolicyEdit, ...]
    loosens: bool
    note: str | None = None


def has_ended(rule: Rule, now: datetime) -> bool:
    """Whether the rule holds no more."""
    return rule.until is not None and rule.until <= now


def rules_in(policy: Policy, kind: str) -> tuple[Rule, ...]:
    """The policy's rules of one kind, in the order of their file."""
    return policy.freezes if kind == "freezes" else policy.vetoes if kind == "vetoes" else policy.holds


def environments_of(rule: Rule) -> tuple[str, ...]:
    """The environments that a rule is about; () for all."""
    return (rule.environment,) if isinstance(rule, Hold) else rule.environments


def change_environments(edits: Sequence[PolicyEdit]) -> tuple[str, ...]:
    """The environments that the rules which these edits set are about; () where one is about all, or none is set."""
    found = [environments_of(edit.rule) for edit in edits if isinstance(edit, AddRule)]
    return tuple(dict.fromkeys(name for names in found for name in names)) if all(found) else ()


def freezes_of_all(policy: Policy, now: datetime) -> tuple[Freeze, ...]:
    """The freezes of every environment that have not ended."""
    return tuple(rule for rule in policy.freezes if not rule.environments and not has_ended(rule, now))


def plan_policy_change(request: PolicyRequest, policy: Policy, now: datetime) -> PolicyChange:
    """What the request takes. ConflictError where another rule has the name; UsageError where nothing can be meant."""
    match request:
        case SetRule():
            return _set_rule(request, policy, now)
        case LiftRules():
            return _lift_rules(request, policy, now)


def in_flight(request: PolicyRequest, pulls: Sequence[ProposalPull]) -> PolicyRequest:
    """The request as an open pull request has it already, where its end was given as a length of time."""
    if not isinstance(request, SetRule) or not request.relative:
        return request
    proposed = (edit.rule for found in pulls for edit in found.edits if isinstance(edit, AddRule))
    same = next((rule for rule in proposed if rule.id == request.rule.id and same_rule(rule, request.rule, relative=True)), None)
    return replace(request, rule=same) if same is not None else request


def change_of(edits: Sequence[PolicyEdit], policy: Policy, reason: str, now: datetime) -> PolicyChange:
    """The change that these edits of a branch are, on the policy that they are made on."""
    added = [edit.rule for edit in edits if isinstance(edit, AddRule)]
    removed = [edit for edit in edits if isinstance(edit, RemoveRule)]
    target = kind_of(added[0]) if added else removed[0].kind
    gone = [rule for rule in rules_in(policy, target) if rule.id in {edit.id for edit in removed} and not has_ended(rule, now)]
    title = _setting(added[0]) if added and not gone else _lifting(target, gone or removed)
    return PolicyChange(target, title, reason, tuple(edits), bool(gone))


def same_rule(one: Rule, other: Rule, *, relative: bool) -> bool:
    """Whether two rules forbid the same, whoever says why. relative: their ends do not count."""
    return _matter(one) == _matter(other) and (relative or one.until == other.until)


def _matter(rule: Rule) -> tuple[object, ...]:
    match rule:
        case Freeze():
            return rule.environments, rule.services, rule.start, rule.hotfix
        case Veto():
            return rule.release, rule.digest, rule.environments
        case Hold():
            return rule.environment, rule.service, rule.image, rule.rollback


def _set_rule(request: SetRule, policy: Policy, now: datetime) -> PolicyChange:
    rule, kind = request.rule, request.target
    known = next((found for found in rules_in(policy, kind) if found.id == rule.id), None)
    title = _setting(rule)
    if known is None:
        return PolicyChange(kind, title, rule.reason, (AddRule(rule),), loosens=False)
    if has_ended(known, now):
        return PolicyChange(kind, title, rule.reason, (RemoveRule(kind, rule.id), AddRule(rule)), loosens=False)
    if not same_rule(known, rule, relative=request.relative):
        raise ConflictError(
            f"{policy_path(kind)} has another entry with the id {rule.id}", hint="lift it first, or give this one --id NAME"
        )
    note = f"{policy_path(kind)} says so already: {known.id}, {_until(known)}, {known.reason} ({known.owner})"
    return PolicyChange(kind, title, rule.reason, (), loosens=False, note=note)


def _lift_rules(request: LiftRules, policy: Policy, now: datetime) -> PolicyChange:
    kind, named = request.target, request.named
    rules = rules_in(policy, kind)
    found = [rule for rule in rules if rule.id == named] or [rule for rule in rules if _is_about(rule, named) and not has_ended(rule, now)]
    if not found:
        close = nearest(named, [rule.id for rule in rules])
        if close is not None:
            raise UsageError(f"there is no {_ONE[kind]} of {named}", hint=f'did you mean "{close}"? liftlock policy list shows what holds')
        return PolicyChange(
            kind, f"Lift {named}", request.reason, (), loosens=False, note=f"no {_ONE[kind]} of {named} holds; run: liftlock policy list"
        )
    edits: list[PolicyEdit] = [RemoveRule(kind, rule.id) for rule in found]
    for rule in found:
        rest = tuple(name for name in environments_of(rule) if name != named)
        if rule.id != named and isinstance(rule, Freeze | Veto) and rest and rest != rule.environments:
            edits.append(AddRule(replace(rule, environments=rest)))
    loosens = any(not has_ended(rule, now) for rule in found)
    left = [rule.id for rule in freezes_of_all(policy, now) if rule not in found] if kind == "freezes" else []
    note = f"every environment stays frozen by {', '.join(left)}" if left else None
    return PolicyChange(kind, _lifting(kind, found), request.reason, tuple(edits), loosens, note)


def _is_about(rule: Rule, named: str) -> bool:
    match rule:
        case Freeze():
            return named in rule.environments
        case Veto():
            return named in (rule.release, rule.digest)
        case Hold():
            return named == rule.environment


_ONE = {"freezes": "freeze", "vetoes": "veto", "holds": "hold"}
_LIFT = {"freezes": "Thaw", "vetoes": "Lift the veto", "holds": "Release"}


def _setting(rule: Rule) -> str:
    """The title of a change that sets the rule."""
    match rule:
        case Freeze():
            what = f"Freeze {_names(rule.environments)}" + (f" ({', '.join(rule.services)})" if rule.services else "")
        case Veto():
            what = f"Veto {rule.release or (rule.digest or '')[:19]}" + (f" in {', '.join(rule.environments)}" if rule.environments else "")
        case Hold():
            what = f"Hold {rule.environment}" + (f" ({rule.service})" if rule.service else "")
    return f"{what} {_until(rule)}" if rule.until else what


def _lifting(kind: str, rules: Sequence[Rule | RemoveRule]) -> str:
    return f"{_LIFT[kind]} {', '.join(rule.id for rule in rules)}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "every environment"


def _until(rule: Rule) -> str:
    return f"until {moment_text(rule.until, rule.zone)}" if rule.until else "without end"
