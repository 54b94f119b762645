"""A repository on a real Gitea, people who propose changes to it, and their clone."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from liftlock.adapters.forges.gitea import GiteaForge
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.ports import Identity, PullRequest
from tests.git_repositories import ADA
from tests.gitea_server import Gitea, GiteaRepository, gitea_forge

FILE = "releases/staging.yaml"


class Desk:
    """What the tests of a rule of Gitea's start from: main holds one file, and Ada works on it."""

    def __init__(self, server: Gitea, folder: Path, files: dict[str, str] | None = None, **settings: Any) -> None:
        self.folder = folder
        self.repository: GiteaRepository = server.new_repository(files or {FILE: "old\n"}, folder / "first", **settings)
        self.git = GitRepository(self.repository.clone(folder / "clone"))

    def forge(self, person: Identity = ADA, **style: Any) -> GiteaForge:
        """The forge as this person meets it."""
        return gitea_forge(self.repository, person, **style)

    def push(self, branch: str, text: str, *, path: str = FILE, force: bool = False, author: Identity = ADA) -> str:
        """One commit on main, pushed as the branch."""
        self.git.fetch()
        files = {PurePosixPath(path): text}
        return self.git.commit_files(base=self.head(), branch=branch, files=files, message="Change", author=author, force=force)

    def open(self, branch: str = "topic", text: str = "new\n", *, path: str = FILE) -> PullRequest:
        """Ada's pull request with one changed file."""
        self.push(branch, text, path=path)
        return self.forge().open_pull(title="Change it", body="", head=branch, base="main", author=ADA)

    def approve(self, pull: PullRequest, person: Identity) -> PullRequest:
        """This person's approval of the pull request as it was seen."""
        return self.forge(person).review(pull.number, reviewer=person, approve=True, commit=pull.commit)

    def merge(self, pull: PullRequest, person: Identity = ADA, message: str = "Merged", **style: Any) -> PullRequest:
        """Merged by this person, as it was seen."""
        return self.forge(person, **style).merge(pull.number, message=message, by=person, commit=pull.commit)

    def head(self, branch: str = "main") -> str:
        """The branch's tip on the forge, as last fetched."""
        return self.git.head(branch)

    def text(self, path: str = FILE) -> str | None:
        """The file on main."""
        self.git.fetch()
        return self.git.read(self.head(), PurePosixPath(path))
