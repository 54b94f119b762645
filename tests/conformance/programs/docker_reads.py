"""Reading: Network.get, functions (getNetwork, getRegistryImage fails), import of an existing volume, an explicit provider, StackReference-free."""
import os, pulumi, pulumi_docker as docker
from images import outside

NAME, PACKAGES = "docker-reads", ["docker"]
HOST = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


def program():
    provider = docker.Provider("local", host=HOST)
    bridge = docker.get_network(name="bridge")
    pulumi.export("driver", bridge.driver)
    net = docker.Network("net", name="ref-read-net", opts=pulumi.ResourceOptions(provider=provider))
    got = docker.Network.get("same", net.id)
    pulumi.export("sameName", got.name)
    docker.Volume("imported", name="ref-read-vol", driver="local", opts=pulumi.ResourceOptions(import_="ref-read-vol"))


def steps():
    yield {"name": "a volume exists", "outside": lambda s: outside("docker", "volume", "create", "ref-read-vol"), "says": "docker volume create ref-read-vol"}
    yield {"name": "read, import, create", "op": "up", "program": program}
    yield {"name": "no change", "op": "up", "program": program}
    yield {"name": "destroy", "op": "destroy", "program": program}
