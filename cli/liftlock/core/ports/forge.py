"""Git, forge, ledger and registry: where declarations, pull requests, facts and images are."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from liftlock.core.errors import UsageError
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Entry, Record

_IDENTITY = re.compile(r"(?P<name>[^<>\x00-\x1f]*[^<>\s\x00-\x1f]) *<(?P<email>[^<>\s\x00-\x1f]+)>")


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a registry knows of an image: its digest, and from its labels the source commit (org.opencontainers.image.revision)."""

    image: ImageRef
    commit: str | None


class Registry(Protocol):
    """An OCI distribution registry."""

    def resolve(self, repository: str, reference: str) -> ImageFacts | None:
        """What the tag or digest names now; None where the registry answers that it has no such thing."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or bot: who did something."""

    name: str
    email: str

    @classmethod
    def parse(cls, text: str) -> Identity:
        """The identity that `NAME <EMAIL>` spells; UsageError for anything else."""
        match = _IDENTITY.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} does not name a person", hint='write it as "NAME <EMAIL>"')
        return cls(match["name"], match["email"])

    @property
    def key(self) -> str:
        """What tells two people apart: the address, whatever its case."""
        return self.email.casefold()

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


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


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request in the words that all forges share. head and base are branch names, commit is the head's hash."""

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


class Forge(Protocol):
    """Where pull requests are opened, reviewed and merged."""

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
        """Merges with a merge commit and deletes the head branch; ConflictError where the head is not `commit` any more or conflicts.

        One that is merged already is returned as it is.
        """
        ...

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes without merging, with the reason as comment, and deletes the head branch."""
        ...


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """One commit. paths: the files that differ from its first parent (from nothing for a first commit)."""

    commit: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    message: str
    paths: tuple[PurePosixPath, ...]


class Repository(Protocol):
    """The environments repository as Git sees it."""

    def fetch(self) -> None:
        """Brings the forge's branches here."""
        ...

    def head(self, branch: str) -> str:
        """The commit at the tip of the forge's branch; UsageError where there is no such branch."""
        ...

    def read(self, commit: str, path: PurePosixPath) -> str | None:
        """The file's text at the commit; None where it is not there."""
        ...

    def commit_files(
        self, *, base: str, branch: str, files: Mapping[PurePosixPath, str], message: str, author: Identity, force: bool = False
    ) -> str:
        """Exactly one commit on top of commit `base` with these files' new texts, pushed as `branch`; its hash.

        ConflictError where the forge's branch moved and `force` is off. The work tree is not touched.
        With `force` the branch is replaced, but only from the tip that was last fetched.
        """
        ...

    def commit(self, commit: str) -> CommitFacts:
        """What is known of the commit; UsageError where it is not here."""
        ...

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        """Whether `commit` contains `ancestor`; a commit contains itself."""
        ...

    def introducers(self, commit: str, folder: PurePosixPath, texts: Collection[str]) -> Mapping[str, tuple[Identity, ...]]:
        """For each text, author and committer of the oldest commit up to `commit` that added a line holding it to a file of the folder."""
        ...


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The local checkout: branch (None: detached), its commit (None: no commit yet), and whether something is uncommitted."""

    branch: str | None
    commit: str | None
    dirty: bool


class Checkout(Protocol):
    """The clone on this machine, where a person works."""

    def work_tree_state(self) -> WorkTree:
        """What is checked out."""
        ...

    def fast_forward(self, base: str) -> str | None:
        """Brings the checkout to the forge's `base` as last fetched; the reason where it is left as it is."""
        ...


class Ledger(Protocol):
    """The append-only record of facts, on the branch liftlock/ledger."""

    def append(self, entries: Sequence[Entry]) -> Sequence[Record]:
        """Chains the entries behind what the forge has and pushes; a race with another writer is retried, never lost."""
        ...

    def records(self) -> Sequence[Record]:
        """All records in order, from the forge's state as last fetched."""
        ...
