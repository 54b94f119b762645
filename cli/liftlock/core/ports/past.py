"""The environments repository as it was: what an auditor asks of Git, also of a bare clone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from liftlock.core.config.document import Plain
from liftlock.core.ports.people import Identity
from liftlock.core.project import Project


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a change. before, after: its text, None where it was not there."""

    path: PurePosixPath
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class BaseChange:
    """A commit of the base branch's first-parent history that changed releases/ or policy/. at: when it was committed.

    writers: the authors of the commits that it brought with it; its own author where it is no merge.
    """

    commit: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    at: datetime
    message: str
    writers: tuple[Identity, ...]
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """An environment's declaration at a commit: hashes of configuration and data, and the whole as plain values."""

    config: str
    data: str
    document: Mapping[str, Plain]


class Past(Protocol):
    """The base branch and what was on it. Reads only what is here, and never the work tree."""

    def fetch(self) -> None:
        """Brings the forge's branches here, where there is a forge to ask."""
        ...

    def tip(self) -> str:
        """The latest commit of the base branch; UsageError where there is no such branch."""
        ...

    def texts(self, places: Sequence[tuple[str, PurePosixPath]]) -> Mapping[tuple[str, PurePosixPath], str]:
        """The files' texts, each at a commit; what is not here is left out."""
        ...

    def project(self) -> Project:
        """What liftlock.yaml declares at the tip; ConfigError where it cannot be read."""
        ...

    def declared(self, commit: str, environment: str) -> Declared | None:
        """The environment's declaration at the commit; None where it cannot be read."""
        ...

    def changes(self) -> Sequence[BaseChange]:
        """Every change of releases/ and policy/ on the base branch's first-parent history, oldest first."""
        ...
