"""The registry client against servers that refuse, lie, ask for a login, or are not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from liftlock.adapters.registry import OciRegistry
from liftlock.adapters.registry_login import Login, find_login
from liftlock.core.errors import IncompleteError, UnavailableError, UsageError
from tests.registries import Answer, serving

MANIFEST = json.dumps({"schemaVersion": 2, "annotations": {"org.opencontainers.image.revision": "abc"}}).encode()
DIGEST = "sha256:" + hashlib.sha256(MANIFEST).hexdigest()


@contextmanager
def client(**logins: Login) -> Iterator[OciRegistry]:
    made = OciRegistry(logins=logins)
    try:
        yield made
    finally:
        made.close()


def test_a_registry_that_is_not_there_is_unavailable_with_a_way_out() -> None:
    with serving(lambda *_: (200, {}, b"")) as host:
        pass
    with client() as registry, pytest.raises(UnavailableError, match=host) as caught:
        registry.resolve(f"{host}/shop/api", "v1")
    assert caught.value.hint


@pytest.mark.parametrize(("status", "said"), [(500, "answered 500"), (403, "does not let you read")])
def test_a_registry_that_refuses_is_not_taken_for_one_that_has_nothing(status: int, said: str) -> None:
    with serving(lambda *_: (status, {}, b"")) as host, client() as registry, pytest.raises(UnavailableError, match=said):
        registry.resolve(f"{host}/shop/api", "v1")


def test_content_that_does_not_fit_its_digest_is_not_believed() -> None:
    with (
        serving(lambda *_: (200, {}, MANIFEST + b" ")) as host,
        client() as registry,
        pytest.raises(IncompleteError, match="not what its digest"),
    ):
        registry.resolve(f"{host}/shop/api", DIGEST)


def test_a_digest_that_the_registry_claims_wrongly_is_not_believed() -> None:
    lie = {"Docker-Content-Digest": "sha256:" + "0" * 64}
    with (
        serving(lambda *_: (200, lie, MANIFEST)) as host,
        client() as registry,
        pytest.raises(IncompleteError, match="not what its digest"),
    ):
        registry.resolve(f"{host}/shop/api", "v1")


def test_a_page_that_is_no_registry_is_said_to_be_none() -> None:
    with serving(lambda *_: (200, {}, b"<html>")) as host, client() as registry, pytest.raises(IncompleteError, match="not JSON"):
        registry.resolve(f"{host}/shop/api", "v1")


def test_more_than_a_manifest_can_be_is_not_read() -> None:
    with (
        serving(lambda *_: (200, {}, b"x" * (9 * 1024 * 1024))) as host,
        client() as registry,
        pytest.raises(UnavailableError, match="more than"),
    ):
        registry.resolve(f"{host}/shop/api", "v1")


def test_a_tag_that_is_none_is_the_users_mistake() -> None:
    with client() as registry, pytest.raises(UsageError, match="neither a tag nor a digest"):
        registry.resolve("127.0.0.1:1/shop/api", "../../v1")


def test_a_token_is_fetched_with_the_login_and_used() -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(path: str, authorization: str | None, host: str) -> Answer:
        seen.append((path, authorization))
        if path.startswith("/token"):
            return 200, {}, b'{"token": "t0"}'
        if authorization != "Bearer t0":
            return 401, {"WWW-Authenticate": f'Bearer realm="http://{host}/token",service="s",scope="repository:shop/api:pull"'}, b""
        return 200, {}, MANIFEST

    with serving(answer) as host:
        login = Login("ada", "s3cret")
        registry = OciRegistry(logins={host: login})
        found = registry.resolve(f"{host}/shop/api", "v1")
        registry.close()
    assert found is not None
    assert found.commit == "abc"
    assert ("/token?service=s&scope=repository%3Ashop%2Fapi%3Apull", login.basic) in seen
    assert "s3cret" not in repr(login)


def test_a_password_is_not_sent_anywhere_without_encryption() -> None:
    challenge = {"WWW-Authenticate": 'Bearer realm="http://example.com/token",service="s"'}
    with (
        serving(lambda *_: (401, challenge, b"")) as host,
        client() as registry,
        pytest.raises(UnavailableError, match="without encryption"),
    ):
        registry.resolve(f"{host}/shop/api", "v1")


def test_logins_are_those_that_docker_stored(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("docker")
    (folder / "config.json").write_text(json.dumps({"auths": {"registry.example": {"auth": "YWRhOnA6dw=="}, "broken.example": {}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    assert find_login("registry.example") == Login("ada", "p:w")
    assert find_login("broken.example") is None
    assert find_login("other.example") is None
