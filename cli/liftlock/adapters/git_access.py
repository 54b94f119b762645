"""The forge's token for Git over HTTP, where a clone's origin is the forge and has no credentials of its own.

It goes as a header of that one address through the environment of the Git process: never into an argument, an address or a file.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from liftlock.adapters.git import Git
from liftlock.adapters.loopback import is_loopback
from liftlock.core.errors import LiftlockError


@dataclass(slots=True)
class ForgeAccess:
    """Access to one forge. web: its scheme and host. user: the name that goes with a token. token: asked for when it is needed."""

    web: str
    user: str
    token: Callable[[], str]
    _known: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def __call__(self, git: Git) -> Mapping[str, str]:
        """What the Git process needs in its environment; nothing where Git is to use what it has."""
        folder = str(git.directory)
        if folder not in self._known:
            urls = [url for url in _addresses(git) if self._is_ours(url) and not _has_own(git, url)]
            self._known[folder] = self._environment(urls) if urls else {}
        return self._known[folder]

    def _environment(self, urls: list[str]) -> Mapping[str, str]:
        try:
            secret = self.token()
        except LiftlockError:
            return {}  # a helper of Git's may know one; where none does, Git's refusal says what to do
        header = "Authorization: Basic " + base64.b64encode(f"{self.user}:{secret}".encode()).decode()
        return git_settings({f"http.{url}.extraHeader": header for url in urls}, os.environ)

    def _is_ours(self, url: str) -> bool:
        """Whether the address is the forge's, and nobody on the way can read what is sent there."""
        ours, theirs = urlsplit(self.web), urlsplit(url)
        if (ours.scheme, ours.hostname, ours.port) != (theirs.scheme, theirs.hostname, theirs.port):
            return False
        return theirs.scheme == "https" or (theirs.scheme == "http" and is_loopback(theirs.hostname or ""))


def git_settings(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Settings as Git takes them from its environment, behind those that are there already."""
    known = environment.get("GIT_CONFIG_COUNT", "0")
    count = int(known) if known.isdigit() else 0
    made = {"GIT_CONFIG_COUNT": str(count + len(settings))}
    for number, (key, value) in enumerate(settings.items(), start=count):
        made |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return made


def _addresses(git: Git) -> list[str]:
    """Where origin is fetched from and pushed to, after Git's own rewriting."""
    said = (git.run("remote", "get-url", *options, "origin", ok=range(256)) for options in ((), ("--push",)))
    return list(dict.fromkeys(answer.out.strip() for answer in said if answer.code == 0))


def _has_own(git: Git, url: str) -> bool:
    """Whether the address or Git's configuration for it says who is there."""
    return urlsplit(url).username is not None or git.run("config", "--get-urlmatch", "http.extraHeader", url, ok=range(256)).code == 0
