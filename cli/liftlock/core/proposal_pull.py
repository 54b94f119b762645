"""A pull request of ours as it is found: whose branch it is, and what it really changes. Pure.

What counts is the branch's own content, never what a body or a message claims.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from liftlock.core.errors import LiftlockError
from liftlock.core.ports import CommitFacts, PullRequest
from liftlock.core.proposal import (
    Edit,
    ProposalKind,
    Texts,
    apply_edits,
    branch_name,
    find_edits,
    released_images,
    writable_paths,
)
from liftlock.core.pull_request_body import Metadata, decode_metadata, says_the_same
from liftlock.core.release import ReleasedImage
from liftlock.core.trailers import read_metadata


class BranchCondition(StrEnum):
    """INTACT: one commit of ours on the base, described as it is. OUTDATED: it has to be made anew. EDITED: somebody's work.

    BEHIND: a promotion that is intact, but its files have changed since on the base: perhaps in what it is not about.
    """

    INTACT = "intact"
    BEHIND = "behind"
    OUTDATED = "outdated"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """What Git holds of a pull request's branch. on_base: its only parent is a commit of the base branch.

    before, after, current: the files that such a proposal may change, at the parent, at the head, and at the base branch's tip.
    """

    head: CommitFacts
    on_base: bool
    before: Texts
    after: Texts
    current: Texts


@dataclass(frozen=True, slots=True)
class ProposalPull:
    """An open pull request of ours. edits: what the branch really changes; reason: why it is not intact."""

    pull: PullRequest
    kind: ProposalKind
    target: str
    metadata: Metadata | None
    condition: BranchCondition
    reason: str
    edits: tuple[Edit, ...] = ()

    @property
    def changes(self) -> Mapping[str, ReleasedImage]:
        """service -> new image in the target; for somebody's branch that cannot be read, what its body claims."""
        found = released_images(self.edits, self.target)
        return found if found or self.metadata is None or self.condition is not BranchCondition.EDITED else self.metadata.changes


def judge_branch(pull: PullRequest, kind: ProposalKind, target: str, facts: BranchFacts) -> ProposalPull:
    """The pull request with the truth about its branch.

    A branch is ours when it is one commit on the base, by one and the same author and committer, that edits only the files of its kind,
    exactly as we would have done it, and its name stands for these edits. The commit says what was asked for, and the body repeats it.
    """
    edits, reason = branch_edits(pull.head, kind, target, facts)
    claimed = decode_metadata(pull.body)
    asked = read_metadata(facts.head.message, released_images(edits, target))
    found = ProposalPull(pull, kind, target, asked or claimed, BranchCondition.INTACT, "", edits)
    if reason is not None:
        return replace(found, condition=BranchCondition.EDITED, reason=f"{reason} (by {_by(facts.head)})")
    changed = [str(path) for path in facts.head.paths if facts.before[path] != facts.current[path]]
    condition = BranchCondition.OUTDATED
    if asked is not None and (asked.kind, asked.target) != (kind, target):
        reason = "its commit says that it is for something else"
    elif claimed is None or not (_is_first(claimed, kind, target) if asked is None else says_the_same(claimed, asked)):
        reason = "its description does not say what it does"
    elif changed:
        reason = f"{', '.join(changed)} {'has' if len(changed) == 1 else 'have'} changed since on {pull.base}"
        condition = BranchCondition.BEHIND if kind in (ProposalKind.PROMOTE, ProposalKind.HOTFIX) else condition
    return replace(found, condition=condition, reason=reason) if reason else found


def _is_first(claimed: Metadata, kind: ProposalKind, target: str) -> bool:
    """Whether it is all that the first version of liftlock could propose: its commits said nothing, and a body opens no other lane."""
    return kind is claimed.kind is ProposalKind.PROMOTE and claimed.target == target and not claimed.parameters


def branch_edits(branch: str, kind: ProposalKind, target: str, facts: BranchFacts) -> tuple[tuple[Edit, ...], str | None]:
    """The edits as the branch has them, and why the branch is not ours; None where it is."""
    if len(facts.head.parents) != 1 or not facts.on_base:
        return (), f"{branch} has commits that liftlock did not make"
    allowed = writable_paths(kind, target)
    others = [str(path) for path in facts.head.paths if path not in allowed]
    if others or not facts.head.paths:
        return (), f"{branch} changes other files than {', '.join(sorted(map(str, allowed)))}"
    try:
        edits = find_edits(facts.before, facts.after)
        expected = {**facts.before, **apply_edits(facts.before, edits)}
    except LiftlockError as err:
        return (), f"{branch} cannot be read: {err.message}"
    if any(facts.after[path] != expected[path] for path in expected) or branch not in (
        branch_name(kind, target, edits),
        _first_name(target, edits),
    ):
        return edits, f"{', '.join(map(str, facts.head.paths))} on {branch} is not what the branch was made for"
    if facts.head.author.key != facts.head.committer.key:
        return edits, f"the commit on {branch} was written by {facts.head.author} and made by somebody else"
    return edits, None


def _first_name(target: str, edits: Sequence[Edit]) -> str:
    """What the first version of liftlock called the branch of a promotion."""
    change = {"target": target, "services": {name: str(new.image) for name, new in released_images(edits, target).items()}}
    digest = hashlib.sha256(json.dumps(change, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"liftlock/promote-{target}-{digest[:12]}"


def _by(head: CommitFacts) -> str:
    return str(head.author) if head.author.key == head.committer.key else f"{head.author} and {head.committer}"
