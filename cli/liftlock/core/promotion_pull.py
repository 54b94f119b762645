"""A promotion's pull request as it is found: whose branch it is, what it really changes, and who may not approve it. Pure.

What counts is the branch's own content, never what a body or a message claims.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from liftlock.core.errors import ConfigError
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.ports import CommitFacts, Identity, PullRequest
from liftlock.core.pull_request_body import Metadata, decode_metadata
from liftlock.core.release import ReleasedImage
from liftlock.core.release_file import edit_release, parse_release

RELEASES = PurePosixPath("releases")


class BranchCondition(StrEnum):
    """INTACT: one commit of ours on the base. OUTDATED: the same, but the base has another release file by now. EDITED: somebody's work."""

    INTACT = "intact"
    OUTDATED = "outdated"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """What Git holds of a pull request's branch. on_base: its only parent is a commit of the base branch.

    before, after, current: the target's release file at the parent, at the head, and at the base branch's tip.
    """

    head: CommitFacts
    on_base: bool
    before: str | None
    after: str | None
    current: str | None


@dataclass(frozen=True, slots=True)
class PromotionPull:
    """An open pull request of ours. changes: service -> new image, as the branch really has them; reason: why it is not intact."""

    pull: PullRequest
    metadata: Metadata | None
    condition: BranchCondition
    reason: str
    changes: Mapping[str, ReleasedImage]


def release_path(environment: str) -> PurePosixPath:
    """Where an environment's release is declared."""
    return RELEASES / f"{environment}.yaml"


def branch_name(target: str, images: Mapping[str, ReleasedImage]) -> str:
    """The branch of exactly this change of this target, whoever makes it and whenever."""
    change = {"target": target, "services": {name: str(new.image) for name, new in images.items()}}
    digest = hashlib.sha256(json.dumps(change, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"liftlock/promote-{target}-{digest[:12]}"


def is_promotion_into(target: str, branch: str) -> bool:
    """Whether the branch's name is one that branch_name gives for the target."""
    return re.fullmatch(rf"liftlock/promote-{re.escape(target)}-[0-9a-f]{{12}}", branch) is not None


def judge_branch(pull: PullRequest, target: str, facts: BranchFacts) -> PromotionPull:
    """The pull request with the truth about its branch.

    A branch is ours when it is one commit on the base that edits only the target's release file, exactly as we would have done it, to
    the images that the branch's name stands for.
    """
    changes, reason = branch_changes(pull.head, target, facts)
    metadata = decode_metadata(pull.body)
    if reason is not None:
        by = f"{reason} (by {facts.head.author})"
        return PromotionPull(pull, metadata, BranchCondition.EDITED, by, changes or (metadata.changes if metadata else {}))
    if facts.before != facts.current:
        return PromotionPull(pull, metadata, BranchCondition.OUTDATED, f"{release_path(target)} has changed since on {pull.base}", changes)
    return PromotionPull(pull, metadata, BranchCondition.INTACT, "", changes)


def branch_changes(branch: str, target: str, facts: BranchFacts) -> tuple[Mapping[str, ReleasedImage], str | None]:
    """service -> new image as the branch has it, and why the branch is not ours; None where it is."""
    path = release_path(target)
    if len(facts.head.parents) != 1 or not facts.on_base:
        return {}, f"{branch} has commits that liftlock did not make"
    if facts.head.paths != (path,):
        return {}, f"{branch} changes other files than {path}"
    try:
        before = parse_release(facts.before or "", str(path)).services
        after = parse_release(facts.after or "", str(path)).services
        changes = {name: new for name, new in after.items() if before.get(name) != new}
        expected = edit_release(facts.before, changes)
    except ConfigError as err:
        return {}, f"{path} on {branch} cannot be read: {err.message}"
    images = {name: new for name, new in changes.items() if name not in before or before[name].image != new.image}
    if expected != facts.after or branch_name(target, images) != branch:
        return changes, f"{path} on {branch} is not what the branch was made for"
    return changes, None


def excluded_approvers(
    pull: PullRequest, head: CommitFacts, introducers: Mapping[str, Sequence[Identity]], records: Iterable[Record]
) -> dict[str, str]:
    """A person's key -> why that person's approval does not count: whoever made the change or brought its images in.

    introducers: `sha256:…` of each new image -> who first wrote it into a release file. records: the ledger, for who recorded them.
    """
    reasons: dict[str, str] = {}
    for record in records:
        digests = {image.rpartition("@")[2] for image in images_of(record.entry).values()}
        if record.entry.fact is Fact.RECORDED and not digests.isdisjoint(introducers):
            reasons.setdefault(_actor_key(record.entry.actor), f"recorded an image of it for {record.entry.environment}")
    for people in introducers.values():
        reasons.update({person.key: "wrote an image of it into a release file" for person in people if person.key not in reasons})
    reasons |= {person.key: "wrote the commit" for person in (head.author, head.committer)}
    reasons[pull.author.key] = "opened the pull request"
    return reasons


def _actor_key(actor: str) -> str:
    return actor.rpartition("<")[2].rstrip(">").casefold()
