"""The engine that a project declares."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from liftlock.adapters.docker_client import docker_endpoint
from liftlock.adapters.secret_sources import SecretSources
from liftlock.core.config.text_rules import BACKEND_URL
from liftlock.core.engine_report import EngineReport
from liftlock.core.errors import ConfigError
from liftlock.core.ports import Engine, Progress
from liftlock.core.project import DockerProvider, EngineKind, EngineSettings, Project
from liftlock.wiring.keys import passphrase_of, state_folder


def declared_engine(root: Path, project: Project, progress: Progress) -> Engine:
    """The engine that runs; each is loaded only where it is the one."""
    settings, sources = project.engine, SecretSources(root)
    passphrase = passphrase_of(root, settings.passphrase)
    if settings.choice.kind is EngineKind.PULUMI:
        return _pulumi(root, project, progress, backend_url(settings, sources), passphrase)
    from liftlock.adapters.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(project.name, state_folder(root, settings), passphrase, docker_endpoint(), progress)


def backend_url(settings: EngineSettings, sources: SecretSources) -> str | None:
    """The URL of a backend other than files."""
    if settings.files is not None or settings.backend is None:
        return None
    if not settings.backend.startswith("env:"):
        return settings.backend
    url = sources.resolve(settings.backend)
    if not BACKEND_URL.fits(url):
        raise ConfigError(f"engine.backend: {settings.backend} does not hold the URL of a backend", hint=BACKEND_URL.says)
    return url


def describe_engine(root: Path, project: Project, progress: Progress) -> EngineReport:
    """Which engine runs, why, and what its state holds."""
    from liftlock.adapters.engines.inspection import EnginePlace, inspect_engine
    from liftlock.adapters.engines.pulumi.settings import WORK

    settings = project.engine
    backend = None if settings.files is not None else settings.backend
    place = EnginePlace(project.name, state_folder(root, settings), root / WORK, backend)
    return inspect_engine(settings, place, lambda: declared_engine(root, project, progress))


def _pulumi(root: Path, project: Project, progress: Progress, backend: str | None, passphrase: Callable[[], str]) -> Engine:
    from liftlock.adapters.engines.pulumi.engine import PulumiEngine
    from liftlock.adapters.engines.pulumi.settings import WORK, PulumiSettings

    settings = project.engine
    return PulumiEngine(
        PulumiSettings(
            project=project.name,
            state=state_folder(root, settings),
            work=root / WORK,
            passphrase=passphrase,
            backend=backend,
            secrets_provider=settings.secrets_provider,
            docker_plugin=settings.docker_provider is DockerProvider.LIFTLOCK,
            # Where the variable is set, the CLI has it already, with what belongs to it (certificates, API version).
            docker_endpoint=None if "DOCKER_HOST" in os.environ else docker_endpoint(),
        ),
        progress,
    )
