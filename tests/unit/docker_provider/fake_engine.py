"""What Docker would say of a container made from a create body: the body merged with its image, as `docker inspect` shows it."""

from __future__ import annotations

from typing import Any

from liftlock_engine.providers.docker.container_body import ContainerPlan

ID = "0123456789ab" + "c" * 52
IMAGE_ID = "sha256:" + "1" * 64


def inspect(plan: ContainerPlan, image: dict[str, Any], *, running: bool = True) -> dict[str, Any]:
    """The inspected container. image: the image's `Config`."""
    body = plan.body
    host = {"MemorySwap": 2 * body["HostConfig"].get("Memory", 0), "ShmSize": 64 << 20, "Runtime": "runc", "IpcMode": "private"}
    return {
        "Id": ID,
        "Name": f"/{plan.name}",
        "Image": IMAGE_ID,
        "Platform": "linux",
        "RestartCount": 0,
        "State": {"Status": "running" if running else "exited", "Running": running, "ExitCode": 0 if running else 137},
        "Config": _config(body, image),
        "HostConfig": host | body["HostConfig"],
        "NetworkSettings": {"Bridge": "", "Ports": {}, "Networks": _networks(plan)},
    }


def _config(body: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    named = {env.split("=")[0] for env in body["Env"]}
    entrypoint = body.get("Entrypoint")
    return {
        "Image": body["Image"],
        "Hostname": body.get("Hostname", ID[:12]),
        "Domainname": body.get("Domainname", ""),
        "User": body.get("User") or image.get("User", ""),
        "WorkingDir": body.get("WorkingDir") or image.get("WorkingDir", ""),
        "Tty": body.get("Tty", False),
        "OpenStdin": body.get("OpenStdin", False),
        "Env": body["Env"] + [env for env in image.get("Env", []) if env.split("=")[0] not in named],
        "Cmd": body.get("Cmd") or (None if entrypoint else image.get("Cmd")),
        "Entrypoint": entrypoint or image.get("Entrypoint"),
        "Labels": image.get("Labels", {}) | body["Labels"],
        "Volumes": {**image.get("Volumes", {}), **body.get("Volumes", {})} or None,
        "Healthcheck": _healthcheck(body.get("Healthcheck"), image.get("Healthcheck")),
        "StopTimeout": body.get("StopTimeout"),
        "StopSignal": body.get("StopSignal") or image.get("StopSignal"),
    }


def _healthcheck(own: dict[str, Any] | None, image: dict[str, Any] | None) -> dict[str, Any] | None:
    if own is None:
        return image
    kept = {key: value for key, value in own.items() if key != "StartInterval"}  # Docker 20.10 drops it
    return {**(image or {}), **{key: value for key, value in kept.items() if value}}


def _networks(plan: ContainerPlan) -> dict[str, Any]:
    if not plan.networks:
        return {"bridge": {"Aliases": None, "IPAMConfig": None, "IPAddress": "172.17.0.2"}}
    return {
        end.network: {
            "Aliases": [*end.config["Aliases"], ID[:12], plan.body.get("Hostname", ID[:12])],
            "IPAMConfig": end.config["IPAMConfig"],
            "DriverOpts": end.config.get("DriverOpts"),
            "NetworkID": f"id-of-{end.network}",
            "MacAddress": end.config.get("MacAddress", "02:42:ac:11:00:02"),
        }
        for end in plan.networks
    }
