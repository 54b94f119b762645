"""The project as declared in liftlock.yaml: what holds for every environment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath


class ForgeKind(StrEnum):
    """Where pull requests live."""

    LOCAL = "local"


class EngineKind(StrEnum):
    """Which engine runs the Pulumi program."""

    AUTO = "auto"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """url: for a local forge the path of its bare repository, relative to the environments repository or absolute."""

    kind: ForgeKind
    url: str
    base: str = "main"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """state: folder of the Pulumi file backend. passphrase: a secret reference (`env:NAME`, `file:PATH`)."""

    kind: EngineKind
    state: PurePath
    passphrase: str


@dataclass(frozen=True, slots=True)
class Gates:
    """What must hold before a release enters an environment.

    verified: each upstream environment has proved the same release healthy. approvals: how many people other than the author and the
    commits' authors must approve.
    """

    verified: bool = True
    approvals: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One place of the pipeline; `upstream` are the environments a release must come from (none: recorded directly)."""

    environment: str
    upstream: tuple[str, ...] = ()
    gates: Gates = Gates()


@dataclass(frozen=True, slots=True)
class Project:
    """liftlock.yaml, checked. services: service name -> image repository (registry host included).

    id: tells this project from another one of the same name on the same Docker engine; empty where none is declared.
    """

    name: str
    registry: str
    forge: ForgeSettings
    engine: EngineSettings
    services: tuple[tuple[str, str], ...]
    databases: tuple[str, ...]
    pipeline: tuple[Stage, ...]
    id: str = ""

    def stage(self, environment: str) -> Stage | None:
        """The environment's place in the pipeline, None where it has none."""
        return next((stage for stage in self.pipeline if stage.environment == environment), None)
