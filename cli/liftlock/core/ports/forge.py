"""The forge: where pull requests are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from liftlock.core.ports.people import Identity


class PullState(StrEnum):
    """Where a pull request is in its life."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Review:
    """One person's verdict on one head commit; a later commit does not inherit it."""

    reviewer: Identity
    approved: bool
    commit: str
    at: datetime


class CheckState(StrEnum):
    """What a check says of a commit."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """The latest word of one check (a commit status or a check run) on the head commit."""

    name: str
    state: CheckState
    url: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request in the words that all forges share. head and base are branch names, commit is the head's hash.

    reviews, checks and contributors are complete where one pull request was asked for; a list may leave them out, unless `whole` says
    that it did not.
    contributors: the accounts that the forge knows behind the authors and committers of its commits.
    queued: it will be merged by the forge itself (merge queue, auto-merge) and is still open.
    """

    number: int
    title: str
    body: str
    head: str
    base: str
    commit: str
    author: Identity
    state: PullState
    url: str
    reviews: tuple[Review, ...] = ()
    merge_commit: str | None = None
    checks: tuple[Check, ...] = ()
    labels: tuple[str, ...] = ()
    contributors: tuple[Identity, ...] = ()
    queued: bool = False
    opened_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: Identity | None = None
    whole: bool = False


class Forge(Protocol):
    """Where pull requests are opened, reviewed and merged.

    A forge with accounts acts as the account of its token: there `author`, `reviewer` and `by` only say who is expected to act, and the
    result names the account. Each method may be repeated: what is done already is found, not done twice.
    """

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        """All pull requests, or those in one state, by number."""
        ...

    def pull(self, number: int) -> PullRequest:
        """The pull request; UsageError where there is none of that number."""
        ...

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        """A new pull request for a pushed branch; ConflictError where one is open for the same head and base."""
        ...

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        """The same pull request with another title and body."""
        ...

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        """Records the verdict on exactly this commit; ConflictError where the head has moved on."""
        ...

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        """Merges and deletes the head branch; ConflictError where the head is not `commit` any more or conflicts.

        One that is merged already is returned as it is; one that the forge put into its queue comes back open, with `queued` set.
        PolicyError where a rule of the forge (protection, required review or check) forbids it.
        """
        ...

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes without merging, with the reason as comment, and deletes the head branch."""
        ...

    def set_status(self, commit: str, check: Check) -> None:
        """Says on the commit what the check found; the latest word of one name counts. UsageError where the commit is not on the forge."""
        ...
