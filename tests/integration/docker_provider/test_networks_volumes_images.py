"""Networks, volumes and images on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock_engine.providers.docker import DockerProvider
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.docker.schema import REMOTE_IMAGE
from liftlock_engine.providers.port import ProviderError
from tests.integration.docker_provider.conftest import CONTAINER, NETWORK, OWNER, VOLUME, Yard, urn
from tests.integration.docker_provider.fake_registry import registry, tiny_blobs

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"internal": True, "options": {"com.docker.network.bridge.enable_icc": "true"}},
        {"ipamConfigs": [{"subnet": "10.213.77.0/28"}]},
        {"ipamConfigs": [{"subnet": "10.213.78.0/28", "gateway": "10.213.78.2"}], "attachable": True, "driver": "bridge"},
    ],
)
def test_an_untouched_network_reads_as_declared(yard: Yard, inputs: dict[str, Any]) -> None:
    declared, made = yard.create(NETWORK, "net", **inputs)
    seen = yard.read(NETWORK, made.id, declared)
    assert (seen.id, seen.inputs) == (made.id, declared)
    assert made.outputs["scope"] == "local"


def test_an_untouched_volume_reads_as_declared(yard: Yard) -> None:
    declared, made = yard.create(VOLUME, "vol", driverOpts={"type": "tmpfs", "device": "tmpfs", "o": "size=1m"})
    seen = yard.read(VOLUME, made.id, declared)
    assert (seen.id, seen.inputs) == (yard.name("vol"), declared)
    assert str(made.outputs["mountpoint"]).endswith("/_data")


def test_an_imported_volume_says_what_the_program_would(yard: Yard) -> None:
    yard.api.create_volume(yard.name("vol"))
    seen = yard.read(VOLUME, yard.name("vol"), None)
    program = yard.checked(VOLUME, "vol", driver="local", labels=[])
    assert not diff_inputs(VOLUME, seen.inputs, program).changed


def test_a_network_recreated_by_hand_is_found_among_its_namesakes(yard: Yard) -> None:
    declared, made = yard.create(NETWORK, "net")
    yard.api.remove_network(made.id)
    yard.api.create_network(yard.name("net-other"), labels={OWNER: yard.token})
    again = yard.api.create_network(yard.name("net"), labels={OWNER: yard.token, "more": "1"})["Id"]
    seen = yard.read(NETWORK, made.id, declared)
    assert seen.id == again
    assert set(diff_inputs(NETWORK, declared, seen.inputs).detailed) == {"labels[1]"}


def test_a_network_that_an_interrupted_run_left_is_taken_over(yard: Yard) -> None:
    declared, made = yard.create(NETWORK, "net")
    assert yard.provider.create(urn(NETWORK, "net"), NETWORK, declared).id == made.id
    assert yard.provider.locate(urn(NETWORK, "net"), NETWORK, declared) == made.id


@pytest.mark.parametrize("type_", [NETWORK, VOLUME])
def test_a_strangers_object_of_the_same_name_is_refused(yard: Yard, type_: str) -> None:
    if type_ == NETWORK:
        yard.api.create_network(yard.name("it"))
    else:
        yard.api.create_volume(yard.name("it"))
    with pytest.raises(ProviderError, match="not ours"):
        yard.create(type_, "it")
    assert yard.provider.locate(urn(type_, "it"), type_, yard.checked(type_, "it")) is None


def test_a_network_in_use_names_its_containers_and_goes_once_free(yard: Yard) -> None:
    declared, made = yard.create(NETWORK, "net")
    inputs, box = yard.container(networksAdvanced=[{"name": yard.name("net")}])
    with pytest.raises(ProviderError, match=f"still used by container {yard.name('box')}"):
        yard.delete(NETWORK, made.id, declared)
    yard.delete(CONTAINER, box.id, inputs)
    yard.delete(NETWORK, made.id, declared)
    yard.delete(NETWORK, made.id, declared)
    assert yard.read(NETWORK, made.id, declared).id is None


def test_a_volume_in_use_names_its_containers(yard: Yard) -> None:
    declared, made = yard.create(VOLUME, "vol")
    inputs, box = yard.container(volumes=[{"volumeName": yard.name("vol"), "containerPath": "/data"}], start=False)
    with pytest.raises(ProviderError, match=f"still used by container {yard.name('box')}"):
        yard.delete(VOLUME, made.id, declared)
    yard.delete(CONTAINER, box.id, inputs)
    yard.delete(VOLUME, made.id, declared)
    yard.delete(VOLUME, made.id, declared)


def test_a_remote_image_that_is_here_needs_no_registry(yard: Yard) -> None:
    inputs: dict[str, Any] = {"name": "liftlock-test/tiny:1", "keepLocally": True}
    made = yard.provider.create(urn(REMOTE_IMAGE, "img"), REMOTE_IMAGE, inputs)
    assert made.id == f"{yard.image}liftlock-test/tiny:1"
    assert made.outputs["imageId"] == yard.image
    assert yard.read(REMOTE_IMAGE, made.id, inputs).inputs == inputs
    assert yard.read(REMOTE_IMAGE, made.id, None).inputs["name"] == "liftlock-test/tiny:1"
    yard.delete(REMOTE_IMAGE, made.id, inputs)
    assert yard.read(REMOTE_IMAGE, made.id, inputs).id == made.id


def test_functions_look_up_networks_and_images(yard: Yard) -> None:
    bridge = yard.provider.invoke("docker:index/getNetwork:getNetwork", {"name": "bridge"})
    assert (bridge["driver"], bridge["name"]) == ("bridge", "bridge")
    image = yard.provider.invoke("docker:index/getRemoteImage:getRemoteImage", {"name": "liftlock-test/tiny:1"})
    assert image["id"] == yard.image
    with pytest.raises(ProviderError, match="there is no network 'lltp-absent'"):
        yard.provider.invoke("docker:index/getNetwork:getNetwork", {"name": "lltp-absent"})


def test_an_image_is_pulled_by_digest_and_removed_again(yard: Yard) -> None:
    blobs = tiny_blobs(yard.token)
    with registry(*blobs) as host:
        inputs: dict[str, Any] = {"name": f"{host}/lltp/word@{blobs[0].digest}"}
        made = yard.provider.create(urn(REMOTE_IMAGE, "img"), REMOTE_IMAGE, inputs)
    assert (made.outputs["imageId"], made.outputs["repoDigest"]) == (blobs[1].digest, inputs["name"])
    assert made.id == blobs[1].digest + inputs["name"]
    yard.delete(REMOTE_IMAGE, made.id, inputs)
    yard.delete(REMOTE_IMAGE, made.id, inputs)
    assert yard.read(REMOTE_IMAGE, made.id, inputs).id is None


def test_a_digest_that_the_registry_does_not_have_is_told_so(yard: Yard) -> None:
    with registry() as host, pytest.raises(ProviderError, match=f"{host} has no such image; check the digest"):
        yard.container(image=f"{host}/lltp/word@sha256:{'0' * 64}")
    assert yard.containers() == []


def test_an_interrupted_volume_is_found_only_while_it_cannot_hold_data(yard: Yard) -> None:
    declared, _ = yard.create(VOLUME, "vol")
    assert yard.provider.locate(urn(VOLUME, "vol"), VOLUME, declared) == yard.name("vol")
    write = ["sh", "-c", "echo precious > /data/row"]
    inputs, box = yard.container(command=write, attach=True, volumes=[{"volumeName": yard.name("vol"), "containerPath": "/data"}])
    yard.delete(CONTAINER, box.id, inputs)
    assert yard.provider.locate(urn(VOLUME, "vol"), VOLUME, declared) is None
    assert yard.provider.create(urn(VOLUME, "vol"), VOLUME, declared).id == yard.name("vol")


def test_an_explicit_provider_goes_to_its_host_and_takes_no_other_option(yard: Yard) -> None:
    elsewhere = yard.provider.configured({"host": "unix:///var/run/docker.sock"})
    assert elsewhere.invoke("docker:index/getNetwork:getNetwork", {"name": "bridge"})["driver"] == "bridge"
    with pytest.raises(ProviderError, match="the option sshOpts is not offered"):
        DockerProvider().configured({"sshOpts": ["-p", "22"]})
    with pytest.raises(ProviderError, match="is not an address"):
        DockerProvider().configured({"host": "ssh://somewhere"})
