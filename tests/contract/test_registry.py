"""What every Registry promises, on the fake and on a real registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from liftlock.adapters.registry import OciRegistry
from liftlock.core.ports import Registry
from tests.fakes.promotion import FakeRegistry
from tests.registries import REVISION, RunningRegistry


@dataclass
class World:
    """A registry, the repository to use in it, and how to put an image there."""

    registry: Registry
    repository: str
    push: Callable[[str, str | None], str]


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.docker)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        fake = FakeRegistry()
        yield World(
            fake, "127.0.0.1:5000/shop/api", lambda tag, commit: fake.push("127.0.0.1:5000/shop/api", tag, commit=commit).image.digest.text
        )
        return
    there: RunningRegistry = request.getfixturevalue("running")
    client = OciRegistry(logins={})
    push = lambda tag, commit: there.push("shop/api", tag, labels={REVISION: commit} if commit else {})  # noqa: E731
    yield World(client, f"{there.host}/shop/api", push)
    client.close()


def test_a_tag_resolves_to_its_digest_and_source_commit(world: World) -> None:
    digest = world.push("v1", "abc123")
    found = world.registry.resolve(world.repository, "v1")
    assert found is not None
    assert (str(found.image), found.commit) == (f"{world.repository}@{digest}", "abc123")


def test_a_digest_resolves_to_itself(world: World) -> None:
    digest = world.push("v1", "abc123")
    assert world.registry.resolve(world.repository, digest) == world.registry.resolve(world.repository, "v1")


def test_an_image_without_the_label_has_no_commit(world: World) -> None:
    world.push("bare", None)
    found = world.registry.resolve(world.repository, "bare")
    assert found is not None
    assert found.commit is None


def test_what_is_not_there_is_none(world: World) -> None:
    assert world.registry.resolve(world.repository, "nowhere") is None
    assert world.registry.resolve(world.repository, "sha256:" + "0" * 64) is None
    assert world.registry.resolve(world.repository.replace("api", "nothing"), "v1") is None


@pytest.mark.docker
def test_an_index_is_named_by_its_own_digest_and_tells_its_images_commit(running: RunningRegistry) -> None:
    digest = running.push("shop/many", "v1", labels={REVISION: "abc"}, indexed=True)
    client = OciRegistry(logins={})
    found = client.resolve(f"{running.host}/shop/many", "v1")
    client.close()
    assert found is not None
    assert (found.image.digest.text, found.commit) == (digest, "abc")
