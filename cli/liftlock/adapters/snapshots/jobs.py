"""Containers that run a script to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from docker import APIClient
from docker.errors import APIError, ImageNotFound, NotFound

from liftlock.adapters.docker_client import ROOM
from liftlock.core.errors import LiftlockError

_SECONDS = 6 * 3600
_NO_ROOM = ("No space left on device", "53100")  # the system's words, and PostgreSQL's number where its words may quote rows


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume in a container. target: the folder there."""

    volume: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What a container is to do. what: for people. network: a network mode; "none" starts fastest."""

    name: str
    what: str
    image: str
    script: str
    mounts: Sequence[Mounted]
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    arguments: Sequence[str] = ()
    network: str = "none"


def create_job(client: APIClient, job: Job) -> str:
    """The container, not started; its id. Its existence says that the work is not done."""
    ensure_image(client, job.image)
    binds = [f"{mounted.volume}:{mounted.target}:{'ro' if mounted.read_only else 'rw'},nocopy" for mounted in job.mounts]
    made = client.create_container(
        job.image,
        entrypoint=["/bin/sh", "-c", job.script, "sh"],
        command=list(job.arguments),
        user="0",
        name=job.name,
        labels=dict(job.labels),
        environment=dict(job.environment),
        host_config=client.create_host_config(binds=binds, network_mode=job.network),
    )
    return str(made["Id"])


def run_job(client: APIClient, id_: str, what: str) -> str:
    """Starts it and waits for its end; what it printed. LiftlockError with its last words where it fails. The container stays."""
    client.start(id_)
    code = int(client.wait(id_, timeout=_SECONDS)["StatusCode"])
    said = client.logs(id_, stdout=True, stderr=True, tail=20).decode(errors="replace").strip()
    if code != 0:
        raise failure_of(what, said)
    return said


def failure_of(what: str, said: str) -> LiftlockError:
    """The error of a program that printed this and failed. what: it was to do."""
    if any(word in said for word in _NO_ROOM):
        return LiftlockError(f"{what}: there is no room left where Docker keeps its volumes", hint=ROOM)
    return LiftlockError(f"{what}: {_last_words(said)}")


def remove_container(client: APIClient, name: str) -> None:
    """Whatever it does; one that is gone is fine."""
    with suppress(NotFound):
        client.remove_container(name, v=True, force=True)


def remove_volume(client: APIClient, name: str) -> bool:
    """Whether it is gone; one that a container uses stays."""
    try:
        client.remove_volume(name)
    except NotFound:
        return True
    except APIError as err:
        if err.status_code != 409:
            raise
        return False
    return True


def find_container(client: APIClient, name: str) -> dict[str, Any] | None:
    """What Docker knows of it."""
    with suppress(NotFound):
        found: dict[str, Any] = client.inspect_container(name)
        return found
    return None


def ensure_image(client: APIClient, image: str) -> None:
    """Pulls it where it is not there."""
    inspect: Any = client.inspect_image  # the type stubs lack it
    try:
        inspect(image)
    except ImageNotFound:
        repository, _, digest = image.partition("@")
        client.pull(repository, tag=digest or None)


def _last_words(said: str) -> str:
    """The lines that tell, without those that may quote rows."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith(("DETAIL", "CONTEXT", "STATEMENT", "LINE"))]
    return "; ".join(lines[-3:]) or "it failed and said nothing"
