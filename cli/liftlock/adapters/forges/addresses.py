"""Which repository on which forge `forge.url` names, in any of the ways in which people write it. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from liftlock.core.errors import ConfigError

_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>[^/].*)")


@dataclass(frozen=True, slots=True)
class RepositoryAddress:
    """web: scheme and host of the forge's pages. path: `owner/name`, or deeper where the forge nests groups."""

    web: str
    host: str
    path: str

    @property
    def owner(self) -> str:
        """Everything before the name."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The repository's own name."""
        return self.path.rpartition("/")[2]

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.web}/{self.path}"


def parse_address(url: str) -> RepositoryAddress:
    """`https://host/owner/name`, `ssh://git@host/owner/name.git` and `git@host:owner/name.git` are the same; ConfigError for all else."""
    try:
        parts = urlsplit(url) if "://" in url else None
    except ValueError as err:
        raise ConfigError("forge.url is not a web address", hint="such as https://github.com/OWNER/NAME") from err
    scp = _SCP.fullmatch(url) if parts is None else None
    if parts is not None and parts.scheme in ("http", "https") and parts.hostname:
        web, host, path = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", parts.hostname, parts.path
    elif parts is not None and parts.scheme == "ssh" and parts.hostname:
        web, host, path = f"https://{parts.hostname}", parts.hostname, parts.path
    elif scp is not None:
        web, host, path = f"https://{scp['host']}", scp["host"], scp["path"]
    else:
        raise ConfigError("forge.url is not a repository's web address", hint="such as https://github.com/OWNER/NAME")
    path = path.strip("/").removesuffix(".git")
    if not re.fullmatch(r"[\w.~-]+(?:/[\w.~-]+)+", path) or ".." in path.split("/"):
        raise ConfigError("forge.url names no repository below its host", hint="such as https://github.com/OWNER/NAME")
    return RepositoryAddress(web, host, path)


def github_api(address: RepositoryAddress, api: str | None = None) -> str:
    """Where GitHub's REST API is: its own, that of a tenant on ghe.com, or that of an Enterprise Server."""
    if api:
        return api.rstrip("/")
    if address.host == "github.com":
        return "https://api.github.com"
    return f"https://api.{address.host}" if address.host.endswith(".ghe.com") else f"{address.web}/api/v3"


def gitlab_api(address: RepositoryAddress, api: str | None = None) -> str:
    """Where GitLab's REST API is."""
    return api.rstrip("/") if api else f"{address.web}/api/v4"
