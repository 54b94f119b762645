"""`liftlock promote` on GitHub and on GitLab, as people type it: each in a clone of their own, with a token of their own.

GitHub and GitLab are the fakes; Git, the ledger, the registry and the command line are real. Gitea's own are in test_gitea_commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftlock.adapters.ledger import GitLedger
from liftlock.core.errors import ExitCode
from liftlock.core.ledger import Entry, Fact
from tests.config_repository import FILES, REGISTRY
from tests.fakes import github_server, gitlab_server
from tests.fakes.forge_state import ForgeState
from tests.fakes.http_server import LoopbackServer
from tests.git_repositories import ADA, GRACE, git, make_clone, make_forge
from tests.integration.forges.gitea_people import Person
from tests.registries import serving_tags

pytestmark = pytest.mark.slow
BOT = "Shop CI <ci@shop.example>"


@dataclass
class Shop:
    """The sample project on a forge. fake: the forge, which merges what it has queued when it is told to."""

    kind: str
    fake: github_server.FakeGitHub | gitlab_server.FakeGitLab
    server: LoopbackServer
    folder: Path

    @property
    def state(self) -> ForgeState:
        return self.fake.state

    def person(self, login: str, actor: str) -> Person:
        """Somebody in a clone of their own."""
        clone = self.folder / login.strip("[]")
        if not clone.exists():
            make_clone(self.state.bare, clone)
        account = next((known for known in self.state.accounts.values() if known.login == login), None)
        email = actor.partition("<")[2].rstrip(">")
        return Person(clone, actor, (account or self.state.account(login, email=email)).token)

    def prove(self) -> None:
        """A release is recorded for dev, which runs it well."""
        bot = self.person("shop-ci", BOT)
        release = str(bot.json("image record --env dev --all v1")["release"])
        facts = (Fact.DEPLOYED, Fact.VERIFIED)
        GitLedger(bot.clone).append([Entry(fact, "dev", BOT, datetime.now(UTC), release, {"dirty": False}) for fact in facts])


@contextmanager
def on_github(state: ForgeState) -> Iterator[tuple[github_server.FakeGitHub, LoopbackServer, str]]:
    fake = github_server.FakeGitHub(state)
    with github_server.github(fake) as server:
        yield fake, server, f"url: https://github.com/{github_server.PATH}, api: {server.url}"


@contextmanager
def on_gitlab(state: ForgeState) -> Iterator[tuple[gitlab_server.FakeGitLab, LoopbackServer, str]]:
    fake = gitlab_server.FakeGitLab(state)
    with gitlab_server.gitlab(fake) as server:
        yield fake, server, f"url: {server.url}/{gitlab_server.PATH}"


@contextmanager
def a_shop(kind: str, folder: Path, more: str = "") -> Iterator[Shop]:
    """The project; nothing is recorded yet. more: settings of liftlock.yaml's forge."""
    tags = {f"shop/{service}:v1": f"{service}v1" for service in ("api", "web")}
    state = ForgeState(folder / "forge.git")
    with serving_tags(tags) as registry, (on_github if kind == "github" else on_gitlab)(state) as (fake, server, address):
        files = {name: text.replace(REGISTRY, registry) for name, text in FILES.items() if name != "releases/dev.yaml"}
        declared = f"kind: {kind}, {address}, base: main, token: env:FORGE_TOKEN{more}"
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("kind: local, url: ../shop.git, base: main", declared)
        make_forge(folder, files)
        yield Shop(kind, fake, server, folder)


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_the_whole_way_of_a_release(kind: str, tmp_path: Path) -> None:
    with a_shop(kind, tmp_path) as shop:
        shop.prove()
        ada, grace = shop.person("ada", str(ADA)), shop.person("grace", str(GRACE))
        assert "opened pull request #1" in ada.run("promote open --to staging").out
        assert "adopted pull request #1" in grace.run("promote open --to staging").out
        assert "approvals" in grace.run("promote merge 1", expect=ExitCode.BLOCKED).err
        assert "does not count" not in grace.run("promote approve 1").out
        assert "ready" in grace.run("promote status 1 --set-status").out
        assert [status.context for status in shop.state.combined(shop.state.pulls[1].commit)] == ["liftlock/promotion"]
        assert "merged pull request #1" in grace.run("promote merge 1").out
        assert "already merged" in grace.run("promote merge 1").out
        message = git(shop.state.bare, "log", "-1", "--format=%B", "main")
        assert "approved-by: grace" in message.lower()  # GitHub tells the account, GitLab the name
        assert "Liftlock-Plan: " in message
        assert "promoted" in ada.run("history").out
        assert shop.state.branch(shop.state.pulls[1].head) is None
        said = "".join(ada.said + grace.said)
        assert not [account for account in shop.state.accounts.values() if account.token in said]


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_who_opened_it_cannot_approve_it(kind: str, tmp_path: Path) -> None:
    with a_shop(kind, tmp_path) as shop:
        shop.prove()
        ada = shop.person("ada", str(ADA))
        ada.run("promote open --to staging")
        refused = kind == "github"  # GitHub forbids it, GitLab lets it happen
        ada.run("promote approve 1", expect=ExitCode.POLICY if refused else 0)
        assert "approvals" in ada.run("promote merge 1", expect=ExitCode.BLOCKED).err


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    with a_shop("github", tmp_path) as shop:
        shop.prove()
        ada = shop.person("ada", str(ADA))
        ada.run("promote open --to staging")
        shop.server.asked.clear()
        ada.run("promote open --to staging")
        assert shop.server.writes == []


def test_with_a_merge_queue_github_merges_and_the_next_run_finds_it_merged(tmp_path: Path) -> None:
    with a_shop("github", tmp_path, ", queue: true") as shop:
        shop.prove()
        shop.state.queues.add("main")
        ada, grace = shop.person("ada", str(ADA)), shop.person("grace", str(GRACE))
        ada.run("promote open --to staging")
        grace.run("promote approve 1")
        assert "has queued pull request #1" in grace.run("promote merge 1").out
        assert "has queued pull request #1" in grace.run("promote merge 1").out
        assert isinstance(shop.fake, github_server.FakeGitHub)
        shop.fake.run_queue()
        assert "merged" in grace.run("promote merge 1").out
        assert "promoted" in ada.run("history").out


def test_a_workflows_own_token_is_told_of_what_it_does_not_start(tmp_path: Path) -> None:
    with a_shop("github", tmp_path) as shop:
        shop.prove()
        told = shop.person("github-actions[bot]", "Actions <41898282+github-actions[bot]@users.noreply.github.com>").run(
            "promote open --to staging"
        )
        assert "#1 was opened with GITHUB_TOKEN" in told.err
