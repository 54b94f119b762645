"""A measure: what people decide by themselves, not what evidence allows. A change of policy, or a rollback. Pure.

Like a promotion it is one pull request made of edits; unlike one, what it asks for is in its edits and nowhere else, so that it is judged
again from its branch alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liftlock.core.gates.result import GateResult
from liftlock.core.policy_edit import kind_of, rule_values
from liftlock.core.ports import Identity
from liftlock.core.promotion_messages import named
from liftlock.core.proposal import (
    Action,
    AddRule,
    Adopt,
    Close,
    Edit,
    LeaveAlone,
    Open,
    PolicyEdit,
    ProposalKind,
    RemoveRule,
    Texts,
    Update,
    apply_edits,
    branch_name,
    edit_values,
    find_edits,
    released_images,
)
from liftlock.core.proposal_pull import BranchCondition, ProposalPull
from liftlock.core.pull_request_body import Metadata
from liftlock.core.trailers import message, metadata_trailers, trailer


@dataclass(frozen=True, slots=True)
class Measure:
    """edits: what it takes on the present base; () where it is so already, and note says how. lines: the changes, in words.

    approvals: how many people other than its makers must agree. release: what the target will run, for a rollback.
    """

    kind: ProposalKind
    target: str
    title: str
    reason: str
    edits: tuple[Edit, ...]
    lines: tuple[str, ...] = ()
    approvals: int = 0
    release: str | None = None
    note: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def branch(self) -> str:
        """The branch of exactly these edits."""
        return branch_name(self.kind, self.target, self.edits)

    @property
    def digest(self) -> str:
        """Names what is changed and why, whatever it is made on."""
        return measure_digest(self.kind, self.target, self.edits, self.reason)

    @property
    def metadata(self) -> Metadata:
        """What the pull request carries."""
        images = released_images(self.edits, self.target)
        return Metadata("", self.target, self.digest, None, images, self.kind, {**self.parameters, "reason": self.reason})


def measure_digest(kind: ProposalKind, target: str, edits: Sequence[Edit], reason: str) -> str:
    """See Measure.digest; the reason counts word for word, not space for space."""
    body = {"kind": kind, "target": target, "edits": [edit_values(edit) for edit in edits], "reason": " ".join(reason.split())}
    return "plan-" + hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def effective_edits(texts: Texts, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits that really change the texts, in the one order in which a branch is read."""
    return find_edits(texts, {**texts, **apply_edits(texts, edits)})


def measure_actions(measure: Measure, pulls: Sequence[ProposalPull]) -> tuple[Action, ...]:
    """What is missing to have exactly one open pull request for the measure. pulls: the open ones of its kind and target, and those
    of other kinds that it replaces."""
    if not measure.edits:
        return ()
    mine = next((found for found in pulls if found.pull.head == measure.branch), None)
    first: Action = Open(measure.branch) if mine is None else _own_action(measure, mine)
    others = sorted((found for found in pulls if found is not mine), key=lambda found: found.pull.number)
    return (first, *(_closing(found) for found in others if _replaces(measure, found)))


def measure_lines(measure: Measure) -> tuple[str, ...]:
    """Each change in words: the images as they were planned, then the rules as they are written."""
    lines = list(measure.lines)
    for edit in measure.edits:
        if isinstance(edit, AddRule | RemoveRule):
            lines.append(f"- {rule_line(edit)}")
    return tuple(lines)


def rule_line(edit: PolicyEdit) -> str:
    """A change of policy in words, as the file has them."""
    match edit:
        case AddRule(rule=rule):
            said = ", ".join(f"{key}: {value}" for key, value in rule_values(rule).items())
            return f"{kind_of(rule)}: set {said}"
        case RemoveRule(kind=kind, id=name):
            return f"{kind}: take out {name}"


def commit_message(measure: Measure, people: Sequence[Identity]) -> str:
    """The branch's one commit. people: who does it, and who made CI do it."""
    asked = dict.fromkeys(named(person) for person in people)
    trailers = [*metadata_trailers(measure.metadata), *(trailer("Liftlock-Requested-by", person) for person in asked)]
    trailers = [trailer("Liftlock-Release", measure.release), *trailers] if measure.release else trailers
    return message(measure.title, [*measure_lines(measure), "", " ".join(measure.reason.split())], trailers)


def merge_message(measure: Measure, number: int, gates: Sequence[GateResult], approvers: Sequence[str], requesters: Sequence[str]) -> str:
    """The merge commit: what was decided, through which gates, who asked for it and who approved."""
    passed = ", ".join(f"{gate.key}={gate.phase.value}" for gate in gates) or "none"
    trailers = [trailer("Liftlock-Release", measure.release)] if measure.release else []
    trailers += [*metadata_trailers(measure.metadata), trailer("Liftlock-Gates", passed)]
    trailers += [trailer("Liftlock-Requested-by", person) for person in requesters]
    trailers += [trailer("Approved-by", person) for person in approvers]
    return message(f"{measure.title} (#{number})", measure_lines(measure), trailers)


def _own_action(measure: Measure, mine: ProposalPull) -> Action:
    number = mine.pull.number
    if mine.condition is BranchCondition.EDITED:
        return LeaveAlone(number, mine.reason, hinders=True)
    if mine.condition is not BranchCondition.INTACT:
        return Update(number, measure.branch, mine.reason)
    if mine.metadata is None or mine.metadata.plan != measure.digest:
        return Update(number, measure.branch, "it is asked for with another reason")
    return Adopt(number)


def _replaces(measure: Measure, found: ProposalPull) -> bool:
    """Another rollback of the environment, a promotion of what is rolled back, or a rule of the same name."""
    if measure.kind is ProposalKind.ROLLBACK:
        return not set(found.changes).isdisjoint(measure.metadata.changes)
    return not _rule_ids(found.edits).isdisjoint(_rule_ids(measure.edits))


def _closing(found: ProposalPull) -> Action:
    if found.condition is BranchCondition.EDITED:
        return LeaveAlone(found.pull.number, found.reason, hinders=False)
    return Close(found.pull.number, "superseded")


def _rule_ids(edits: Sequence[Edit]) -> set[str]:
    return {edit.rule.id for edit in edits if isinstance(edit, AddRule)}
