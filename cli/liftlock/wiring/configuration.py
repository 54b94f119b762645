"""Wiring of what needs files alone: configuration, new repositories, CI files, the look at this machine."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock.adapters.ci_files import CiReport
    from liftlock.adapters.config_files.loader import Inspection
    from liftlock.adapters.new_repository import CreatedRepository
    from liftlock.core.config.loaded import LoadedProject
    from liftlock.core.config.provenance import Provenance
    from liftlock.core.diagnosis import Finding
    from liftlock.core.environment import Environment
    from liftlock.core.errors import ConfigError


def inspect_configuration(repo: Path | None) -> Inspection:
    """Everything that is wrong or worth knowing in the repository's files, data/ among them."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.adapters.config_files.loader import inspect_project
    from liftlock.adapters.config_files.repository import find_repository

    root = find_repository(repo or Path())
    found = inspect_project(root)
    names, problems = DataFiles(root).inspect(found.project.project.databases if found.project else None)
    together = tuple(sorted({*found.problems, *problems}))
    project = None if together else found.project
    return replace(found, project=project, problems=together, notes=found.notes if project else (), checked=(*found.checked, *names))


def configuration_error(inspection: Inspection) -> ConfigError:
    """The problems of an inspection as the error that says them all."""
    from liftlock.core.config.problems import config_error

    return config_error(inspection.problems, hint="every line is one thing to mend; then run liftlock config validate again")


def load_configuration(repo: Path | None) -> LoadedProject:
    """The checked environments repository."""
    from liftlock.adapters.config_files.loader import load_project
    from liftlock.adapters.config_files.repository import find_repository

    return load_project(find_repository(repo or Path()))


def resolve_configuration(repo: Path | None, environment: str) -> Environment:
    """The environment as declared; for a class of ephemeral ones, an instance named like the class."""
    from liftlock.adapters.config_files.environments import resolve_environment

    loaded = load_configuration(repo)
    name = loaded.find(environment)
    return resolve_environment(loaded, name, ephemeral=name if loaded.files.ephemeral(name) else None)


def explain_configuration(repo: Path | None, environment: str, path: str | None) -> list[Provenance]:
    """Every value at or below the path with its place."""
    from liftlock.adapters.config_files.environments import explain

    return explain(load_configuration(repo), environment, path)


def configuration_schema(name: str) -> dict[str, object]:
    """The JSON Schema of one kind of file."""
    from liftlock.adapters.config_files.schema import json_schema

    return json_schema(name)


def configuration_schemas() -> dict[str, str]:
    """The kinds of files that have a schema, with the files that they are for."""
    from liftlock.adapters.config_files.schema import FILES

    return dict(FILES)


def is_repository(folder: Path) -> bool:
    """Whether the folder is an environments repository already."""
    return (folder / "liftlock.yaml").is_file()


def add_ci(folder: Path, platforms: Sequence[str], *, force: bool) -> CiReport:
    """Writes the CI files of an environments repository that is there; nothing else of it changes."""
    from liftlock import __version__
    from liftlock.adapters.ci_files import declared_secrets, write_ci_files
    from liftlock.core.ci_pipeline import Platform
    from liftlock.core.ci_planning import plan_pipeline

    loaded = load_configuration(folder)
    branches = any(loaded.files.ephemeral(name) for name in loaded.environments)
    pipeline = plan_pipeline(loaded.project, version=__version__, branches=branches, secrets=declared_secrets(loaded))
    return write_ci_files(loaded.root, [Platform(name) for name in dict.fromkeys(platforms)], pipeline, force=force)


@dataclass(frozen=True, slots=True)
class Initialised:
    """A new environments repository and what to do next, as commands to type."""

    created: CreatedRepository
    next: tuple[str, ...]


def initialise(
    folder: Path,
    *,
    project: str | None,
    forge: str | None,
    registry: str | None,
    services: Sequence[str],
    images: Path | None,
    actor: str | None,
    id: str | None = None,
    platforms: Sequence[str] = (),
) -> Initialised:
    """Plans and makes a new environments repository, with the files of these CI platforms."""
    from liftlock import __version__
    from liftlock.adapters.ci_files import ci_files
    from liftlock.adapters.config_files.loader import inspect_project
    from liftlock.adapters.git_init import acting_identity
    from liftlock.adapters.new_repository import create_repository
    from liftlock.adapters.new_repository_inputs import read_images, with_forge
    from liftlock.core.ci_pipeline import Platform
    from liftlock.core.ci_planning import plan_pipeline
    from liftlock.core.initialisation import next_steps, plan_repository

    place = folder.resolve()
    known = read_images(images)
    chosen = id if id is not None else secrets.token_hex(4)
    plan = plan_repository(place, project=project, registry=registry, services=services, images=known, id=chosen)
    plan = with_forge(plan, forge)
    more = ci_files([Platform(name) for name in dict.fromkeys(platforms)], plan_pipeline(plan.declared, version=__version__))
    created = create_repository(plan, acting_identity(place, actor), more)
    return Initialised(created, next_steps(plan, folder, sound=inspect_project(created.folder).project is not None))


def diagnose(repo: Path | None) -> Sequence[Finding]:
    """What is there and what is missing; outside an environments repository only what every machine needs."""
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.diagnostics import diagnose as look
    from liftlock.core.errors import LiftlockError
    from liftlock.wiring.forges import describe_forge

    try:
        root = find_repository(repo or Path())
    except LiftlockError:
        if repo is not None:
            raise
        return look(None, None)
    project = load_configuration(root).project
    return look(root, project, lambda: describe_forge(root, project.forge))
