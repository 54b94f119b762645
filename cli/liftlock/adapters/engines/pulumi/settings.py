"""What the engine on the Pulumi CLI is told once: where things lie, who keeps the secrets, which provider serves Docker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from liftlock.core.project import PASSPHRASE
from liftlock_engine.disclosure import passwords_in

WORK = Path(".liftlock") / "pulumi"
"""The folder of the work directories, in the environments repository."""
NOTES = "cli.json"
"""The file in it that remembers the CLI's version."""


@dataclass(frozen=True, slots=True)
class PulumiSettings:
    """state: folder of the file backend and of the stacks' configuration. work: folder of the work directories.

    backend: URL of another backend than the files in `state`. docker_plugin: whether our provider serves Docker; otherwise the CLI gets
    Pulumi's. cli: the CLI to use; None looks for it.
    """

    project: str
    state: Path
    work: Path
    passphrase: Callable[[], str]
    backend: str | None = None
    secrets_provider: str = PASSPHRASE
    docker_plugin: bool = True
    docker_endpoint: str | None = None
    cli: Path | None = None

    @property
    def url(self) -> str:
        """The backend's URL."""
        return self.backend or f"file://{self.state.resolve()}"

    @property
    def hidden(self) -> Mapping[str, str]:
        """The backend's password in every form, under names of its own, as an environment's secrets have them."""
        return {f"engine.backend {place}": word for place, word in enumerate(sorted(passwords_in(self.backend or "")))}

    def folder(self, environment: str) -> Path:
        """The stack's work directory."""
        return self.work / environment

    def variables(self) -> Mapping[str, str]:
        """What the CLI finds in its environment and nobody else does."""
        url, password = split_password(self.url)
        found = {"PULUMI_BACKEND_URL": url, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        if password:
            found["PGPASSWORD"] = password
        if self.secrets_provider == PASSPHRASE:
            found["PULUMI_CONFIG_PASSPHRASE"] = self.passphrase()
        if self.docker_plugin:
            found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
        if self.docker_endpoint is not None:
            found["DOCKER_HOST"] = self.docker_endpoint
        return found


def split_password(url: str) -> tuple[str, str]:
    """The URL of a database without its password, and that. The CLI writes the URL into its log of every command and into its errors."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    password = dict(given).get("password") or unquote(parts.password or "")
    if parts.scheme != "postgres" or not password:
        return url, ""
    before, at, host = parts.netloc.rpartition("@")
    user = before.partition(":")[0]
    query = urlencode([(name, value) for name, value in given if name != "password"])
    return f"postgres://{user}{at if user else ''}{host}{parts.path}{'?' if query else ''}{query}", password
