"""The README's promotion for real, by commands alone: from the push of a new image to prod, on Gitea, a registry and Docker.

The CI's bot records, opens, says the status, merges and deploys; Grace approves. Neither can do it alone.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import IMAGES, LIFTLOCK, User
from tests.git_repositories import git
from tests.gitea_server import OWNER, Gitea, GiteaRepository
from tests.registries import registry_image, run_registry
from tests.webhooks import Receiver, receiving

pytestmark = [pytest.mark.gitea, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
SECRET = "s3cret-of-the-h00k"
TOKEN = "LIFTLOCK_FORGE_TOKEN"


@dataclass
class Company:
    """A project on Gitea whose services come from a registry of their own."""

    repository: GiteaRepository
    registry: str
    bot: User
    grace: User
    hooks: Receiver

    def push_image(self, tag: str, version: str) -> dict[str, str]:
        """Pushes a new image of each service, as a build does; service -> digest."""
        known = json.loads(IMAGES.read_text())["images"]["shop"][version]
        return {service: self._push(image, f"{self.registry}/shop/{service}:{tag}") for service, image in known.items()}

    def _push(self, image: str, name: str) -> str:
        docker("pull", "--quiet", image)
        docker("tag", image, name)
        try:
            docker("push", "--quiet", name)
        finally:
            docker("rmi", name)
        return image.rpartition("@")[2]

    def running(self, environment: str) -> dict[str, str]:
        """service -> the digest that runs."""
        found = self.bot.ok("env", "status", environment, "--json").json()["items"][0]
        return {part["name"]: part["digest"] for part in found["parts"] if part["role"] == "service"}


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture
def company(gitea: Gitea, tmp_path: Path) -> Iterator[Company]:
    image = registry_image()
    if not IMAGES.exists() or image is None:
        pytest.fail("needs the project's images; run: make images", pytrace=False)
    with ExitStack() as stack:
        registry = stack.enter_context(run_registry(image)).host
        hooks = stack.enter_context(receiving())
        repository = GiteaRepository(gitea, f"r{uuid.uuid4().hex[:8]}")
        gitea.api("POST", f"/orgs/{OWNER}/repos", {"name": repository.name, "default_branch": "main"})
        bot = User(tmp_path / "bot", f"t{uuid.uuid4().hex[:6]}", as_(gitea, "shop-ci"))
        stack.callback(bot.leave)
        begin(bot, repository, registry)
        repository.protect(
            required_approvals=1,
            dismiss_stale_approvals=True,
            enable_status_check=True,
            status_check_contexts=["liftlock/promotion"],
            enable_push=True,
            enable_push_whitelist=True,
            push_whitelist_usernames=["shop-ci"],
        )
        repository.add_webhook(hooks.url, SECRET, "pull_request")
        grace = User(repository.clone(tmp_path / "grace", "grace", signed_in=False), bot.project, as_(gitea, "grace"))
        yield Company(repository, registry, bot, grace, hooks)


def as_(gitea: Gitea, login: str) -> dict[str, str]:
    account = gitea.accounts[login]
    return {"LIFTLOCK_ACTOR": str(account.identity), TOKEN: account.token}


def begin(bot: User, repository: GiteaRepository, registry: str) -> None:
    """`liftlock init` for the repository on Gitea, the project's own registry in it, and the first push."""
    command = [str(LIFTLOCK), "init", str(bot.repo), "--project", bot.project, "--forge", f"gitea:{repository.url}"]
    subprocess.run([*command, "--images", str(IMAGES)], check=True, capture_output=True, env=bot.environment(), timeout=60)
    known = json.loads(IMAGES.read_text())["registry"]
    bot.edit("liftlock.yaml", f"registry: {known}", f"registry: {registry}")
    git(bot.repo, "commit", "--quiet", "--all", "--message", "Use our own registry")
    git(bot.repo, "push", "--quiet", repository.url_of("shop-ci"), "main")


def promote(company: Company, target: str) -> dict[str, Any]:
    """From an opened pull request to the running environment; what the merge's webhook said."""
    bot, grace = company.bot, company.grace
    opened = bot.ok("promote", "open", "--to", target, "--json").json()
    number = str(opened["pull"]["number"])
    assert bot.run("promote", "approve", number).code == 6, "nobody approves their own"
    assert bot.run("promote", "merge", number).code == 4, "an approval is missing"
    grace.ok("promote", "approve", number)
    assert bot.run("promote", "merge", number).code == 6, "the forge itself asks for the status"
    bot.ok("promote", "status", number, "--set-status")
    bot.ok("promote", "merge", number)
    came = company.hooks.wait(lambda came: came.body["action"] == "closed" and came.body["pull_request"]["merged"])
    assert came.is_signed_with(SECRET)
    bot.ok("env", "up", target, "--yes")
    found: dict[str, Any] = came.body
    return found


def test_a_pushed_image_reaches_prod_through_two_reviewed_pull_requests(company: Company) -> None:
    bot, grace = company.bot, company.grace
    pushed = company.push_image("2026-11-21.1", "v2")
    bot.ok("image", "record", "--env", "dev", "api=2026-11-21.1", "web=2026-11-21.1")
    assert bot.run("promote", "open", "--to", "staging").code == 4, "dev has not proved it yet"
    bot.ok("env", "up", "dev")
    assert grace.run("promote", "open", "--to", "prod").code in (4, 64), "staging has nothing to give"
    for target in ("staging", "prod"):
        merged = promote(company, target)
        assert merged["pull_request"]["base"]["ref"] == "main"
    assert company.running("prod") == company.running("dev") == pushed
    history = [(item["fact"], item["environment"]) for item in grace.ok("history", "--all-facts", "--json").json()["items"]]
    for fact in ("promotion-opened", "approved", "promoted", "deployed", "verified"):
        assert {environment for known, environment in history if known == fact} >= {"staging", "prod"}, fact
    message = git(bot.repo, "log", "-1", "--format=%B", "main")
    assert "Approved-by: Grace <grace@shop.example>" in message
    assert "Liftlock-Plan: " in message
    for target in ("staging", "prod"):
        again = bot.ok("promote", "open", "--to", target, "--json").json()
        assert (again["outcome"], again["pull"]) == ("nothing", None)
    assert [pull["state"] for pull in company.repository.api("GET", "/pulls?state=all")] == ["closed", "closed"]
