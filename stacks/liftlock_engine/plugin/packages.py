"""Which packages can be served as plugins, and what each needs to be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from liftlock_engine.providers.port import Provider


@dataclass(frozen=True, slots=True)
class Package:
    """A provider as a plugin. version: of the SDK whose resources it serves. schema: Pulumi's description of it, made when asked for."""

    name: str
    version: str
    provider: Provider
    schema: Callable[[], Mapping[str, Any]]


PACKAGES = ("docker",)


def open_package(name: str, version: str, owner_labels: tuple[str, ...]) -> Package:
    """The package of that name (one of PACKAGES). What it takes is imported now and not before: a plugin serves one only."""
    from liftlock_engine.providers.docker.package_schema import package_schema  # noqa: PLC0415
    from liftlock_engine.providers.docker.provider import DockerProvider  # noqa: PLC0415

    return Package(name, version, DockerProvider(owner_labels=owner_labels), lambda: package_schema(version))
