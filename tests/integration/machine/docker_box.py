"""Containers for one test, through the docker command: all of them are gone when the test ends."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass(slots=True)
class DockerBox:
    """A network of its own, with named containers and volumes."""

    prefix: str = field(default_factory=lambda: f"liftlock-test-{uuid.uuid4().hex[:8]}")
    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def docker(self, *arguments: str, check: bool = True, timeout: float = 60) -> Ended:
        """Runs the docker command."""
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments[:4])}: {done.stderr}")
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, name: str, image: str, *command: str, options: Sequence[str] = (), env: Mapping[str, str] | None = None) -> str:
        """Starts a container in the box's network, reachable there by `name`; its full name."""
        full = f"{self.prefix}-{name}"
        self.containers.append(full)
        network = ["--network", self.prefix, "--network-alias", name]
        self.docker("run", "--detach", "--name", full, *network, *_variables(env), *options, image, *command)
        return full

    def job(self, image: str, *command: str, options: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Ended:
        """Runs a container to its end."""
        return self.docker("run", "--rm", *_variables(env), *options, image, *command, check=False)

    def volume(self, name: str) -> str:
        """A new volume; its full name."""
        full = f"{self.prefix}-{name}"
        self.volumes.append(full)
        self.docker("volume", "create", full)
        return full

    def port(self, container: str, internal: int) -> int:
        """The loopback port on which a container's port is published."""
        found = json.loads(self.docker("container", "inspect", container).out)[0]["NetworkSettings"]["Ports"]
        return int(found[f"{internal}/tcp"][0]["HostPort"])

    def open(self) -> None:
        """Makes the network."""
        self.docker("network", "create", self.prefix)

    def close(self) -> None:
        """Removes everything."""
        if self.containers:
            self.docker("rm", "--force", "--volumes", *self.containers, check=False)
        if self.volumes:
            self.docker("volume", "rm", "--force", *self.volumes, check=False)
        self.docker("network", "rm", self.prefix, check=False)


def _variables(env: Mapping[str, str] | None) -> list[str]:
    return [part for name, value in (env or {}).items() for part in ("--env", f"{name}={value}")]
