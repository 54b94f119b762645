"""What the engine on the Pulumi CLI is told once: where things lie, who keeps the secrets, which provider serves Docker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from liftlock.core.project import PASSPHRASE

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

    def folder(self, environment: str) -> Path:
        """The stack's work directory."""
        return self.work / environment

    def variables(self) -> Mapping[str, str]:
        """What the CLI finds in its environment and nobody else does."""
        found = {"PULUMI_BACKEND_URL": self.url, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        if self.secrets_provider == PASSPHRASE:
            found["PULUMI_CONFIG_PASSPHRASE"] = self.passphrase()
        if self.docker_plugin:
            found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
        if self.docker_endpoint is not None:
            found["DOCKER_HOST"] = self.docker_endpoint
        return found
