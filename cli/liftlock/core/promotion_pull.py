"""What is special about a promotion's pull request: its branch, and who may not approve it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from liftlock.core import proposal
from liftlock.core.gates.review import Exclusion
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.people import spelled_identity
from liftlock.core.ports import CommitFacts, Identity, PullRequest
from liftlock.core.proposal import ProposalKind, ReleaseEdit
from liftlock.core.proposal_pull import BranchCondition, ProposalPull
from liftlock.core.release import ReleasedImage
from liftlock.core.trailers import read_trailers

RELEASES, release_path = proposal.RELEASES, proposal.release_path
PromotionPull = ProposalPull

__all__ = ["RELEASES", "BranchCondition", "PromotionPull", "branch_name", "exclusions", "release_path"]


def branch_name(target: str, images: Mapping[str, ReleasedImage], kind: ProposalKind = ProposalKind.PROMOTE) -> str:
    """The branch of exactly this change of this target, whoever makes it and whenever."""
    return proposal.branch_name(kind, target, [ReleaseEdit(target, images)])


def exclusions(
    pull: PullRequest, head: CommitFacts, introducers: Mapping[str, Sequence[Identity]], records: Iterable[Record]
) -> tuple[Exclusion, ...]:
    """Who may not approve, the strongest reason first: whoever made or asked for the change, or brought its images in.

    introducers: `sha256:…` of each new image -> who first wrote it into a release file. records: the ledger, for who recorded them.
    A bot that opens the pull request hides nobody: the commit says who asked for it.
    """
    asked = read_trailers(head.message).get("Liftlock-Requested-by", ())
    found = [Exclusion(pull.author, "opened the pull request")]
    found += [Exclusion(spelled_identity(text), "asked for the change") for text in asked]
    found += [Exclusion(person, "wrote the commit") for person in (head.author, head.committer)]
    found += [Exclusion(person, "has a commit in it") for person in pull.contributors]
    for record in records:
        if record.entry.fact is Fact.RECORDED:
            digests = {image.rpartition("@")[2] for image in images_of(record.entry).values()}
            if not digests.isdisjoint(introducers):
                found.append(Exclusion(spelled_identity(record.entry.actor), f"recorded an image of it for {record.entry.environment}"))
    wrote = (person for people in introducers.values() for person in people)
    found += [Exclusion(person, "wrote an image of it into a release file") for person in wrote]
    return tuple(dict.fromkeys(found))
