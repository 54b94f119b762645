"""What people do behind liftlock's back: changes by hand to a running environment."""

from __future__ import annotations

import shlex
from typing import Any

import docker


def container(service: str, role: str = "service") -> Any:
    """The running container of a service in staging."""
    labels = ["liftlock.project=shop", "liftlock.environment=staging", f"liftlock.role={role}"]
    if role == "service":
        labels.append(f"liftlock.service={service}")
    (found,) = docker.from_env().containers.list(filters={"label": labels})
    return found


def recreate_command(service: str, *, variable: str, label: str) -> list[str]:
    """The commands with which somebody re-creates a container by hand with another variable and one more label."""
    found = container(service)
    config, network = found.attrs["Config"], next(iter(found.attrs["NetworkSettings"]["Networks"]))
    name = variable.partition("=")[0]
    envs = [item for item in config["Env"] if not item.startswith(f"{name}=")] + [variable]
    options = [f"--env={item}" for item in envs] + [f"--label={key}={value}" for key, value in config["Labels"].items()]
    host = found.attrs["HostConfig"]
    health = config["Healthcheck"]
    options += [f"--label={label}", f"--network={network}", f"--network-alias={found.name}", f"--memory={host['Memory']}"]
    options += [
        f"--restart={host['RestartPolicy']['Name']}",
        f"--health-cmd={health['Test'][1]}",
        f"--health-interval={health['Interval']}ns",
    ]
    run = ["docker", "run", "-d", f"--name={found.name}", *options, found.image.id, *(config["Cmd"] or ())]
    return [f"docker rm -f {found.name}", shlex.join(run)]
