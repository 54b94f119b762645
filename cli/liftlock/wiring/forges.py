"""The forge that a project declares; each adapter is loaded only where it is the one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from liftlock.adapters.secret_sources import SecretSources
from liftlock.core.errors import ConfigError
from liftlock.core.ports import Clock, Forge
from liftlock.core.project import ForgeKind, ForgeSettings

if TYPE_CHECKING:
    from liftlock.adapters.forges.credentials import Credentials
    from liftlock.adapters.forges.gitea import GiteaForge
    from liftlock.adapters.forges.github import GitHubForge
    from liftlock.adapters.forges.github_tokens import AppCredentials
    from liftlock.adapters.forges.gitlab import GitLabForge

_APP = "app:"
_NEEDS = {
    ForgeKind.GITEA: "the scope write:repository",
    ForgeKind.GITHUB: "Contents: write, Pull requests: write, Commit statuses: write",
    ForgeKind.GITLAB: "the scope api",
}


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
            return _gitlab(root, settings, notice)
        case _:
            assert_never(settings.kind)


def forge_token(root: Path, settings: ForgeSettings) -> str:
    """The token that liftlock.yaml refers to; for a GitHub App, one of its installation. ConfigError where there is none."""
    if settings.token is None:
        raise ConfigError(
            f"forge.kind is {settings.kind.value}, and liftlock.yaml names no forge.token",
            hint="say where it is found, such as token: env:LIFTLOCK_FORGE_TOKEN; docs/forges.md tells what it must be allowed to do",
        )
    if settings.token.startswith(_APP):
        return _github_app(root, settings, lambda _: None).token()
    try:
        return SecretSources(root).resolve(settings.token)
    except ConfigError as err:
        needs = f"; it needs {_NEEDS[settings.kind]}" if settings.kind in _NEEDS else ""
        raise ConfigError(f"forge.token: {err.message}", hint=f"{err.hint or 'docs/forges.md tells how'}{needs}") from err


def describe_forge(root: Path, settings: ForgeSettings) -> str:
    """What answers, for `doctor`: address, base branch, and what the token may do. An error says what is missing."""
    from liftlock.adapters.git import Git
    from liftlock.wiring.clones import git_access

    git = Git(root)
    where = settings.url if settings.kind is ForgeKind.LOCAL else "origin"
    said = git.run("ls-remote", "--heads", where, settings.base, env=git_access(root, settings)(git), ok=range(256), timeout=15)
    if not said.out:
        reason = "has no such branch" if said.code == 0 else "cannot be read by Git"
        hint = "correct `forge` in liftlock.yaml, or push the branch"
        raise ConfigError(f"{settings.url}, branch {settings.base}: the forge {reason}", hint=hint)
    more = _described(root, settings)
    return f"{settings.kind.value}, {settings.url}, {settings.base} at {said.out[:12]}{f', {more}' if more else ''}"


def _described(root: Path, settings: ForgeSettings) -> str:
    """What the forge's API says of itself and of the token."""
    match settings.kind:
        case ForgeKind.LOCAL:
            return ""
        case ForgeKind.GITHUB:
            return _github(root, settings, lambda _: None).describe()
        case ForgeKind.GITEA:
            return _gitea(root, settings, lambda _: None).describe(settings.base)
        case ForgeKind.GITLAB:
            return _gitlab(root, settings, lambda _: None).describe()
        case _:
            assert_never(settings.kind)


def _github(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> GitHubForge:
    from liftlock.adapters.forges.addresses import github_api, parse_address
    from liftlock.adapters.forges.github import GitHubForge
    from liftlock.adapters.forges.later_token import LaterToken

    address = parse_address(settings.url)
    is_app = (settings.token or "").startswith(_APP)
    token = LaterToken("Authorization", "Bearer ", partial(forge_token, root, settings))
    credentials: Credentials = _github_app(root, settings, notice) if is_app else token
    api = github_api(address, settings.api)
    return GitHubForge(address, api, credentials, method=settings.merge, queue=settings.queue, notice=notice)


def _github_app(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> AppCredentials:
    from liftlock.adapters.forges.addresses import github_api, parse_address
    from liftlock.adapters.forges.github_tokens import App, AppCredentials

    if settings.kind is not ForgeKind.GITHUB:
        raise ConfigError(f"forge.token: only GitHub has apps, and forge.kind is {settings.kind.value}", hint="name a token")
    number, _, reference = (settings.token or "").removeprefix(_APP).partition(":")
    address = parse_address(settings.url)
    app = App(number, SecretSources(root).resolve(reference))
    return AppCredentials(app, address, github_api(address, settings.api), notice=notice)


def _gitea(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> GiteaForge:
    """The repository's name is the last two parts of its address; what is before them is where Gitea itself is."""
    from liftlock.adapters.forges.addresses import parse_address
    from liftlock.adapters.forges.gitea import GiteaForge
    from liftlock.adapters.forges.gitea_merging import MergeStyle
    from liftlock.adapters.forges.http import ForgeHttp
    from liftlock.adapters.forges.later_token import LaterToken

    address = parse_address(settings.url)
    *above, owner, name = address.path.split("/")
    token = LaterToken("Authorization", "token ", partial(forge_token, root, settings))
    http = ForgeHttp("Gitea", settings.api or "/".join([address.web, *above, "api/v1"]), token, notice=notice)
    return GiteaForge(http, f"{owner}/{name}", MergeStyle(settings.merge, settings.queue))


def _gitlab(root: Path, settings: ForgeSettings, notice: Callable[[str], None]) -> GitLabForge:
    from liftlock.adapters.forges.addresses import gitlab_api, parse_address
    from liftlock.adapters.forges.gitlab import GitLabForge
    from liftlock.adapters.forges.http import ForgeHttp
    from liftlock.adapters.forges.later_token import LaterToken

    address = parse_address(settings.url)
    token = LaterToken("PRIVATE-TOKEN", "", partial(forge_token, root, settings))
    http = ForgeHttp("GitLab", gitlab_api(address, settings.api), token, notice=notice)
    return GitLabForge(http, address, method=settings.merge, queue=settings.queue, notice=notice)
