"""The Docker runtime as it is: read and swept by ownership labels only."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound

from liftlock.adapters.docker_client import connect, wrapped
from liftlock.core.errors import UsageError
from liftlock.core.ports import Health, RunningPart

_CHECK_SECONDS = 2.0  # that a container's own health check may take where somebody only looks
_STATES = {
    "exited": Health.STOPPED,
    "dead": Health.STOPPED,
    "created": Health.STOPPED,
    "paused": Health.STOPPED,
    "restarting": Health.UNHEALTHY,
}


class DockerRuntime:
    """Runtime port on a Docker engine; connects when first asked. project_id: only what carries it too is ours; None asks for no id."""

    def __init__(self, project_id: str | None = None) -> None:
        self._project_id = project_id

    @cached_property
    def _client(self) -> APIClient:
        return connect()

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        """Every labelled container of the project, or of one environment; one listing."""
        with wrapped():
            found = self._client.containers(all=True, filters={"label": self._labels(project, environment)})
            return [self._settled(item["Id"], _part(item)) for item in found]

    def _settled(self, id_: str, part: RunningPart) -> RunningPart:
        """What is called starting until Docker's first interval is over is well as soon as its own health check says so."""
        return replace(part, health=Health.HEALTHY) if part.health is Health.STARTING and self._passes(id_) else part

    def _passes(self, id_: str) -> bool:
        from liftlock_engine.providers.docker.own_check import check_command  # noqa: PLC0415 - rarely needed, and loads the provider

        try:
            command = check_command(self._client.inspect_container(id_))
            running = self._client.exec_create(id_, list(command), stdout=False, stderr=False)["Id"] if command else None
            if running is None:
                return False
            self._client.exec_start(running, detach=True)
            until = time.monotonic() + _CHECK_SECONDS
            while (found := self._client.exec_inspect(running))["Running"] and time.monotonic() < until:
                time.sleep(0.02)
        except APIError:  # it went, or was stopped, since it was listed
            return False
        return bool(found["ExitCode"] == 0)

    def _labels(self, project: str, environment: str | None) -> list[str]:
        owner = [] if self._project_id is None else [f"liftlock.project-id={self._project_id}"]
        return [f"liftlock.project={project}", *owner, *([f"liftlock.environment={environment}"] if environment else [])]

    def free_port(self, candidates: Sequence[int]) -> int | None:
        """The first candidate that nothing listens on, neither a process here nor a container of the engine."""
        with wrapped():
            containers = self._client.containers(all=True)
        published = {port["PublicPort"] for item in containers for port in item.get("Ports") or () if "PublicPort" in port}
        return next((port for port in candidates if port not in published and _can_bind(port)), None)

    def logs(self, project: str, environment: str, service: str, *, lines: int) -> str:
        """The last lines of the newest container of the service."""
        with wrapped():
            labels = [*self._labels(project, environment), f"liftlock.service={service}"]
            found = self._client.containers(all=True, filters={"label": labels})
            if not found:
                raise UsageError(f"{environment} runs no {service}", hint=f"liftlock env status {environment} lists what runs")
            newest = max(found, key=lambda item: int(item["Created"]))
            return self._client.logs(newest["Id"], tail=lines).decode(errors="replace")

    def sweep(self, project: str, environment: str) -> Sequence[str]:
        """Containers, then networks, then volumes that carry both ownership labels; their names."""
        chosen = {"label": ["liftlock.managed=true", *self._labels(project, environment)]}
        client, removed = self._client, []
        with wrapped():
            for item in client.containers(all=True, filters=chosen):
                _forgive(client.remove_container, item["Id"], v=True, force=True)
                removed.append(item["Names"][0].lstrip("/"))
            for network in client.networks(filters=chosen):
                _forgive(client.remove_network, network["Id"])
                removed.append(network["Name"])
            for volume in client.volumes(filters=chosen).get("Volumes") or ():
                _forgive(client.remove_volume, volume["Name"], force=True)
                removed.append(volume["Name"])
        return removed


def _forgive(remove: Any, name: str, **options: Any) -> None:
    """Removes what may be gone already."""
    with suppress(NotFound):
        remove(name, **options)


def _part(item: dict[str, Any]) -> RunningPart:
    labels = item["Labels"]
    return RunningPart(
        environment=labels.get("liftlock.environment", ""),
        service=labels.get("liftlock.service", ""),
        role=labels.get("liftlock.role", ""),
        image=labels.get("liftlock.image", item["Image"]),
        health=_health(item["State"], item["Status"]),
        created=datetime.fromtimestamp(item["Created"]).astimezone(),
        name=item["Names"][0].lstrip("/"),
        ports=tuple((port["PrivatePort"], port["PublicPort"]) for port in item.get("Ports") or () if "PublicPort" in port),
    )


def _health(state: str, status: str) -> Health:
    """Docker says the health inside its status text; a running container without a check is as healthy as can be known."""
    if state != "running":
        return _STATES.get(state, Health.UNKNOWN)
    if "(unhealthy)" in status:
        return Health.UNHEALTHY
    return Health.STARTING if "(health: starting)" in status else Health.HEALTHY


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as err:
            if err.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True
