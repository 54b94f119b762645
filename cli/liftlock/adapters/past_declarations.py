"""What an old commit of the environments repository declares. Apart from adapters/past.py, as it loads what most looks back do not need."""

from __future__ import annotations

from pathlib import Path

from liftlock.adapters.committed_config import load_committed
from liftlock.adapters.config_files.environments import resolve_environment
from liftlock.adapters.config_files.loader import load_project
from liftlock.core.config.shown import environment_document
from liftlock.core.errors import LiftlockError
from liftlock.core.ports.past import Declared
from liftlock.core.project import Project


def base_branch(root: Path) -> str:
    """The base branch that the checkout's liftlock.yaml names."""
    return load_project(root).project.forge.base


def project_at(root: Path, commit: str) -> Project:
    """What liftlock.yaml declares at the commit."""
    return load_committed(root, commit).project


def declared_at(root: Path, commit: str, environment: str) -> Declared | None:
    """The environment's declaration at the commit; None where it cannot be read."""
    try:
        found = resolve_environment(load_committed(root, commit), environment)
    except LiftlockError:
        return None
    return Declared(found.config, found.data, environment_document(found))
