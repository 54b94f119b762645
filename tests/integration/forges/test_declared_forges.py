"""The forge that liftlock.yaml declares, as commands get it: its kind, its address, where its token is."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from liftlock.core.errors import ConfigError
from liftlock.core.ports import PullState
from liftlock.core.project import ForgeKind, ForgeSettings
from liftlock.wiring.forges import declared_forge, forge_token
from tests.fakes.forge_state import ForgeState
from tests.fakes.gitlab_server import PATH, FakeGitLab, gitlab
from tests.fakes.promotion import FakeClock
from tests.git_repositories import ADA, make_forge
from tests.integration.forges.github_world import World
from tests.integration.forges.test_github_apps import pem

URL = "https://github.com/shop/environments"


def test_github_is_asked_with_the_token_that_the_file_holds(plain_world: World, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(plain_world.ada.token + "\n")
    plain_world.open()
    plain_world.server.asked.clear()
    settings = ForgeSettings(ForgeKind.GITHUB, URL, token="file:token", api=plain_world.server.url)
    found = declared_forge(tmp_path, settings, FakeClock(), plain_world.notes.append).list_pulls(state=PullState.OPEN)
    assert [pull.number for pull in found] == [1]
    assert plain_world.server.asked[0].headers["authorization"] == f"Bearer {plain_world.ada.token}"


def test_github_is_asked_with_a_token_made_from_the_apps_key(plain_world: World, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain_world.fake.app = key.public_key()
    plain_world.state.account("liftlock-app[bot]", token="none-yet")
    plain_world.state.moment = plain_world.state.moment.replace(year=2099)  # so that its end is ahead of this machine's clock
    (tmp_path / "app.pem").write_text(pem(key))
    settings = ForgeSettings(ForgeKind.GITHUB, URL, token="app:4711:file:app.pem", api=plain_world.server.url)
    assert declared_forge(tmp_path, settings, FakeClock(), plain_world.notes.append).list_pulls() == []
    assert plain_world.server.asked[-1].headers["authorization"] == "Bearer ghs_made1"
    assert forge_token(tmp_path, settings) == "ghs_made2"  # what Git gets


def test_gitlab_is_asked_with_the_token_that_a_command_prints(tmp_path: Path) -> None:
    fake = FakeGitLab(ForgeState(make_forge(tmp_path, {"releases/dev.yaml": "old\n"})))
    token = fake.state.account("ada", email=ADA.email).token
    with gitlab(fake) as server:
        settings = ForgeSettings(ForgeKind.GITLAB, f"{server.url}/{PATH}", token=f"command:echo {token}")
        assert declared_forge(tmp_path, settings, FakeClock(), lambda _: None).list_pulls() == []
    assert server.asked[0].headers["private-token"] == token


@pytest.mark.parametrize("kind", [ForgeKind.GITHUB, ForgeKind.GITLAB, ForgeKind.GITEA])
def test_a_forge_without_a_token_is_a_matter_of_configuration_when_it_is_asked(kind: ForgeKind, tmp_path: Path) -> None:
    forge = declared_forge(tmp_path, ForgeSettings(kind, URL), FakeClock(), lambda _: None)
    with pytest.raises(ConfigError, match=f"forge.kind is {kind.value}, and liftlock.yaml names no forge.token") as raised:
        forge.list_pulls()
    assert "docs/forges.md" in (raised.value.hint or "")


def test_only_github_has_apps(tmp_path: Path) -> None:
    settings = ForgeSettings(ForgeKind.GITLAB, "https://gitlab.com/shop/environments", token="app:1:env:KEY")
    with pytest.raises(ConfigError, match="only GitHub has apps"):
        declared_forge(tmp_path, settings, FakeClock(), lambda _: None).list_pulls()
