"""The Git command line: one runner for every adapter that needs it, and the Repository and Checkout ports on a clone.

Nothing here asks for a password, reads a work tree to write a commit, or shows what is in a URL before the @.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from liftlock.core.errors import ConflictError, IncompleteError, LiftlockError, UnavailableError, UsageError
from liftlock.core.ports import CommitFacts, Identity, WorkTree

LEDGER_BRANCH = "liftlock/ledger"
_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s]+@", re.IGNORECASE)
_LOCKED = ("cannot lock ref", "unable to create", "File exists", "unable to update local ref", "Unable to create")
_MOVED = (
    "stale info",
    "non-fast-forward",
    "fetch first",
    "[rejected]",
    "cannot lock ref",
    "failed to update ref",
    "reference already exists",
)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%B"
_BROKEN = ("Permission denied", "Read-only file system", "No space left", "hook declined")
_SETTINGS = (
    "core.quotePath=false",
    "i18n.logOutputEncoding=UTF-8",
    "i18n.commitEncoding=UTF-8",
    "log.showSignature=false",
    "color.ui=false",
)
_OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """What one Git process said. out is text exactly as Git wrote it, line endings included."""

    code: int
    out: str
    err: str


class GitError(LiftlockError):
    """Git refused; the adapters turn it into what it means where they can."""


def without_credentials(text: str) -> str:
    """The text with user names and passwords taken out of its URLs."""
    return _CREDENTIALS.sub(r"\g<scheme>", text)


class Git:
    """Runs Git on one repository, in English, without prompts and with a time limit."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def run(
        self,
        *arguments: str,
        given: str | None = None,
        env: Mapping[str, str] | None = None,
        ok: Collection[int] = (0,),
        timeout: float = 60,
    ) -> Answer:
        """The answer; GitError with Git's own reason where the exit code is not one of `ok`."""
        done = self._done(arguments, given, env, ok, timeout)
        return Answer(done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="replace"))

    def data(self, *arguments: str, given: str | None = None, timeout: float = 60) -> bytes:
        """What Git prints, as it is; GitError where it fails."""
        return self._done(arguments, given, None, (0,), timeout).stdout

    def _done(
        self, arguments: Sequence[str], given: str | None, env: Mapping[str, str] | None, ok: Collection[int], timeout: float
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.directory), *_OPTIONS, *arguments],
                input=None if given is None else given.encode(errors="surrogateescape"),
                stdin=subprocess.DEVNULL if given is None else None,
                capture_output=True,
                env=_environment() | dict(env or {}),
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError as err:
            raise UnavailableError("git is not installed, or the repository's folder is gone", hint="install git 2.38 or newer") from err
        except subprocess.TimeoutExpired as err:
            raise UnavailableError(
                f"git {arguments[0]} did not finish in {timeout:.0f} s", hint="look at the forge, then run it again"
            ) from err
        if done.returncode not in ok:
            said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
            raise GitError(f"git {_verb(arguments)} failed in {self.directory}: {without_credentials(said)}")
        return done

    def line(self, *arguments: str, given: str | None = None, env: Mapping[str, str] | None = None) -> str:
        """The one line that Git prints."""
        return self.run(*arguments, given=given, env=env).out.strip()

    def ref(self, name: str) -> str | None:
        """The commit that a full reference name points to; None where there is no such reference."""
        return self.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1)).out.strip() or None

    def blobs(self, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The texts of files, each at a commit and a path, read by one process; those that are not there are left out."""
        if not places:
            return {}
        names = "".join(f"{commit}:{path}\n" for commit, path in places)
        data = self.run("cat-file", "--batch", given=names).out.encode(errors="surrogateescape")
        found: dict[tuple[str, str], str] = {}
        at = 0
        for place in places:
            start = data.index(b"\n", at) + 1
            head, at = data[at : start - 1], start
            if not head.endswith(b" missing"):
                size = int(head.rpartition(b" ")[2])
                found[place], at = data[start : start + size].decode(errors="surrogateescape"), start + size + 1
        return found


def is_bare(folder: Path) -> bool:
    """Whether the folder itself is a bare repository."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def _environment() -> dict[str, str]:
    """The process's own environment without what would lead Git elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in {"GIT_SSH", "GIT_SSH_COMMAND"}}
    kept |= {name: value for name, value in os.environ.items() if name.startswith(("GIT_CONFIG_", "GIT_SSL_", "GIT_ASKPASS"))}
    # A replacement reference would show other objects than those that the hashes name.
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}


def _verb(arguments: Sequence[str]) -> str:
    return next((word for word in arguments if not word.startswith("-") and "=" not in word), "")


def signed_by(identity: Identity) -> dict[str, str]:
    """The environment in which Git writes a commit in this person's name."""
    return {
        "GIT_AUTHOR_NAME": identity.name,
        "GIT_AUTHOR_EMAIL": identity.email,
        "GIT_COMMITTER_NAME": identity.name,
        "GIT_COMMITTER_EMAIL": identity.email,
    }


def pause(attempt: int) -> None:
    """Waits a little, longer each time and never two writers alike."""
    time.sleep(random.uniform(0.005, 0.02) * min(attempt + 1, 10))  # noqa: S311 - spreads writers, guards nothing


class GitRepository:
    """Repository and Checkout ports on a clone whose `origin` is the forge. Commits are made in a temporary index."""

    def __init__(self, root: Path) -> None:
        self._git = Git(root)

    # --- what is there ---------------------------------------------------------------------------------------------------------------

    def fetch(self) -> None:
        """Brings the forge's branches here. IncompleteError where the ledger's history was rewritten: the copy here is kept."""
        known = self._git.ref(_tracking(LEDGER_BRANCH))
        fetch_refs(self._git, "+refs/heads/*:refs/remotes/origin/*", "--prune")
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
            raise _moved(branch)
        made = self._write(base, files, message, author)
        push(self._git, made, branch, expected=known)
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


def _moved(branch: str) -> ConflictError:
    return ConflictError(f"the forge's branch {branch} has moved", hint="run the same command again: it starts from what is there now")


def fetch_refs(git: Git, *what: str) -> None:
    """Fetches from origin; another process that holds a reference's lock is waited for."""
    options, refs = [word for word in what if word.startswith("--")], [word for word in what if not word.startswith("--")]
    command = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", *options, "origin", *refs)
    for attempt in range(_ATTEMPTS):
        answer = git.run(*command, ok=range(256), timeout=120)
        if answer.code == 0:
            return
        if not any(sign in answer.err for sign in _LOCKED) or any(sign in answer.err for sign in _BROKEN):
            break
        pause(attempt)
    raise unreachable(git, answer)


def push(git: Git, commit: str, branch: str, *, expected: str | None) -> None:
    """Sets the forge's branch to the commit if it is still `expected` (None: absent); ConflictError where it is not."""
    lease = f"--force-with-lease=refs/heads/{branch}:{expected or ''}"
    answer = git.run("push", "--quiet", "--no-verify", lease, "origin", f"{commit}:refs/heads/{branch}", ok=range(256), timeout=120)
    if answer.code == 0:
        return
    if any(sign in answer.err for sign in _MOVED) and not any(sign in answer.err for sign in _BROKEN):
        raise _moved(branch)
    raise unreachable(git, answer)


def unreachable(git: Git, answer: Answer) -> LiftlockError:
    """What a failed fetch or push means."""
    url = without_credentials(git.run("config", "--get", "remote.origin.url", ok=(0, 1)).out.strip())
    reason = " ".join(without_credentials(answer.err).split())
    if not url:
        return UsageError(f"the repository in {git.directory} has no remote `origin`", hint="run: git remote add origin <the forge's URL>")
    if "hook declined" in reason or "protected branch" in reason:
        return ConflictError(f"the forge at {url} refused the push: {reason}", hint="its rules forbid it; ask who administers it")
    return UnavailableError(
        f"the forge at {url} cannot be used: {reason}", hint="check that it is there and writable, then run the same command again"
    )


def keep_ledger(git: Git, ref: str, known: str | None) -> str | None:
    """The ledger's tip; IncompleteError, and the reference put back, where it does not go on from the commit that was known here."""
    found = git.ref(ref)
    if known is None or known == found:
        return found
    if found is not None and git.run("merge-base", "--is-ancestor", known, found, ok=(0, 1)).code == 0:
        return found
    git.run("update-ref", ref, known)
    raise IncompleteError(
        f"the forge's ledger was rewritten: it does not go on from {known[:12]}, which was here before",
        hint=f"compare {known[:12]} with {found[:12] if found else 'nothing'}; the copy here is kept as {ref}",
    )
