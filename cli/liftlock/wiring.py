"""The composition root: the only module that knows both services and adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock.adapters.config_files.loader import Inspection
    from liftlock.core.config.loaded import LoadedProject
    from liftlock.core.config.provenance import Provenance
    from liftlock.core.environment import Environment
    from liftlock.core.errors import ConfigError


# --- configuration and init ---------------------------------------------------------------------------------------------------------------
# Imported when called: `config` and `init` need neither Docker nor Pulumi, and `--help` needs none of this.


def inspect_configuration(repo: Path | None) -> Inspection:
    """Everything that is wrong or worth knowing in the repository's files."""
    from liftlock.adapters.config_files.loader import inspect_project  # noqa: PLC0415
    from liftlock.adapters.config_files.repository import find_repository  # noqa: PLC0415

    return inspect_project(find_repository(repo or Path()))


def configuration_error(inspection: Inspection) -> ConfigError:
    """The problems of an inspection as the error that says them all."""
    from liftlock.core.config.problems import config_error  # noqa: PLC0415

    return config_error(inspection.problems, hint="every line is one thing to mend; then run liftlock config validate again")


def load_configuration(repo: Path | None) -> LoadedProject:
    """The checked environments repository."""
    from liftlock.adapters.config_files.loader import load_project  # noqa: PLC0415
    from liftlock.adapters.config_files.repository import find_repository  # noqa: PLC0415

    return load_project(find_repository(repo or Path()))


def resolve_configuration(repo: Path | None, environment: str) -> Environment:
    """The environment as declared; for a class of ephemeral ones, an instance named like the class."""
    from liftlock.adapters.config_files.environments import resolve_environment  # noqa: PLC0415

    loaded = load_configuration(repo)
    name = loaded.find(environment)
    return resolve_environment(loaded, name, ephemeral=name if loaded.files.ephemeral(name) else None)


def explain_configuration(repo: Path | None, environment: str, path: str | None) -> list[Provenance]:
    """Every value at or below the path with its place."""
    from liftlock.adapters.config_files.environments import explain  # noqa: PLC0415

    return explain(load_configuration(repo), environment, path)


def configuration_schema(name: str) -> dict[str, object]:
    """The JSON Schema of one kind of file."""
    from liftlock.adapters.config_files.schema import json_schema  # noqa: PLC0415

    return json_schema(name)


def configuration_schemas() -> dict[str, str]:
    """The kinds of files that have a schema, with the files that they are for."""
    from liftlock.adapters.config_files.schema import FILES  # noqa: PLC0415

    return dict(FILES)
