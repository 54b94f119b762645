"""Who may not approve a pull request of ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from liftlock.core.gates.review import Exclusion
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.people import spelled_identity
from liftlock.core.ports import CommitFacts, Identity, PullRequest
from liftlock.core.trailers import read_trailers


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
