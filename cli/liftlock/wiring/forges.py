"""The forge that a project declares; each adapter is loaded only where it is the one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from liftlock.adapters.secret_sources import SecretSources
from liftlock.core.errors import ConfigError
from liftlock.core.ports import Clock, Forge
from liftlock.core.project import ForgeKind, ForgeSettings

if TYPE_CHECKING:
    from liftlock.adapters.forges.github_tokens import AppCredentials

_APP = "app:"


def declared_forge(root: Path, settings: ForgeSettings, clock: Clock, notice: Callable[[str], None]) -> Forge:
    """The forge, for the environments repository in `root`. notice: what a person should know while it waits, or of its token."""
    match settings.kind:
        case ForgeKind.LOCAL:
            from liftlock.adapters.forges.local import LocalForge

            return LocalForge(settings.url, clock, relative_to=root)
        case ForgeKind.GITHUB:
            return _github(root, settings, notice)
        case ForgeKind.GITEA:
            return _gitea(root, settings, notice)
        case ForgeKind.GITLAB:
            raise ConfigError("forge.kind gitlab: liftlock does not speak to GitLab yet", hint="use github, gitea or local")
        case _:
            assert_never(settings.kind)


def forge_token(root: Path, settings: ForgeSettings) -> str:
    """The token that liftlock.yaml refers to; for a GitHub App, one of its installation. ConfigError where there is none."""
    if settings.token is None:
        raise ConfigError(
            f"forge.kind is {settings.kind.value}, and liftlock.yaml names no forge.token",
            hint="say where it is found, such as token: env:FORGE_TOKEN; docs/forges.md tells what it must be allowed to do",
        )
    if settings.token.startswith(_APP):
        return _github_app(root, settings, lambda _: None).token()
    return SecretSources(root).resolve(settings.token)


def _github(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> Forge:
    from liftlock.adapters.forges.addresses import parse_address
    from liftlock.adapters.forges.github import GitHubForge, api_address
    from liftlock.adapters.forges.github_tokens import bearer

    address = parse_address(settings.url)
    is_app = (settings.token or "").startswith(_APP)
    credentials = _github_app(root, settings, notice) if is_app else bearer(forge_token(root, settings))
    api = api_address(address, settings.api)
    return GitHubForge(address, api, credentials, method=settings.merge, queue=settings.queue, notice=notice)


def _github_app(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> AppCredentials:
    from liftlock.adapters.forges.addresses import parse_address
    from liftlock.adapters.forges.github import api_address
    from liftlock.adapters.forges.github_tokens import App, AppCredentials

    if settings.kind is not ForgeKind.GITHUB:
        raise ConfigError(f"forge.token: only GitHub has apps, and forge.kind is {settings.kind.value}", hint="name a token")
    number, _, reference = (settings.token or "").removeprefix(_APP).partition(":")
    address = parse_address(settings.url)
    app = App(number, SecretSources(root).resolve(reference))
    return AppCredentials(app, address, api_address(address, settings.api), notice=notice)


def _gitea(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> Forge:
    from liftlock.adapters.forges.addresses import parse_address
    from liftlock.adapters.forges.gitea import GiteaForge
    from liftlock.adapters.forges.gitea_merging import MergeStyle
    from liftlock.adapters.forges.http import ForgeHttp, Token

    address = parse_address(settings.url)
    http = ForgeHttp(
        "Gitea", settings.api or f"{address.web}/api/v1", Token("Authorization", "token ", forge_token(root, settings)), notice=notice
    )
    return GiteaForge(http, address.path, MergeStyle(settings.merge, settings.queue))
