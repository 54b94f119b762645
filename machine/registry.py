"""The local registry: a container of ours on the loopback address, and the few questions we ask it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machine.steps import StepError, run, say, step

NAME = "liftlock-registry"
FIRST_PORT = 5480
_TRIED_PORTS = 40
_MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("docker.distribution.manifest.v2", "docker.distribution.manifest.list.v2", "oci.image.manifest.v1", "oci.image.index.v1")
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry on a loopback port."""

    port: int

    @property
    def host(self) -> str:
        """The part of an image reference before the repository."""
        return f"127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether a registry is there."""
        return self._ask("GET", "/v2/").status == http.client.OK

    def digest(self, repository: str, tag: str) -> str | None:
        """The digest that the tag stands for; None where the registry has no such tag or does not answer."""
        answer = self._ask("HEAD", f"/v2/{repository}/manifests/{tag}")
        return answer.digest if answer.status == http.client.OK else None

    def name(self, repository: str, tag: str, name: str) -> None:
        """Lets `name` stand for what `tag` stands for."""
        found = self._ask("GET", f"/v2/{repository}/manifests/{tag}")
        put = self._ask("PUT", f"/v2/{repository}/manifests/{name}", body=found.body, kind=found.kind)
        if put.status != http.client.CREATED:
            raise StepError(f"{self.host} refused the tag {repository}:{name} (status {put.status})", way_out=f"see: docker logs {NAME}")

    def _ask(self, method: str, path: str, *, body: bytes | None = None, kind: str = "") -> _Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers={"Accept": _MANIFESTS, **({"Content-Type": kind} if kind else {})})
            response = connection.getresponse()
            headers = response.headers
            return _Answer(response.status, response.read(), headers.get("Content-Type", ""), headers.get("Docker-Content-Digest", ""))
        except (OSError, http.client.HTTPException):
            return _Answer(0)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes = b""
    kind: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The registry container as it is: its image, whether it runs, and the port it was given."""

    image: str
    running: bool
    port: int | None


def find_registry() -> Found | None:
    """Our registry container, None where there is none."""
    asked = subprocess.run(["docker", "container", "inspect", NAME], capture_output=True, check=False)
    return parse_container(json.loads(asked.stdout)[0]) if asked.returncode == 0 else None


def parse_container(inspected: Mapping[str, object]) -> Found:
    """What `docker container inspect` says, as far as we care."""
    config, state, host = (_object(inspected, key) for key in ("Config", "State", "HostConfig"))
    bindings = _object(host, "PortBindings").get("5000/tcp")
    port = bindings[0]["HostPort"] if isinstance(bindings, list) and bindings else ""
    return Found(str(config.get("Image")), state.get("Running") is True, int(port) if port else None)


def _object(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def ports_to_try(found: Found | None, wanted: str | None) -> Sequence[int]:
    """The ports on which the registry may be, best first: the one asked for, the one it had, or the first free of a row."""
    if wanted:
        if not wanted.isdigit() or not 0 < int(wanted) < 65536:
            raise StepError(f'LIFTLOCK_REGISTRY_PORT is "{wanted}"', way_out="give it a port number, or unset it")
        return [int(wanted)]
    kept = [found.port] if found is not None and found.port is not None else []
    return [*kept, *(port for port in range(FIRST_PORT, FIRST_PORT + _TRIED_PORTS) if port not in kept)]


def port_is_free(port: int) -> bool:
    """Whether nothing listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def ensure_registry(image: str) -> Registry:
    """The registry, running from this image, on its port; its storage is a volume and outlives the container."""
    wanted = os.environ.get("LIFTLOCK_REGISTRY_PORT")
    found = find_registry()
    candidates = ports_to_try(found, wanted)
    if found is not None and found.image == image and found.port in candidates[:1] and _runs_again(found):
        return _wait(Registry(candidates[0]))
    with step("starting the registry"):
        if found is not None:
            run(["docker", "rm", "--force", NAME], way_out=f"remove it by hand: docker rm -f {NAME}")
        return _wait(Registry(_start(image, candidates)))


def _runs_again(found: Found) -> bool:
    """Whether the container runs, started if need be; it cannot where something else has taken its port since."""
    if found.running:
        return True
    say(f"       starting the registry again on port {found.port}")
    return subprocess.run(["docker", "start", NAME], capture_output=True, check=False).returncode == 0


def _start(image: str, candidates: Sequence[int]) -> int:
    """Makes the container on the first candidate that is free, and returns that port."""
    labels = ["--label", "liftlock.managed=true", "--label", "liftlock.role=machine"]
    run(["docker", "volume", "create", *labels, NAME], way_out="look at: docker volume ls")
    command = ["docker", "run", "--detach", "--name", NAME, *labels, "--restart", "unless-stopped", "--volume", f"{NAME}:/var/lib/registry"]
    for port in candidates:
        if not port_is_free(port):
            continue
        started = subprocess.run([*command, "--publish", f"127.0.0.1:{port}:5000", image], capture_output=True, check=False)
        if started.returncode == 0:
            return port
        subprocess.run(["docker", "rm", "--force", NAME], capture_output=True, check=False)
        reason = started.stderr.decode(errors="replace").strip()
        if "port is already allocated" not in reason and "address already in use" not in reason:
            raise StepError(reason, way_out="look at: docker ps -a")
    tried = ", ".join(map(str, candidates[:5])) + (" ..." if len(candidates) > 5 else "")
    raise StepError(f"no free port for the registry among {tried}", way_out="name a free one: LIFTLOCK_REGISTRY_PORT=6480 make images")


def _wait(registry: Registry) -> Registry:
    deadline = time.monotonic() + 30
    while not registry.answers():
        if time.monotonic() > deadline:
            raise StepError(f"the registry on {registry.host} does not answer", way_out=f"see: docker logs {NAME}")
        time.sleep(0.05)
    return registry
