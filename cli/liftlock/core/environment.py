"""An environment as declared: every value merged, checked and typed. What the configuration files produce and everything else consumes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from liftlock.core.image import ImageRef
from liftlock.core.release import release_id


class EnvironmentClass(StrEnum):
    """How long an environment is meant to live."""

    PERSISTENT = "persistent"
    EPHEMERAL = "ephemeral"


class DataSource(StrEnum):
    """Where a lower environment's rows come from."""

    NONE = "none"
    SYNTHETIC = "synthetic"
    ANONYMISED = "anonymised"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """An HTTP GET inside the container that answers 2xx when the service may take traffic."""

    path: str = "/healthz"
    interval: timedelta = timedelta(seconds=1)
    timeout: timedelta = timedelta(seconds=2)
    retries: int = 3
    start_period: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret value is found: `env:NAME` or `file:PATH`. The value itself is never part of the configuration."""

    reference: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A command run once per image, before the service of that image starts, with the service's own environment."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """One service of an environment. Other services reach it as http://<name>, people under the environment's URL at `route`."""

    name: str
    image: ImageRef
    port: int
    health: HealthCheck
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, Secret], ...] = ()
    databases: tuple[str, ...] = ()
    migration: Migration | None = None
    memory_mib: int | None = None
    route: str | None = None
    command: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DataSpec:
    """How a database is filled: source, number of rows over all tables, and the seed that makes the rows reproducible.

    snapshot: the golden copy that an anonymised database is cloned from; None for the newest one.
    size: a named size, which decides in place of rows. locale: of made-up values; None for the usual one.
    """

    source: DataSource = DataSource.NONE
    rows: int = 100_000
    seed: int = 1
    snapshot: str | None = None
    size: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL database of one environment. `published` opens it on the loopback address of the Docker host."""

    name: str
    image: ImageRef
    memory_mib: int | None = None
    published: bool = False
    data: DataSpec = DataSpec()


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that is declared of one environment, images included.

    port: the loopback port of its URL; None lets liftlock choose a free one of `ports` (inclusive) and keep it.
    ttl: how long an ephemeral environment lives after it was made or extended; None for persistent ones.
    project_id: tells it from an environment of another project of the same name; part of the ownership labels.
    protected: destroying it needs more than a flag, and it takes no synthetic data.
    config, data, common: the hashes of core/fingerprint.py, which the release's id and the deployment records hold.
    """

    project: str
    name: str
    cls: EnvironmentClass
    protected: bool
    router: ImageRef
    services: tuple[Service, ...]
    databases: tuple[Database, ...]
    port: int | None
    ports: tuple[int, int]
    ttl: timedelta | None
    project_id: str = ""
    config: str = ""
    data: str = ""
    common: str = ""

    @property
    def release_id(self) -> str:
        """The name of exactly these images under this configuration with these data."""
        return release_id({service.name: service.image for service in self.services}, self.config, self.data)
