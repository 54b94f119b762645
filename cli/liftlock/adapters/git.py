"""The Git command line: one runner for every adapter that needs it.

Nothing here asks for a password or shows what is in a URL before the @.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liftlock.adapters.git_remote import without_credentials
from liftlock.core.errors import LiftlockError, UnavailableError
from liftlock.core.ports import Identity

LEDGER_BRANCH = "liftlock/ledger"
_SETTINGS = (
    "core.quotePath=false",
    "i18n.logOutputEncoding=UTF-8",
    "i18n.commitEncoding=UTF-8",
    "log.showSignature=false",
    "color.ui=false",
)
_OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one Git process said. out is text exactly as Git wrote it, line endings included."""

    code: int
    out: str
    err: str


class GitError(LiftlockError):
    """Git refused; the adapters turn it into what it means where they can."""


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
