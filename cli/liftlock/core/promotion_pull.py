"""What is special about a promotion's pull request: its branch, and who may not approve it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from liftlock.core import proposal
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.ports import CommitFacts, Identity, PullRequest
from liftlock.core.proposal import ProposalKind, ReleaseEdit
from liftlock.core.proposal_pull import BranchCondition, ProposalPull
from liftlock.core.release import ReleasedImage

RELEASES, release_path = proposal.RELEASES, proposal.release_path
PromotionPull = ProposalPull

__all__ = ["RELEASES", "BranchCondition", "PromotionPull", "branch_name", "excluded_approvers", "release_path"]


def branch_name(target: str, images: Mapping[str, ReleasedImage], kind: ProposalKind = ProposalKind.PROMOTE) -> str:
    """The branch of exactly this change of this target, whoever makes it and whenever."""
    return proposal.branch_name(kind, target, [ReleaseEdit(target, images)])


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
