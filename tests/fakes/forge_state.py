"""What a forge with accounts keeps: pull requests, reviews, statuses and comments, beside a bare Git repository that clones push to.

The fakes of GitHub and GitLab speak of the same state, each in its own words.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from liftlock.core.ports import Identity
from tests.git_repositories import git


@dataclass(frozen=True)
class Account:
    """A person or bot with its token. permission: admin, write, read or none."""

    login: str
    id: int
    name: str
    email: str
    token: str
    permission: str = "write"

    @property
    def identity(self) -> Identity:
        return Identity(self.name, self.email)


@dataclass
class GivenReview:
    id: int
    account: Account
    state: str
    commit: str
    at: datetime


@dataclass
class GivenStatus:
    id: int
    context: str
    state: str
    description: str | None
    target_url: str | None
    at: datetime
    account: Account


@dataclass
class Pull:
    """commit: the head while the branch is there, and the last one once it is not."""

    number: int
    title: str
    body: str
    head: str
    base: str
    author: Account
    commit: str
    opened_at: datetime
    fork: bool = False
    state: str = "open"
    merge_commit: str | None = None
    merged_at: datetime | None = None
    merged_by: Account | None = None
    closed_at: datetime | None = None
    labels: list[str] = field(default_factory=list)
    reviews: list[GivenReview] = field(default_factory=list)
    comments: list[tuple[Account, str, datetime]] = field(default_factory=list)
    queued: bool = False
    auto_merge: dict[str, str] | None = None


class RefusedError(Exception):
    """A rule or the state says no, in the forge's own words."""


@dataclass
class ForgeState:
    """bare: the repository. Tests set the rules: approvals, required checks, methods, queue (branches with a merge queue)."""

    bare: Path
    accounts: dict[str, Account] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    statuses: dict[str, list[GivenStatus]] = field(default_factory=dict)
    check_runs: dict[str, list[tuple[str, str, str | None]]] = field(default_factory=dict)
    approvals: int = 0
    required: list[str] = field(default_factory=list)
    methods: set[str] = field(default_factory=lambda: {"merge", "squash", "rebase"})
    queues: set[str] = field(default_factory=set)
    auto_merge: bool = True
    rechecks: int = 0
    moment: datetime = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    ids: int = 1000
    contained: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False)

    def account(self, login: str, *, permission: str = "write", token: str | None = None, email: str | None = None) -> Account:
        """A new account; its token is not taken by anyone else."""
        number = self.next_id()
        found = Account(login, number, login.title(), email or f"{login}@shop.example", token or f"ghp_{login}_{number}", permission)
        self.accounts[found.token] = found
        return found

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    # --- Git -------------------------------------------------------------------------------------------------------------------------

    def heads(self) -> dict[str, str]:
        """All branches, by one process."""
        lines = git(self.bare, "for-each-ref", "--format=%(refname:strip=2) %(objectname)", "refs/heads/").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def branch(self, name: str) -> str | None:
        return self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{name}^{{commit}}")

    def has(self, commit: str) -> bool:
        return self._try("cat-file", "-e", f"{commit}^{{commit}}") is not None

    def contains(self, base: str, commit: str) -> bool:
        if (base, commit) not in self.contained:
            self.contained[base, commit] = self._try("merge-base", "--is-ancestor", commit, base) is not None
        return self.contained[base, commit]

    def commits(self, pull: Pull) -> list[dict[str, str]]:
        """The pull request's own commits, oldest first."""
        base = self.branch(pull.base) or ""
        if pull.merge_commit:
            base = git(self.bare, "rev-parse", f"{pull.merge_commit}^1")
        lines = git(self.bare, "log", "--reverse", "--format=%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%cn%x1f%ce%x1f%s", f"{base}..{pull.commit}")
        names = ("sha", "tree", "parents", "author", "author_email", "committer", "committer_email", "message")
        return [dict(zip(names, line.split("\x1f"), strict=True)) for line in lines.splitlines()]

    def delete_branch(self, name: str) -> bool:
        return self.branch(name) is not None and self._try("update-ref", "-d", f"refs/heads/{name}") is not None

    def _try(self, *arguments: str) -> str | None:
        done = subprocess.run(["git", "-C", str(self.bare), *arguments], capture_output=True, text=True, check=False, timeout=60)
        return done.stdout.strip() if done.returncode == 0 else None

    # --- pull requests ---------------------------------------------------------------------------------------------------------------

    def all(self) -> list[Pull]:
        """Every pull request as it is now."""
        heads = self.heads()
        return [self.refreshed(pull, heads) for pull in self.pulls.values()]

    def refreshed(self, pull: Pull, heads: dict[str, str]) -> Pull:
        """As it is after what was pushed since: another head, or merged where the base has it."""
        if pull.state != "open":
            return pull
        pull.commit = (None if pull.fork else heads.get(pull.head)) or pull.commit
        base = heads.get(pull.base)
        if base and self.contains(base, pull.commit):
            self._merged(pull, base, None)
        return pull

    def find(self, number: int) -> Pull | None:
        return self.refreshed(self.pulls[number], self.heads()) if number in self.pulls else None

    def open(self, account: Account, *, title: str, body: str, head: str, base: str) -> Pull:
        commit, into = self.branch(head), self.branch(base)
        if commit is None or into is None:
            raise RefusedError("no branch")
        if any((pull.head, pull.base, pull.state) == (head, base, "open") for pull in self.all()):
            raise RefusedError("already exists")
        if self.contains(into, commit):
            raise RefusedError("no commits")
        number = max(self.pulls, default=0) + 1
        self.pulls[number] = Pull(number, title, body, head, base, account, commit, self.now())
        return self.pulls[number]

    def mergeable(self, pull: Pull) -> bool:
        return self._try("merge-tree", "--write-tree", "--no-messages", pull.base, pull.commit) is not None

    def unmet(self, pull: Pull) -> str | None:
        """The first rule of the base branch that is not met, in GitHub's words."""
        given = {review.account.login: review.state for review in pull.reviews}
        if list(given.values()).count("APPROVED") < self.approvals:
            return f"At least {self.approvals} approving review is required by reviewers with write access."
        last = {status.context: status.state for status in self.statuses.get(pull.commit, [])}
        missing = [name for name in self.required if last.get(name) != "success"]
        return f'Required status check "{missing[0]}" is expected.' if missing else None

    def merge(self, pull: Pull, account: Account, method: str, message: str, committer: Identity) -> None:
        base = self.branch(pull.base) or ""
        tree = git(self.bare, "merge-tree", "--write-tree", "--no-messages", base, pull.commit).splitlines()[0]
        parents = ["-p", base, "-p", pull.commit] if method == "merge" else ["-p", base]
        names = account.identity, committer
        made = commit_tree(self.bare, tree, parents, message, *names)
        git(self.bare, "update-ref", f"refs/heads/{pull.base}", made, base)
        self._merged(pull, made, account)

    def _merged(self, pull: Pull, made: str, account: Account | None) -> None:
        pull.state, pull.merge_commit, pull.merged_at, pull.merged_by = "merged", made, self.now(), account or pull.author
        pull.closed_at, pull.queued, pull.auto_merge = pull.merged_at, False, None

    def combined(self, commit: str) -> Sequence[GivenStatus]:
        """The latest status of each context."""
        return list({status.context: status for status in self.statuses.get(commit, [])}.values())


def commit_tree(bare: Path, tree: str, parents: Sequence[str], message: str, author: Identity, committer: Identity) -> str:
    """A commit of the tree, by two people."""
    people = {"AUTHOR": author, "COMMITTER": committer}
    names = {f"GIT_{role}_{part}": value for role, who in people.items() for part, value in (("NAME", who.name), ("EMAIL", who.email))}
    command = ["git", "-C", str(bare), "commit-tree", tree, *parents, "-m", message]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env={**os.environ, **names}).stdout.strip()
