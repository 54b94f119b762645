"""A GitHub of one's own for a test: the fake on loopback, a clone that pushes to it, and an adapter for each account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from liftlock.adapters.forges.addresses import parse_address
from liftlock.adapters.forges.credentials import Credentials
from liftlock.adapters.forges.github import GitHubForge
from liftlock.adapters.forges.github_tokens import bearer
from liftlock.adapters.forges.http_waits import Patience
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.ports import PullRequest
from tests.fakes.forge_state import Account, ForgeState
from tests.fakes.github_server import PATH, FakeGitHub, github
from tests.fakes.http_server import Asked, Fault, LoopbackServer, Said
from tests.git_repositories import ADA, make_clone, make_forge
from tests.github_description import Described

ADDRESS = parse_address(f"https://github.com/{PATH}")
FILE = PurePosixPath("releases/dev.yaml")


@dataclass
class World:
    """notes and slept: what a person would have seen, and waited for."""

    fake: FakeGitHub
    server: LoopbackServer
    clone: GitRepository
    ada: Account
    grace: Account
    stack: ExitStack
    notes: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def state(self) -> ForgeState:
        return self.fake.state

    def forge(self, who: Account | None = None, **options: Any) -> GitHubForge:
        """The adapter with this one's token; Ada's by default."""
        return self.forge_with(bearer((who or self.ada).token), **options)

    def forge_with(self, credentials: Credentials, *, prefix: str = "", **options: Any) -> GitHubForge:
        """The adapter with these credentials."""
        api = self.server.public
        settings = {"notice": self.notes.append, "sleep": self.slept.append, "patience": Patience(read=5), **options}
        made = GitHubForge(ADDRESS, api + prefix, credentials, **settings)
        self.stack.callback(made.close_connections)
        return made

    def push(self, branch: str, text: str = "new\n", *, force: bool = False) -> str:
        self.clone.fetch()
        return self.clone.commit_files(
            base=self.clone.head("main"), branch=branch, files={FILE: text}, message="Change", author=ADA, force=force
        )

    def open(self, branch: str = "topic", text: str = "new\n", **options: Any) -> PullRequest:
        self.push(branch, text)
        return self.forge(**options).open_pull(title="Title", body="Body", head=branch, base="main", author=ADA)

    def fail(self, line: str, **fault: Any) -> None:
        self.server.faults.append(Fault(line, **fault))

    def before(self, line: str, act: Callable[[], object]) -> None:
        """Something that happens just before GitHub answers the next such request."""
        handle, waiting = self.server.handle, [act]

        def handled(asked: Asked) -> Said:
            if waiting and re.search(line, asked.line):
                waiting.pop()()
            return handle(asked)

        self.server.handle = handled


@contextmanager
def github_world(folder: Path, described: Described | None = None) -> Iterator[World]:
    """The world, while the block runs."""
    bare = make_forge(folder, {str(FILE): "old\n"})
    clone = GitRepository(make_clone(bare, folder / "clone"))
    fake = FakeGitHub(ForgeState(bare))
    with github(fake, described) as server, ExitStack() as stack:
        ada, grace = fake.state.account("ada", email=ADA.email), fake.state.account("grace")
        yield World(fake, server, clone, ada, grace, stack)
