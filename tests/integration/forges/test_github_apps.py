"""GitHub Apps: a private key becomes a token for one repository, no wider than liftlock needs, and a new one before it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from liftlock.adapters.forges.github_tokens import App, AppCredentials
from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.ports import PullState
from tests.fakes.http_server import Said
from tests.git_repositories import ADA
from tests.integration.forges.github_world import ADDRESS, World


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def credentials(world: World, key: rsa.RSAPrivateKey, now: Callable[[], float] | None = None) -> AppCredentials:
    world.fake.app = key.public_key()
    world.state.account("liftlock-app[bot]", token="none-yet")
    clock = now or (lambda: world.state.now().timestamp())
    return AppCredentials(App("4711", pem(key)), ADDRESS, world.server.public, now=clock)


def test_an_app_works_with_a_token_made_for_this_repository_alone(world: World, key: rsa.RSAPrivateKey) -> None:
    world.push("topic")
    forge = world.forge_with(credentials(world, key))
    pull = forge.open_pull(title="Title", body="Body", head="topic", base="main", author=ADA)
    asked = next(asked for asked in world.server.asked if asked.path.endswith("/access_tokens"))
    assert (pull.author.login, pull.state) == ("liftlock-app[bot]", PullState.OPEN)
    assert asked.body["repositories"] == ["environments"]
    assert asked.body["permissions"] == {
        "checks": "read",
        "contents": "write",
        "metadata": "read",
        "pull_requests": "write",
        "statuses": "write",
    }
    assert world.notes == []  # its pull requests do start workflows


def test_one_token_serves_until_shortly_before_its_end(world: World, key: rsa.RSAPrivateKey) -> None:
    later = [0.0]
    made = credentials(world, key, lambda: world.state.moment.timestamp() + later[0])
    assert [made.token() for _ in range(3)] == ["ghs_made1"] * 3
    later[0] = 3500
    assert made.token() == "ghs_made2"


def test_an_app_with_less_than_it_needs_is_told_what(world: World, key: rsa.RSAPrivateKey) -> None:
    world.fake.granted.remove("statuses")
    with pytest.raises(UsageError, match="not granted to this installation") as raised:
        credentials(world, key).token()
    assert "statuses: write" in (raised.value.hint or "")


def test_an_app_that_is_not_installed_is_told_where(world: World, key: rsa.RSAPrivateKey) -> None:
    world.fail("GET .*/installation", said=Said(404, {"message": "Not Found"}))
    with pytest.raises(UsageError, match=r"not installed on https://github\.com/shop/environments"):
        credentials(world, key).token()


def test_a_key_of_another_app_is_refused(world: World, key: rsa.RSAPrivateKey) -> None:
    made = credentials(world, key)
    world.fake.app = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    with pytest.raises(UsageError, match="JSON web token"):
        made.token()


@pytest.mark.parametrize(
    "text",
    ["", "secret words", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----", pem(ec.generate_private_key(ec.SECP256R1()))],
)
def test_what_is_no_rsa_key_is_not_shown(text: str) -> None:
    with pytest.raises(ConfigError, match=r"private key") as raised:
        AppCredentials(App("4711", text), ADDRESS, "https://api.github.com")
    assert "secret" not in f"{raised.value!r} {App('1', text)!r}"
