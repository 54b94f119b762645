"""The Repository and Checkout ports on a clone, over Git's command line.

Nothing here reads a work tree to write a commit.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from liftlock.adapters.git import LEDGER_BRANCH, Git, signed_by
from liftlock.adapters.git_batches import read_commits, read_texts
from liftlock.adapters.git_remote import Access, Remote, keep_ledger, moved, no_access
from liftlock.core.errors import UsageError
from liftlock.core.ports import CommitFacts, Identity, WorkTree

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%B"


class GitRepository:
    """Repository and Checkout ports on a clone whose `origin` is the forge. Commits are made in a temporary index."""

    def __init__(self, root: Path, access: Access = no_access) -> None:
        self._git = Git(root)
        self._remote = Remote(self._git, access)

    # --- what is there ---------------------------------------------------------------------------------------------------------------

    def fetch(self) -> None:
        """Brings the forge's branches here. IncompleteError where the ledger's history was rewritten: the copy here is kept."""
        known = self._git.ref(_tracking(LEDGER_BRANCH))
        self._remote.fetch("+refs/heads/*:refs/remotes/origin/*", "--prune")
        keep_ledger(self._git, _tracking(LEDGER_BRANCH), known)

    def head(self, branch: str) -> str:
        """The tip of the forge's branch as last fetched."""
        found = self._git.ref(_tracking(branch))
        if found is None:
            raise UsageError(f"the forge has no branch {branch!r}", hint="push it: git push -u origin " + branch)
        return found

    def read(self, commit: str, path: PurePosixPath) -> str | None:
        """The file's text at the commit, line endings as they are."""
        answer = self._git.run("cat-file", "blob", f"{commit}:{path}", ok=(0, 128))
        return answer.out if answer.code == 0 else None

    def commit(self, commit: str) -> CommitFacts:
        """What is known of the commit."""
        if not _COMMIT.fullmatch(commit):
            raise UsageError(f"{commit!r} is not a commit's hash")
        answer = self._git.run("log", "-1", f"--format={_FORMAT}", commit, "--", ok=(0, 128))
        if answer.code:
            raise UsageError(f"commit {commit} is not in this repository", hint="run: git fetch origin")
        found, parents, author, author_mail, committer, committer_mail, message = answer.out.split("\0", 6)
        first = parents.split()[:1]
        compared = self._git.run("diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--no-renames", *(first or ["--root"]), found)
        return CommitFacts(
            commit=found,
            parents=tuple(parents.split()),
            author=Identity(author, author_mail),
            committer=Identity(committer, committer_mail),
            message=message.rstrip("\n"),
            paths=tuple(PurePosixPath(path) for path in compared.out.split("\0") if path),
        )

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        """Whether `commit` contains `ancestor`."""
        return self._git.run("merge-base", "--is-ancestor", ancestor, commit, ok=(0, 1)).code == 0

    def commits(self, commits: Collection[str]) -> Mapping[str, CommitFacts]:
        """What is known of each commit, by two processes for however many."""
        return read_commits(self._git, commits)

    def contained(self, commits: Collection[str], within: str) -> frozenset[str]:
        """Those of the commits that `within` contains."""
        given = "".join(f"{commit}\n" for commit in [*dict.fromkeys(commits), f"^{within}"])
        return frozenset(commits).difference(self._git.run("rev-list", "--stdin", given=given).out.split())

    def texts(self, places: Collection[tuple[str, PurePosixPath]]) -> Mapping[tuple[str, PurePosixPath], str]:
        """The files' texts, each blob read once."""
        return read_texts(self._git, list(places))

    def introducers(self, commit: str, folder: PurePosixPath, texts: Collection[str]) -> Mapping[str, tuple[Identity, ...]]:
        """For each text, who wrote the oldest commit that added a line with it to a file of the folder. One pass over the history."""
        form = "--format=%x01%an%x00%ae%x00%cn%x00%ce"
        log = self._git.run(
            "log", "--reverse", "--no-merges", "-p", "--unified=0", "--no-color", "--no-ext-diff", form, commit, "--", str(folder)
        )
        found: dict[str, tuple[Identity, ...]] = {}
        people: tuple[Identity, ...] = ()
        for line in log.out.split("\n"):
            if line.startswith("\x01"):
                name, mail, committer, committer_mail = line[1:].split("\0")
                people = tuple(dict.fromkeys((Identity(name, mail), Identity(committer, committer_mail))))
            elif line.startswith("+"):
                found |= {text: people for text in texts if text not in found and text in line}
        return found

    # --- what is written -------------------------------------------------------------------------------------------------------------

    def commit_files(
        self, *, base: str, branch: str, files: Mapping[PurePosixPath, str], message: str, author: Identity, force: bool = False
    ) -> str:
        """One commit on `base`, pushed as `branch`, if the forge's branch still is what was last fetched."""
        known = self._git.ref(_tracking(branch))
        if not force and known not in (None, base):
            raise moved(branch)
        made = self._write(base, files, message, author)
        self._remote.push(made, branch, expected=known)
        return made

    def _write(self, base: str, files: Mapping[PurePosixPath, str], message: str, author: Identity) -> str:
        with tempfile.TemporaryDirectory(prefix="liftlock-index-") as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git.run("read-tree", base, env=env)
            entries = "".join(f"{self._mode(base, path)} {self._blob(text)}\t{path}\0" for path, text in files.items())
            self._git.run("update-index", "-z", "--index-info", given=entries, env=env)
            tree = self._git.line("write-tree", env=env)
        return self._git.line("commit-tree", tree, "-p", base, given=message.rstrip("\n") + "\n", env=signed_by(author))

    def _blob(self, text: str) -> str:
        return self._git.line("hash-object", "-w", "--stdin", given=text)

    def _mode(self, commit: str, path: PurePosixPath) -> str:
        if path.is_absolute() or ".." in path.parts:
            raise UsageError(f"{path} is not a path inside the repository")
        return self._git.line("ls-tree", "--format=%(objectmode)", commit, "--", str(path)) or "100644"

    # --- the checkout ----------------------------------------------------------------------------------------------------------------

    def identity(self) -> Identity:
        """Who Git says is working here."""
        name, mail = (self._git.run("config", "--get", f"user.{key}", ok=(0, 1)).out.strip() for key in ("name", "email"))
        if not (name and mail):
            raise UsageError(
                "Git does not know who you are",
                hint='run: git config --global user.name "Your Name"; git config --global user.email you@example.com'
                ' (or say --as "NAME <EMAIL>")',
            )
        return Identity.parse(f"{name} <{mail}>")

    def work_tree_state(self) -> WorkTree:
        """What is checked out; untracked files count as uncommitted."""
        lines = self._git.run("status", "--porcelain=v2", "--branch").out.splitlines()
        facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# "))
        branch, commit = facts.get("branch.head", "(detached)"), facts.get("branch.oid", "(initial)")
        return WorkTree(
            branch=None if branch == "(detached)" else branch,
            commit=None if commit == "(initial)" else commit,
            dirty=any(not line.startswith("# ") for line in lines),
        )

    def fast_forward(self, base: str) -> str | None:
        """Brings a clean checkout of `base` to the forge's; the reason where it stays as it is."""
        state = self.work_tree_state()
        if state.branch != base:
            return f"the checkout is on {state.branch or 'no branch'}, not on {base}"
        if state.dirty:
            return "the checkout has uncommitted changes"
        if self._git.run("merge", "--ff-only", "--quiet", _tracking(base), ok=(0, 1, 128)).code:
            return f"the checkout's {base} has commits that the forge does not have"
        return None


def _tracking(branch: str) -> str:
    return f"refs/remotes/origin/{branch}"
