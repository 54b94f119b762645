"""Git on a clone of the environments repository, with the forge's token where the clone has no credentials of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.adapters.git_remote import Access, no_access
from liftlock.core.errors import LiftlockError
from liftlock.core.project import ForgeKind, ForgeSettings

if TYPE_CHECKING:
    from liftlock.adapters.git import Git
    from liftlock.adapters.git_repository import GitRepository
    from liftlock.adapters.ledger import GitLedger

# The name that goes with a token; the forges look at the token alone, but each documents one.
_USERS = {ForgeKind.GITHUB: "x-access-token", ForgeKind.GITLAB: "oauth2", ForgeKind.GITEA: "liftlock"}


def repository(root: Path, settings: ForgeSettings) -> GitRepository:
    """The environments repository as Git sees it."""
    from liftlock.adapters.git_repository import GitRepository

    return GitRepository(root, git_access(root, settings))


def ledger(root: Path, settings: ForgeSettings) -> GitLedger:
    """The ledger on the forge."""
    from liftlock.adapters.ledger import GitLedger

    return GitLedger(root, git_access(root, settings))


@cache
def git_access(root: Path, settings: ForgeSettings) -> Access:
    """How Git reaches the forge."""
    if settings.kind is ForgeKind.LOCAL or settings.token is None:
        return no_access
    from liftlock.adapters.forges.addresses import parse_address
    from liftlock.adapters.git_access import ForgeAccess
    from liftlock.wiring.forges import forge_token

    return ForgeAccess(parse_address(settings.url).web, _USERS[settings.kind], partial(forge_token, root, settings))


def later_access(root: Path, settings: Callable[[], ForgeSettings]) -> Access:
    """The same where it may be that the configuration cannot be read: then Git goes with what it has."""

    def access(git: Git) -> Mapping[str, str]:
        try:
            declared = settings()
        except LiftlockError:
            return {}
        return git_access(root, declared)(git)

    return access
