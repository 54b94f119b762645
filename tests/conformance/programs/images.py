"""The images that the recorded programs name: two tiny ones that differ in one file, made from this machine's own shell."""

import subprocess

from tests.images import tiny_image as image

__all__ = ["image", "outside"]


def outside(*cmd):
    done = subprocess.run(cmd, capture_output=True, text=True)
    return {"exit": done.returncode}
