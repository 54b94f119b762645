"""RemoteImage by digest from a local registry, and RegistryImage-less Tag; keep_locally."""
import os, pulumi, pulumi_docker as docker
from images import push_image, pushed_digest

NAME, PACKAGES = "docker-images", ["docker"]
REGISTRY = os.environ.get("REFERENCE_REGISTRY", "127.0.0.1:5000")


def push(stack):
    return [push_image(REGISTRY, tag) for tag in (1, 2)]


def digest(tag):
    return pushed_digest(REGISTRY, tag)


def make(tag):
    def program():
        img = docker.RemoteImage("img", name=digest(tag), keep_locally=True)
        docker.Container("box", name="ref-image-box", image=img.image_id, command=["sleep", "1000"])
        pulumi.export("digest", img.repo_digest)
    return program


def steps():
    yield {"name": "push two images", "outside": push, "says": "push reference/box:1 and :2 to a local registry"}
    yield {"name": "deploy digest 1", "op": "up", "program": make(1)}
    yield {"name": "no change", "op": "up", "program": make(1)}
    yield {"name": "preview digest 2", "op": "preview", "program": make(2)}
    yield {"name": "deploy digest 2", "op": "up", "program": make(2)}
    yield {"name": "destroy", "op": "destroy", "program": make(2)}
