"""The images that the recorded programs name: two tiny ones that differ in one file, made from this machine's own shell."""

import subprocess

from tests.images import tiny_image as image

__all__ = ["image", "outside", "push_image", "pushed_digest"]


def outside(*cmd):
    done = subprocess.run(cmd, capture_output=True, text=True)
    return {"exit": done.returncode}


def push_image(registry, tag):
    name = f"{registry}/reference/box:{tag}"
    subprocess.run(["docker", "tag", image(tag), name], check=True)
    subprocess.run(["docker", "push", name], capture_output=True, check=True)


def pushed_digest(registry, tag):
    shown = ["docker", "image", "inspect", "-f", "{{range .RepoDigests}}{{println .}}{{end}}", f"{registry}/reference/box:{tag}"]
    found = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.split()
    return next(name for name in found if name.startswith(f"{registry}/reference/box@"))
