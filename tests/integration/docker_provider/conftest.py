"""A provider on the real Docker engine; everything that a test made is removed after it. Names begin with lltp-."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import docker
import pytest
from docker.errors import APIError, DockerException

from liftlock_engine.providers.docker import DockerProvider
from liftlock_engine.providers.docker.schema import CONTAINER, NETWORK, VOLUME
from liftlock_engine.providers.port import Made, Seen
from tests.images import tiny_image

OWNER = "lltp.owner"


@dataclass
class Yard:
    """One test's corner of the Docker engine, and the provider under test."""

    provider: DockerProvider
    api: docker.APIClient
    image: str
    other_image: str
    token: str = field(default_factory=lambda: f"lltp-{secrets.token_hex(4)}")

    @property
    def labels(self) -> list[dict[str, str]]:
        return [{"label": OWNER, "value": self.token}]

    def name(self, what: str) -> str:
        return f"{self.token}-{what}"

    def checked(self, type_: str, what: str, **inputs: Any) -> dict[str, Any]:
        base: dict[str, Any] = {"name": self.name(what), "labels": self.labels}
        if type_ == CONTAINER:
            base |= {"image": self.image, "command": ["sleep", "1000"]}
        checked = self.provider.check(urn(type_, what), type_, None, {**base, **inputs}, seed=b"x")
        assert checked.failures == ()
        return dict(checked.inputs)

    def create(self, type_: str, what: str, **inputs: Any) -> tuple[dict[str, Any], Made]:
        checked = self.checked(type_, what, **inputs)
        return checked, self.provider.create(urn(type_, what), type_, checked)

    def container(self, what: str = "box", **inputs: Any) -> tuple[dict[str, Any], Made]:
        return self.create(CONTAINER, what, **inputs)

    def read(self, type_: str, id_: str, inputs: dict[str, Any] | None) -> Seen:
        return self.provider.read(urn(type_, "x"), type_, id_, inputs, None)

    def delete(self, type_: str, id_: str, inputs: dict[str, Any]) -> None:
        self.provider.delete(urn(type_, "x"), type_, id_, inputs, {})

    def raw(self, body: dict[str, Any], name: str) -> str:
        """Creates a container past the provider, as a person would; its id."""
        api: Any = self.api
        return str(api.create_container_from_config(body, name)["Id"])

    def containers(self) -> list[str]:
        return [found["Names"][0].lstrip("/") for found in self.api.containers(all=True) if found["Names"][0].startswith(f"/{self.token}")]

    def clear(self) -> None:
        for found in self.api.containers(all=True):
            if found["Names"][0].startswith(f"/{self.token}"):
                self.api.remove_container(found["Id"], force=True, v=True)
        for network in self.api.networks(names=[self.token]):
            self.api.remove_network(network["Id"])
        for volume in self.api.volumes(filters={"name": self.token})["Volumes"] or ():
            self.api.remove_volume(volume["Name"], force=True)


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:stack::project::{type_}::{name}"


@pytest.fixture(scope="session")
def api() -> Iterator[docker.APIClient]:
    try:
        client = docker.APIClient(**docker.utils.kwargs_from_env(), version="auto")
    except DockerException:
        pytest.skip("no Docker engine answers")
    yield client
    client.close()


@pytest.fixture
def yard(api: docker.APIClient) -> Iterator[Yard]:
    made = Yard(DockerProvider(owner_labels=(OWNER,)), api, tiny_image(1), tiny_image(2))
    yield made
    made.provider.close()
    made.clear()


__all__ = ["CONTAINER", "NETWORK", "OWNER", "VOLUME", "APIError", "Yard", "urn"]
