"""What the files declare of one environment, where a command needs no more than that. Nothing outside is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from liftlock.adapters.config_files.environments import resolve_environment
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.config.tree import entries_at, scalar_at
from liftlock.core.environment import DataSource, DataSpec, Environment
from liftlock.core.errors import ConfigError
from liftlock.core.fingerprint import data_version
from liftlock.core.image import ImageRef


def branch_instance(loaded: LoadedProject, name: str, images: Mapping[str, ImageRef], source: DataSource | None = None) -> Environment:
    """The class of ephemeral environments as the instance `name`, with some images in place of the released ones.

    source: where the rows of every database come from, in place of what is declared.
    """
    cls = next((item for item in loaded.environments if loaded.files.ephemeral(item)), None)
    if cls is None:
        raise ConfigError("no environment has `class: ephemeral`", hint="declare one in environments/branch.yaml")
    declared = resolve_environment(loaded, cls, ephemeral=name)
    services = tuple(replace(item, image=images.get(item.name, item.image)) for item in declared.services)
    branch = replace(declared, services=services)
    if source is None:
        return branch
    databases = tuple(replace(item, data=_from_source(item.data, source)) for item in branch.databases)
    filled = replace(branch, databases=databases)
    return replace(filled, data=data_version(filled, loaded.files.data))


def _from_source(data: DataSpec, source: DataSource) -> DataSpec:
    return replace(data, source=source, snapshot=data.snapshot if source is DataSource.ANONYMISED else None)


def left_out(loaded: LoadedProject, name: str) -> frozenset[str]:
    """The project's services that the environment does not declare."""
    if name not in loaded.environments:
        return frozenset()
    declared = {entry.key.text for entry in entries_at(loaded.files.merged(name, None).root, "services")}
    return frozenset(service for service, _ in loaded.project.services if service not in declared)


def declares_protection(loaded: LoadedProject, name: str) -> bool:
    """Whether the environment is declared, and declared as protected."""
    return name in loaded.environments and scalar_at(loaded.files.merged(name, None).root, "protected") is True
