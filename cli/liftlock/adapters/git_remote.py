"""Fetching from the forge and pushing to it, and what it means when that fails.

Nothing here shows what is in a URL before the @. Credentials that are given for a process go into its environment, where no other user
of the machine sees them.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from liftlock.core.errors import ConflictError, IncompleteError, LiftlockError, PolicyError, UnavailableError, UsageError

if TYPE_CHECKING:
    from liftlock.adapters.git import Answer, Git

Access = Callable[["Git"], Mapping[str, str]]  # the environment in which Git reaches the forge
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
_BROKEN = ("Permission denied", "Read-only file system", "No space left", "hook declined")
_REFUSED = ("hook declined", "protected branch")
_STRANGER = (
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "terminal prompts disabled",
    "error: 401",
    "error: 403",
)
_ATTEMPTS = 12


def no_access(_: Git) -> Mapping[str, str]:
    """Git has what it needs."""
    return {}


def without_credentials(text: str) -> str:
    """The text with user names and passwords taken out of its URLs."""
    return _CREDENTIALS.sub(r"\g<scheme>", text)


def pause(attempt: int) -> None:
    """Waits a little, longer each time and never two writers alike."""
    time.sleep(random.uniform(0.005, 0.02) * min(attempt + 1, 10))  # noqa: S311 - spreads writers, guards nothing


def moved(branch: str) -> ConflictError:
    """The forge's branch is not what it was."""
    return ConflictError(f"the forge's branch {branch} has moved", hint="run the same command again: it starts from what is there now")


class Remote:
    """origin, as a clone reaches it."""

    def __init__(self, git: Git, access: Access = no_access) -> None:
        self._git = git
        self._access = access

    def fetch(self, *what: str) -> None:
        """Fetches from origin; another process that holds a reference's lock is waited for."""
        options, refs = [word for word in what if word.startswith("--")], [word for word in what if not word.startswith("--")]
        command = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", *options, "origin", *refs)
        for attempt in range(_ATTEMPTS):
            answer = self._run(*command)
            if answer.code == 0:
                return
            if not any(sign in answer.err for sign in _LOCKED) or any(sign in answer.err for sign in _BROKEN):
                break
            pause(attempt)
        raise unreachable(self._git, answer)

    def push(self, commit: str, branch: str, *, expected: str | None) -> None:
        """Sets the forge's branch to the commit if it is still `expected` (None: absent); ConflictError where it is not."""
        lease = f"--force-with-lease=refs/heads/{branch}:{expected or ''}"
        answer = self._run("push", "--quiet", "--no-verify", lease, "origin", f"{commit}:refs/heads/{branch}")
        if answer.code == 0:
            return
        if any(sign in answer.err for sign in _MOVED) and not any(sign in answer.err for sign in _BROKEN):
            raise moved(branch)
        raise unreachable(self._git, answer)

    def _run(self, *command: str) -> Answer:
        return self._git.run(*command, env=self._access(self._git), ok=range(256), timeout=120)


def unreachable(git: Git, answer: Answer) -> LiftlockError:
    """What a failed fetch or push means."""
    url = without_credentials(git.run("config", "--get", "remote.origin.url", ok=(0, 1)).out.strip())
    reason = " ".join(without_credentials(answer.err).split())
    if not url:
        return UsageError(f"the repository in {git.directory} has no remote `origin`", hint="run: git remote add origin <the forge's URL>")
    if any(sign in reason for sign in _REFUSED):
        return PolicyError(f"the forge at {url} refused the push: {reason}", hint="its rules forbid it; ask who administers it")
    if any(sign in reason for sign in _STRANGER):
        return UsageError(
            f"the forge at {url} does not let Git in: {reason}",
            hint="sign Git in there, or give forge.token in liftlock.yaml one that may read and write the repository",
        )
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
