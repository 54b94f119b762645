"""Many commits and files by a fixed number of Git processes: a process for each would take minutes where there are a thousand of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from liftlock.core.errors import UsageError
from liftlock.core.ports import CommitFacts, Identity

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<mail>[^>]*)> -?\d+ [-+]\d+")
Place = tuple[str, PurePosixPath]


class _Answer(Protocol):
    @property
    def out(self) -> str: ...


class _Git(Protocol):
    def run(self, *arguments: str, given: str | None = None) -> _Answer: ...


def read_commits(git: _Git, commits: Collection[str]) -> Mapping[str, CommitFacts]:
    """What is known of each commit; UsageError where one is not here."""
    wanted = list(dict.fromkeys(commits))
    for commit in wanted:
        if not _COMMIT.fullmatch(commit):
            raise UsageError(f"{commit!r} is not a commit's hash")
    if not wanted:
        return {}
    read = {}
    for commit, found in zip(wanted, _objects(git, wanted), strict=True):
        if found is None:
            raise UsageError(f"commit {commit} is not in this repository", hint="run: git fetch origin")
        read[commit] = _commit(commit, found)
    paths = _paths(git, read)
    return {
        commit: CommitFacts(commit, facts.parents, facts.author, facts.committer, facts.message, paths[commit])
        for commit, facts in read.items()
    }


def read_texts(git: _Git, places: Sequence[Place]) -> dict[Place, str]:
    """The files' texts; those that are not there are left out. A blob that stands in many places is read once."""
    if not places:
        return {}
    names = "".join(f"{commit}:{path}\n" for commit, path in places)
    lines = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=names).out.splitlines()
    blobs = {place: line.split(" ")[0] for place, line in zip(places, lines, strict=True) if line.endswith(" blob")}
    unique = list(dict.fromkeys(blobs.values()))
    texts = dict(zip(unique, _objects(git, unique), strict=True)) if unique else {}
    return {place: text for place, blob in blobs.items() if (text := texts[blob]) is not None}


def _objects(git: _Git, names: Sequence[str]) -> list[str | None]:
    """The contents of the objects, None for those that are not there."""
    data = git.run("cat-file", "--batch", given="".join(f"{name}\n" for name in names)).out.encode(errors="surrogateescape")
    found: list[str | None] = []
    at = 0
    for _ in names:
        start = data.index(b"\n", at) + 1
        head, at = data[at : start - 1], start
        if head.endswith(b" missing"):
            found.append(None)
            continue
        size = int(head.rpartition(b" ")[2])
        found.append(data[start : start + size].decode(errors="surrogateescape"))
        at = start + size + 1
    return found


def _commit(commit: str, content: str) -> CommitFacts:
    head, _, message = content.partition("\n\n")
    lines = [line.partition(" ")[::2] for line in head.split("\n")]
    people = {key: _person(value) for key, value in lines if key in ("author", "committer")}
    parents = tuple(value for key, value in lines if key == "parent")
    return CommitFacts(commit, parents, people["author"], people["committer"], message.rstrip("\n"), ())


def _person(text: str) -> Identity:
    match = _PERSON.fullmatch(text)
    return Identity(match["name"], match["mail"]) if match else Identity(text, "")


def _paths(git: _Git, commits: Mapping[str, CommitFacts]) -> dict[str, tuple[PurePosixPath, ...]]:
    """commit -> the files that differ from its first parent."""
    given = "".join(f"{' '.join((commit, *facts.parents[:1]))}\n" for commit, facts in commits.items())
    out = git.run("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames", given=given).out
    found: dict[str, list[PurePosixPath]] = {commit: [] for commit in commits}
    current: list[PurePosixPath] = []
    words = iter(out.split("\0"))
    for word in words:
        # What begins with a colon describes a change, and the word behind it is its path, whatever that looks like.
        if word.startswith(":"):
            current.append(PurePosixPath(next(words)))
        elif word:
            current = found[word]
    return {commit: tuple(paths) for commit, paths in found.items()}
