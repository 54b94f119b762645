"""Removes what an earlier demo left, so that each starts fresh: its containers by their labels, its folder by its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import docker

LABELS: dict[str, str | list[str] | bool] = {"label": ["liftlock.managed=true", "liftlock.project=shop", "liftlock.project-id=demo"]}


def reset(folder: Path) -> None:
    """Nothing of an earlier demo is left afterwards; what other projects made is not touched."""
    client = docker.from_env()
    for container in client.containers.list(all=True, filters=LABELS):
        container.remove(force=True, v=True)
    for network in client.networks.list(filters=LABELS):
        network.remove()
    for volume in client.volumes.list(filters=LABELS):
        volume.remove(force=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
