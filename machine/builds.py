"""Images as content: what goes into a build, the tag that follows from it, and the build itself.

A tag is the hash of the Dockerfile, its files, its arguments and the image below, so an image that has its tag needs no build.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from machine.steps import run, step

_SKIPPED = {"__pycache__", "README.md", "example.cfg"}


@dataclass(frozen=True, slots=True)
class ContextFile:
    """One file of a build context."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """One image to build. below: the build argument that takes the image it stands on. args: further build arguments.

    names: tags for people (`v1`) that the registry shall have beside the content tag.
    """

    repository: str
    context: tuple[ContextFile, ...] = field(repr=False)
    below: tuple[str, Image] | None = None
    args: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The content hash: 16 hex digits."""
        digest = hashlib.sha256()
        for file in sorted(self.context, key=lambda file: file.path):
            digest.update(f"{file.path}\0{file.executable}\0{len(file.content)}\0".encode() + file.content)
        digest.update(repr(self.args).encode())
        if self.below is not None:
            digest.update(self.below[1].tag.encode())
        return digest.hexdigest()[:16]

    @property
    def local(self) -> str:
        """What the engine calls it."""
        return f"{self.repository}:{self.tag}"


def read_context(folder: Path, *, extra: Mapping[str, bytes] | None = None) -> tuple[ContextFile, ...]:
    """Every file of the folder, except documentation and byte code, and the extra ones."""
    files = [
        ContextFile(path.relative_to(folder).as_posix(), path.read_bytes(), os.access(path, os.X_OK))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _SKIPPED & set(path.relative_to(folder).parts)
    ]
    return (*files, *(ContextFile(path, content) for path, content in sorted((extra or {}).items())))


def context_tar(files: tuple[ContextFile, ...]) -> bytes:
    """The build context as a tar that is the same for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.path)
            entry.size = len(file.content)
            entry.mode = 0o755 if file.executable else 0o644
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def build(image: Image, arguments: Mapping[str, str], *, title: str) -> None:
    """Builds the image under its content tag. arguments: build arguments that are no part of its content (proxies, the root image)."""
    given = {**dict(image.args), **arguments}
    if image.below is not None:
        given[image.below[0]] = image.below[1].local
    command = ["docker", "build", "--quiet", "--network=host", "--tag", image.local]
    for name, value in given.items():
        # A value in the environment instead of the command line: other users of the machine see the latter.
        command += ["--build-arg", name if name in arguments else f"{name}={value}"]
    environment = {**os.environ, **arguments, **builder_environment()}
    with step(title):
        run(
            [*command, "-"],
            stdin=context_tar(image.context),
            env=environment,
            way_out=f"repair the Dockerfile of {image.repository}, or the network",
        )


def builder_environment() -> dict[str, str]:
    """Settings under which either builder works: buildx on the engine itself, or the classic one where buildx is not installed."""
    found = subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False)
    if found.returncode != 0:
        return {"DOCKER_BUILDKIT": "0"}
    context = subprocess.run(["docker", "context", "show"], capture_output=True, check=False).stdout.decode().strip()
    # Another builder than the engine's own cannot see the images that we build on. An attestation would make of each image an index of two.
    return {"DOCKER_BUILDKIT": "1", "BUILDX_BUILDER": context or "default", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def local_tags() -> frozenset[str]:
    """`repository:tag` of every image in the engine that carries our label."""
    listed = run(
        ["docker", "images", "--filter", "label=liftlock.managed=true", "--format", "{{.Repository}}:{{.Tag}}"],
        way_out="look at: docker images",
    )
    return frozenset(listed.split())
