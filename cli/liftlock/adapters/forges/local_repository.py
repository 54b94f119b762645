"""The bare repository behind a local forge: its branches, what they hold, and changes of several references at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from liftlock.adapters.git import Git, GitError, signed_by
from liftlock.adapters.git_remote import without_credentials
from liftlock.core.errors import ConflictError, UnavailableError, UsageError
from liftlock.core.ports import Identity, PullRequest

NOTHING = "0" * 40


class ForgeRepository:
    """The repository in that folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.git = Git(path)

    @property
    def busy(self) -> ConflictError:
        """What is to be said where every change was too late."""
        return ConflictError(f"others keep writing to the forge at {self._path}", hint="run the same command again")

    def check(self) -> None:
        """UnavailableError where there is none."""
        try:
            self.git.run("rev-parse", "--git-dir")
        except GitError as err:
            raise UnavailableError(
                f"the forge at {self._path} is not there: {err.message}", hint="liftlock.yaml forge.url names a bare Git repository"
            ) from err

    def refs(self, prefix: str) -> dict[str, str]:
        """The references below it, and where they are."""
        lines = self.git.run("for-each-ref", "--format=%(refname) %(objectname)", prefix).out.splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def branch(self, name: str) -> str:
        """The tip of a branch; UsageError where there is none."""
        commit = self.git.ref(f"refs/heads/{name}")
        if commit is None:
            raise UsageError(f"the forge at {self._path} has no branch {name!r}", hint=f"push it: git push origin {name}")
        return commit

    def held(self, base: str) -> frozenset[str]:
        """The tips of all branches that the base branch holds."""
        if self.git.ref(f"refs/heads/{base}") is None:
            return frozenset()
        merged = self.git.run("for-each-ref", "--format=%(objectname)", f"--merged=refs/heads/{base}", "refs/heads/")
        return frozenset(merged.out.split())

    def contains(self, base: str, commit: str) -> bool:
        """Whether `base` is the commit or comes after it."""
        return self.git.run("merge-base", "--is-ancestor", commit, base, ok=(0, 1)).code == 0

    def merge_of(self, commit: str, base: str) -> str:
        """The base branch's commit that brought `commit` in by a plain push: the oldest of its first parents that holds it."""
        return self.git.line("rev-list", "--first-parent", "--ancestry-path", f"{commit}..{base}").rpartition("\n")[2] or commit

    def merge_commit(self, pull: PullRequest, base: str, message: str, by: Identity) -> str:
        """A new commit that merges the pull request into `base`; no branch moves. ConflictError where their changes do not agree."""
        merged = self.git.run("merge-tree", "--write-tree", "--no-messages", base, pull.commit, ok=(0, 1))
        if merged.code:
            raise ConflictError(
                f"pull request #{pull.number} conflicts with {pull.base}", hint="make it anew from what is there now: liftlock promote open"
            )
        tree = merged.out.split("\n", 1)[0]
        return self.git.line("commit-tree", tree, "-p", base, "-p", pull.commit, given=message.rstrip("\n") + "\n", env=signed_by(by))

    def update(self, updates: Mapping[str, tuple[str, str]]) -> bool:
        """Sets references to (new, old) all together; False where one of them was not `old` any more."""
        lines = [f"update {ref} {new} {old}" if new != NOTHING else f"delete {ref} {old}" for ref, (new, old) in updates.items()]
        answer = self.git.run("update-ref", "--stdin", given="\n".join(["start", *lines, "prepare", "commit", ""]), ok=range(256))
        if answer.code == 0:
            return True
        if "cannot lock ref" in answer.err and not re.search("Permission denied|Read-only|No space left", answer.err):
            return False
        raise UnavailableError(f"the forge at {self._path} cannot be written: {answer.err.strip()}", hint="check its folder and disk")


def path_of(url: str, relative_to: Path | None) -> Path:
    """The folder that a path or a file: URL names; UsageError for another URL."""
    if "://" in url:
        parts = urlsplit(url)
        if parts.scheme != "file":
            raise UsageError(f"a local forge is a folder, not {without_credentials(url)}", hint="give its path, or a file: URL")
        return Path(unquote(parts.path))
    return ((relative_to or Path()) / Path(url).expanduser()).resolve()
