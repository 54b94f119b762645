"""The Past port on a clone or a bare repository.

What Git says is taken apart by counts and sizes, so that no message and no file can fake it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePosixPath

from liftlock.adapters.git import Git, is_bare
from liftlock.adapters.git_remote import Access, no_access
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import IncompleteError, UsageError
from liftlock.core.ports import Identity
from liftlock.core.ports.past import BaseChange, Declared, FileChange
from liftlock.core.project import Project

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FIELDS = ("%H", "%P", "%an", "%ae", "%cn", "%ce", "%ct", "%B")
_FORMAT = "--format=" + "%x00".join(_FIELDS)
_WATCHED = ("releases", "policy")


@dataclass(frozen=True, slots=True)
class _Commit:
    name: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Declarations:
    """How declarations are read (adapters/past_declarations.py). base: the base branch's name; declared: by commit and environment."""

    base: Callable[[], str]
    project: Callable[[str], Project]
    declared: Callable[[str, str], Declared | None]


class GitPast:
    """Past port. base: the branch; without it the one that liftlock.yaml names, or HEAD's in a bare repository."""

    def __init__(
        self, root: Path, declarations: Declarations, access: Access = no_access, *, base: str | None = None, offline: bool = False
    ) -> None:
        self._root, self._git, self._base, self._declarations, self._access = root, Git(root), base, declarations, access
        self._bare = is_bare(root)
        self._offline = offline or self._bare

    def fetch(self) -> None:
        """Brings the forge's branches here; a bare repository and an offline one are taken as they are."""
        if not self._offline:
            GitRepository(self._root, self._access).fetch()

    def tip(self) -> str:
        """The latest commit of the base branch."""
        return self._tip

    @cached_property
    def _tip(self) -> str:
        if self._bare and self._base is None:
            found, name = self._git.ref("HEAD"), "HEAD"
        else:
            name = self._base or self._declarations.base()
            found = self._git.ref(f"refs/heads/{name}" if self._bare else f"refs/remotes/origin/{name}")
        if found is None:
            raise UsageError(f"there is no branch {name} here", hint="name the base branch: --base BRANCH")
        return found

    def texts(self, places: Sequence[tuple[str, PurePosixPath]]) -> Mapping[tuple[str, PurePosixPath], str]:
        """The files' texts at their commits."""
        asked = [(commit, path) for commit, path in places if _COMMIT.fullmatch(commit) and "\n" not in str(path)]
        found = self._git.blobs([(commit, str(path)) for commit, path in asked])
        return {(commit, path): found[commit, str(path)] for commit, path in asked if (commit, str(path)) in found}

    def project(self) -> Project:
        """What liftlock.yaml declares at the tip."""
        return self._declarations.project(self._tip)

    def declared(self, commit: str, environment: str) -> Declared | None:
        """The environment's declaration at the commit."""
        return self._declarations.declared(commit, environment) if _COMMIT.fullmatch(commit) else None

    def changes(self) -> Sequence[BaseChange]:
        """Every change of releases/ and policy/ on the first-parent history, oldest first."""
        if self._git.line("rev-parse", "--is-shallow-repository") == "true":
            raise IncompleteError("this clone has only a part of the history", hint="run: git fetch --unshallow origin")
        commits = {commit.name: commit for commit in self._commits()}
        line = list(_first_parents(commits, self._tip))[::-1]
        files = self._files(line)
        brought: set[str] = set()
        found: list[BaseChange] = []
        for name in line:
            commit = commits[name]
            writers = _writers(commits, commit, brought)
            if name in files:
                found.append(
                    BaseChange(name, commit.parents, commit.author, commit.committer, commit.at, commit.message, writers, files[name])
                )
        return found

    def _commits(self) -> Iterator[_Commit]:
        fields = self._git.run("log", "-z", _FORMAT, self._tip, "--", timeout=120).out.split("\0")
        for at in range(0, len(fields) - len(_FIELDS) + 1, len(_FIELDS)):
            name, parents, author, mail, committer, committer_mail, when, message = fields[at : at + len(_FIELDS)]
            moment = datetime.fromtimestamp(int(when), UTC)
            people = Identity(author, mail), Identity(committer, committer_mail)
            yield _Commit(name, tuple(parents.split()), *people, moment, message.rstrip("\n"))

    def _files(self, commits: Sequence[str]) -> dict[str, tuple[FileChange, ...]]:
        """commit -> what it changed of the watched folders against its first parent, texts included."""
        pairs = self._raw(commits)
        blobs = sorted({blob for changes in pairs.values() for _, *both in changes for blob in both if blob.strip("0")})
        texts = self._texts(blobs)
        return {
            commit: tuple(FileChange(path, texts.get(old), texts.get(new)) for path, old, new in changes)
            for commit, changes in pairs.items()
        }

    def _raw(self, commits: Sequence[str]) -> dict[str, list[tuple[PurePosixPath, str, str]]]:
        """commit -> (path, old blob, new blob) of each watched file that it changed."""
        given = "".join(f"{name}\n" for name in commits)
        options = ("--stdin", "-r", "-z", "--root", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=first-parent")
        words = iter(self._git.run("diff-tree", *options, "--", *_WATCHED, given=given, timeout=120).out.split("\0"))
        found: dict[str, list[tuple[PurePosixPath, str, str]]] = {}
        current = ""
        for word in words:
            if word.startswith(":"):
                _, _, old, new, _ = word.split(" ")
                found.setdefault(current, []).append((PurePosixPath(next(words)), old, new))
            elif word:
                current = word.split(" ")[0]
        return found

    def _texts(self, blobs: Sequence[str]) -> dict[str, str]:
        if not blobs:
            return {}
        data = self._git.data("cat-file", "--batch=%(objectsize)", "--buffer", given="".join(f"{blob}\n" for blob in blobs))
        found: dict[str, str] = {}
        at = 0
        for blob in blobs:
            start = data.index(b"\n", at) + 1
            end = start + int(data[at : start - 1])
            found[blob], at = data[start:end].decode(errors="surrogateescape"), end + 1
        return found


def _first_parents(commits: Mapping[str, _Commit], tip: str) -> Iterator[str]:
    name: str | None = tip
    while name is not None and name in commits:
        yield name
        name = next(iter(commits[name].parents), None)


def _writers(commits: Mapping[str, _Commit], commit: _Commit, brought: set[str]) -> tuple[Identity, ...]:
    """Who wrote what the commit brought into the branch; marks it as brought."""
    brought.add(commit.name)
    if len(commit.parents) < 2:
        return (commit.author,)
    people: dict[Identity, None] = {}
    waiting = list(commit.parents[1:])
    while waiting:
        name = waiting.pop()
        if name in brought or name not in commits:
            continue
        brought.add(name)
        people[commits[name].author] = None
        waiting += commits[name].parents
    return tuple(people) or (commit.author,)
