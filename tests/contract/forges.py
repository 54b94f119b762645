"""The adapters of forges that are not run in tests, on their fakes: a forge for each person's token, as the contract tests use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from liftlock.adapters.forges.addresses import gitlab_api, parse_address
from liftlock.adapters.forges.credentials import Token
from liftlock.adapters.forges.github import GitHubForge
from liftlock.adapters.forges.github_tokens import bearer
from liftlock.adapters.forges.gitlab import GitLabForge
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.core.ports import Forge, Identity
from tests.fakes import gitlab_server
from tests.fakes.forge_state import ForgeState
from tests.fakes.github_server import PATH, FakeGitHub, github
from tests.git_repositories import ADA, GRACE, LINUS
from tests.github_description import Described

PEOPLE = {"ada": ADA, "grace": GRACE, "linus": LINUS}
GITHUB = parse_address(f"https://github.com/{PATH}")


def who(identity: Identity) -> str:
    """The key of the person behind an account, for forges that tell no addresses."""
    return PEOPLE.get(identity.login or "", identity).key


@contextmanager
def github_accounts(bare: Path, described: Described | None = None) -> Iterator[Callable[[Identity], Forge]]:
    """GitHub's adapter on its fake. described: what holds all that is said against GitHub's own description."""
    fake = FakeGitHub(ForgeState(bare))
    tokens = {person.key: fake.state.account(login, email=person.email).token for login, person in PEOPLE.items()}
    with github(fake, described) as server, ExitStack() as stack:
        forges = {key: GitHubForge(GITHUB, server.public, bearer(token), sleep=lambda _: None) for key, token in tokens.items()}
        for forge in forges.values():
            stack.callback(forge.close_connections)
        yield lambda person: forges[person.key]


@contextmanager
def gitlab_accounts(bare: Path) -> Iterator[Callable[[Identity], Forge]]:
    """GitLab's adapter on its fake."""
    fake = gitlab_server.FakeGitLab(ForgeState(bare))
    tokens = {person.key: fake.state.account(login, email=person.email).token for login, person in PEOPLE.items()}
    with gitlab_server.gitlab(fake) as server:
        address = parse_address(f"{server.url}/{gitlab_server.PATH}")
        api = gitlab_api(address)
        https = {key: ForgeHttp("GitLab", api, Token("PRIVATE-TOKEN", "", token)) for key, token in tokens.items()}
        yield lambda person: GitLabForge(https[person.key], address, sleep=lambda _: None)
