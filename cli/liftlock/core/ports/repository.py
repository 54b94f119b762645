"""Git, ledger and registry: where declarations, facts and images are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from liftlock.core.image import ImageRef
from liftlock.core.ledger import Entry, Record
from liftlock.core.ports.people import Identity


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

    def commits(self, commits: Collection[str]) -> Mapping[str, CommitFacts]:
        """What is known of each of the commits, as of one at a time but all at once; UsageError where one is not here."""
        ...

    def contained(self, commits: Collection[str], within: str) -> frozenset[str]:
        """Those of the commits that `within` contains."""
        ...

    def texts(self, places: Collection[tuple[str, PurePosixPath]]) -> Mapping[tuple[str, PurePosixPath], str]:
        """The files' texts at (commit, path), those left out that are not there. The same text is the same object."""
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

    def append(self, entries: Sequence[Entry], *, unless: Callable[[Sequence[Record]], bool] | None = None) -> Sequence[Record]:
        """Chains the entries behind what the forge has and pushes; a race with another writer is retried, never lost.

        unless: asked of the records that they would stand behind, each time anew; where it holds, nothing is written.
        """
        ...

    def records(self) -> Sequence[Record]:
        """All records in order, from the forge's state as last fetched."""
        ...

    def verify(self) -> Sequence[Record]:
        """The same, every record parsed and nothing taken on trust; BrokenLedgerError where the ledger is not whole."""
        ...
