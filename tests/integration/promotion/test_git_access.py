"""Git over HTTP with the forge's token: it goes to the forge's own address, where the clone has nothing of its own, and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from liftlock.adapters.git import Git
from liftlock.adapters.git_access import ForgeAccess, git_settings
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import ConfigError, LiftlockError, UsageError
from tests.git_repositories import git
from tests.listening import listening

SECRET = "t0p-s3cret-of-the-f0rge"
HEADER = "Basic " + base64.b64encode(f"liftlock:{SECRET}".encode()).decode()


@contextmanager
def closed_door() -> Iterator[tuple[str, list[str | None]]]:
    """A web address that lets nobody in, and the Authorization headers that came."""
    seen: list[str | None] = []

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Door) as host:
        yield f"http://{host}", seen


def a_clone(folder: Path, origin: str) -> Path:
    folder.mkdir(exist_ok=True)
    git(folder, "init", "--quiet", ".")
    git(folder, "remote", "add", "origin", origin)
    return folder


def fetch(clone: Path, web: str, secret: str = SECRET) -> LiftlockError:
    with pytest.raises(LiftlockError) as refused:
        GitRepository(clone, ForgeAccess(web, "liftlock", lambda: secret)).fetch()
    return refused.value


def test_the_token_goes_to_the_forge_and_into_no_message(tmp_path: Path) -> None:
    with closed_door() as (web, seen):
        refused = fetch(a_clone(tmp_path, f"{web}/shop/environments"), web)
    assert set(seen) == {HEADER}
    assert isinstance(refused, UsageError)
    assert "forge.token" in (refused.hint or "")
    assert SECRET not in f"{refused.message} {refused.hint}"
    assert HEADER.split()[1] not in f"{refused.message} {refused.hint}"
    assert SECRET not in (tmp_path / ".git" / "config").read_text()


def test_another_host_than_the_forges_gets_no_token(tmp_path: Path) -> None:
    with closed_door() as (web, seen), closed_door() as (other, _):
        fetch(a_clone(tmp_path, f"{web}/shop/environments"), other)
    assert set(seen) == {None}


def test_an_origin_with_credentials_of_its_own_keeps_them(tmp_path: Path) -> None:
    with closed_door() as (web, _):
        git_access = ForgeAccess(web, "liftlock", lambda: SECRET)
        named = a_clone(tmp_path / "named", web.replace("://", "://ada:own@") + "/shop/environments")
        assert git_access(Git(named)) == {}
        configured = a_clone(tmp_path / "configured", f"{web}/shop/environments")
        git(configured, "config", f"http.{web}/.extraHeader", "Authorization: Basic b3du")
        assert git_access(Git(configured)) == {}


@pytest.mark.parametrize("origin", ["http://forge.example/shop/environments", "ssh://git@forge.example/shop/environments", "../shop.git"])
def test_the_token_never_travels_in_clear_or_to_where_it_is_no_use(tmp_path: Path, origin: str) -> None:
    access = ForgeAccess("http://forge.example", "liftlock", lambda: SECRET)
    assert access(Git(a_clone(tmp_path, origin))) == {}


def test_an_encrypted_forge_gets_it_for_this_address_only(tmp_path: Path) -> None:
    origin = "https://forge.example/shop/environments.git"
    access = ForgeAccess("https://forge.example", "liftlock", lambda: SECRET)
    given = access(Git(a_clone(tmp_path, origin)))
    assert [value for name, value in given.items() if name.startswith("GIT_CONFIG_KEY_")] == [f"http.{origin}.extraHeader"]
    assert f"Authorization: {HEADER}" in given.values()
    assert SECRET not in repr(access)


def test_without_a_token_git_goes_with_what_it_has(tmp_path: Path) -> None:
    def missing() -> str:
        raise ConfigError("the environment variable FORGE_TOKEN is not set")

    access = ForgeAccess("https://forge.example", "liftlock", missing)
    assert access(Git(a_clone(tmp_path, "https://forge.example/shop/environments"))) == {}


@pytest.mark.parametrize("known", [None, "0", "2", "x"])
def test_settings_that_are_there_already_stay(known: str | None) -> None:
    environment = {} if known is None else {"GIT_CONFIG_COUNT": known}
    first = int(known) if known and known.isdigit() else 0
    assert git_settings({"a.b": "c"}, environment) == {
        "GIT_CONFIG_COUNT": str(first + 1),
        f"GIT_CONFIG_KEY_{first}": "a.b",
        f"GIT_CONFIG_VALUE_{first}": "c",
    }
