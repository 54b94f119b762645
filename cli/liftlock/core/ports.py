"""The ports: what the services need of the world. Adapters implement them; fakes in tests/ stand beside a contract test.

Every method may raise UnavailableError when its part does not answer; other errors are named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from liftlock.core.errors import UsageError
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Entry, Json, Record

_IDENTITY = re.compile(r"(?P<name>[^<>\x00-\x1f]*[^<>\s\x00-\x1f]) *<(?P<email>[^<>\s\x00-\x1f]+)>")


class Clock(Protocol):
    """The time, injected."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Progress(Protocol):
    """What a person watches on stderr while work goes on; never results, never secrets."""

    def step(self, text: str) -> None:
        """A step begins: one line."""
        ...

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        """Part `name` of the present step is now in `state` (a live line in a terminal, a plain line elsewhere)."""
        ...

    def warn(self, text: str) -> None:
        """Something a person should know, though work goes on."""
        ...


# --- registry -------------------------------------------------------------------------------------------------------------------------


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


# --- git and forge --------------------------------------------------------------------------------------------------------------------


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


# --- engine ---------------------------------------------------------------------------------------------------------------------------


class StepOperation(StrEnum):
    """What a step does to a resource."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource of a plan or a finished run. properties: the paths that differ."""

    urn: str
    type: str
    name: str
    operation: StepOperation
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StackResult:
    """What an engine run did, or would do in a preview. failures: resource name -> reason. outputs hold no secrets in clear."""

    changes: tuple[ResourceChange, ...]
    outputs: Mapping[str, Json]
    failures: Mapping[str, str]
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether every step did what it should."""
        return not self.failures

    def count(self, operation: StepOperation) -> int:
        """How many resources saw this operation."""
        return sum(change.operation is operation for change in self.changes)


class LiveState(StrEnum):
    """What is known of the real thing behind a resource."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Observation:
    """One resource seen from three sides: as the program declares it, as it was last applied, as it is now.

    declared is None where the program no longer has it; applied is None where it was never made; live is empty unless PRESENT.
    reason: why live is UNKNOWN. recreated: the object there is another one of the same name.
    secret: flattened paths (core.drift.flatten) whose values may be compared but never shown.
    """

    urn: str
    type: str
    name: str
    declared: Mapping[str, Json] | None
    applied: Mapping[str, Json] | None
    live: Mapping[str, Json]
    state: LiveState
    reason: str | None = None
    recreated: bool = False
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StackSummary:
    """A stack that the backend holds. values: the plain configuration that it was last given."""

    environment: str
    values: Mapping[str, Json]
    outputs: Mapping[str, Json]
    updated: datetime | None
    resources: int


class Engine(Protocol):
    """Runs the environment program. All methods but preview, observe, stack and stacks hold the stack's lock and raise ConflictError,
    naming its holder, where another run has it."""

    name: str

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        """What `up` would do; nothing is changed."""
        ...

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        """Makes reality what the program declares, starting from what is really there. A failed step is in `failures`, not raised."""
        ...

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        """Removes everything of the stack, then the stack; succeeds where there is none."""
        ...

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        """Every resource from three sides. Changes nothing, not even the state."""
        ...

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the stored state, byte for byte; None where there is none."""
        ...

    def stack(self, environment: str) -> StackSummary | None:
        """What the backend holds of the stack; None where there is none."""
        ...

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project, by name."""
        ...

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The stack's secret configuration, decrypted; empty where there is none. Never printed."""
        ...


# --- runtime and data -----------------------------------------------------------------------------------------------------------------


class Health(StrEnum):
    """What a runtime says of a container."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    STARTING = "starting"
    STOPPED = "stopped"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RunningPart:
    """A container of an environment as it runs now. service: the declared service or database it carries."""

    environment: str
    service: str
    role: str
    image: str
    health: Health
    created: datetime | None
    ports: tuple[tuple[int, int], ...] = ()


class Runtime(Protocol):
    """What really runs: read by our ownership labels only."""

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        """Every labelled container of the project, or of one environment."""
        ...

    def free_port(self, candidates: Sequence[int]) -> int | None:
        """The first candidate on which the loopback address of the Docker host is free; None where all are taken."""
        ...

    def logs(self, project: str, environment: str, service: str, *, lines: int) -> str:
        """The last lines that a service printed."""
        ...

    def sweep(self, project: str, environment: str) -> Sequence[str]:
        """Removes every object that carries both ownership labels; the names of what it removed. For what a lost state left behind."""
        ...


class Locks(Protocol):
    """One run at a time on one environment, on this machine; the engine's own lock guards across machines."""

    def hold(self, environment: str) -> AbstractContextManager[None]:
        """Waits for the environment, saying who has it; ConflictError names the holder where it takes too long. Ends with the process."""
        ...


class Secrets(Protocol):
    """Where secret values come from; they are passed on, never shown."""

    def resolve(self, reference: str) -> str:
        """The value behind `env:NAME` or `file:PATH`; ConfigError names the reference where there is none."""
        ...

    def generate(self) -> str:
        """A new random secret of URL-safe characters."""
        ...


class Seeder(Protocol):
    """Fills a database with rows."""

    def seed(self, url: str, *, rows: int, seed: int, progress: Progress) -> int:
        """Loads synthetic rows into an empty, migrated database; how many. Does nothing (0) where the completion marker says it is done."""
        ...


class Probe(Protocol):
    """Asks an environment's URL as a user would."""

    def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
        """The HTTP status of one GET on the loopback port; 0 where nothing answers."""
        ...
