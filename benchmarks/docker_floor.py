"""Docker's own time for the objects of an environment: the same calls by hand, one after the other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker import APIClient
from docker.utils import kwargs_from_env

_MADE = "liftlock.benchmark"
# Who needs whom: the volumes and the network first, then the order in which an environment comes to life.
_ORDER = ("database", "router", "migrate", "service", "routes")


@dataclass(frozen=True, slots=True)
class Objects:
    """What an environment is made of, as Docker describes it."""

    network: Mapping[str, Any]
    volumes: tuple[str, ...]
    containers: tuple[Mapping[str, Any], ...]


def client() -> APIClient:
    """A client of the engine that the environment names."""
    return APIClient(**kwargs_from_env(), version="auto", timeout=120)


def labelled_objects(project: str, environment: str) -> Objects:
    """The objects of a running environment, in the order in which they can be made again."""
    api = client()
    chosen = {"label": [f"liftlock.project={project}", f"liftlock.environment={environment}"]}
    containers = [api.inspect_container(item["Id"]) for item in api.containers(all=True, filters=chosen)]
    (network,) = api.networks(filters=chosen)
    volumes = tuple(item["Name"] for item in api.volumes(filters=chosen)["Volumes"])
    return Objects(network, volumes, tuple(sorted(containers, key=_place)))


def copy_objects(objects: Objects, suffix: str) -> float:
    """Makes each object again under another name; seconds until all are there, healthy, or ended."""
    api = client()
    began = time.monotonic()
    network = api.create_network(objects.network["Name"] + suffix, labels={_MADE: suffix})["Id"]
    for volume in objects.volumes:
        api.create_volume(volume + suffix, labels={_MADE: suffix})
    for container in objects.containers:
        _copy(api, container, network, suffix)
    return time.monotonic() - began


def remove_copies(suffix: str) -> None:
    """Removes what copy_objects made."""
    remove_labelled({"label": [f"{_MADE}={suffix}"]})


def remove_project(project: str) -> None:
    """Removes everything of a benchmark's project."""
    remove_labelled({"label": [f"liftlock.project={project}"]})


def remove_labelled(chosen: dict[str, list[str]]) -> None:
    """Removes the containers, networks and volumes that this filter chooses."""
    api = client()
    for item in api.containers(all=True, filters=chosen):
        api.remove_container(item["Id"], force=True, v=True)
    for network in api.networks(filters=chosen):
        api.remove_network(network["Id"])
    for volume in api.volumes(filters=chosen)["Volumes"] or ():
        api.remove_volume(volume["Name"], force=True)


def _place(container: Mapping[str, Any]) -> tuple[int, str]:
    labels = container["Config"]["Labels"]
    role, name = labels["liftlock.role"], labels.get("liftlock.service", "")
    kind = ("routes" if name == "routes" else "migrate") if role == "job" else role
    return _ORDER.index(kind), name


def _copy(api: APIClient, container: Mapping[str, Any], network: str, suffix: str) -> None:
    config, host = container["Config"], container["HostConfig"]
    binds = [_renamed(bind, suffix) for bind in host["Binds"] or ()]
    made = api.create_container(
        image=config["Image"],
        command=config["Cmd"],
        entrypoint=config["Entrypoint"],
        environment=config["Env"],
        labels={_MADE: suffix},
        name=container["Name"].lstrip("/") + suffix,
        ports=[tuple(port.split("/")) for port in host["PortBindings"] or ()],
        healthcheck=_health(config.get("Healthcheck")),
        host_config=api.create_host_config(
            binds=binds, port_bindings=dict.fromkeys(host["PortBindings"] or (), ("127.0.0.1",)), mem_limit=host["Memory"] or None
        ),
    )["Id"]
    (endpoint,) = (item for name, item in container["NetworkSettings"]["Networks"].items() if name != "bridge")
    aliases = [alias for alias in endpoint["Aliases"] or () if not container["Id"].startswith(alias)]
    api.disconnect_container_from_network(made, "bridge")
    api.connect_container_to_network(made, network, aliases=aliases)
    api.start(made)
    _wait(api, made, is_job=container["Config"]["Labels"]["liftlock.role"] == "job", checked=bool(config.get("Healthcheck")))


def _wait(api: APIClient, made: str, *, is_job: bool, checked: bool) -> None:
    """Until a job has ended, or a container with a health check is healthy."""
    if is_job:
        api.wait(made)
        return
    while checked and api.inspect_container(made)["State"]["Health"]["Status"] != "healthy":
        time.sleep(0.02)


def _renamed(bind: str, suffix: str) -> str:
    name, _, rest = bind.partition(":")
    return f"{name}{suffix}:{rest}"


def _health(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not found:
        return None
    names = {"Test": "test", "Interval": "interval", "Timeout": "timeout", "Retries": "retries", "StartPeriod": "start_period"}
    return {ours: found[theirs] for theirs, ours in names.items() if theirs in found}
