"""The shapes of what an environment consists of: services, databases, the router. Part of the shapes of liftlock.yaml and environments/."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from liftlock.adapters.config_files.shape_types import (
    Duration,
    HttpPath,
    Image,
    Memory,
    Name,
    Port,
    Reference,
    Repository,
    Shape,
    Variable,
    Written,
)
from liftlock.core.environment import HealthCheck

_HEALTH = HealthCheck()


class Health(Shape):
    """An HTTP GET inside the container that answers 2xx when the service may take traffic."""

    path: HttpPath = Field(default=_HEALTH.path, description="The path that is asked.", examples=["/healthz"])
    interval: Duration = Field(default=_HEALTH.interval, description="How often it is asked.", examples=["1s"])
    timeout: Duration = Field(default=_HEALTH.timeout, description="How long an answer may take.", examples=["2s"])
    retries: int = Field(default=_HEALTH.retries, ge=1, le=1000, description="Failures in a row that make it unhealthy.", examples=[3])
    start_period: Duration = Field(
        default=_HEALTH.start_period, description="How long failures at the start do not count.", examples=["30s"]
    )


class Migration(Shape):
    """A command run once per image before the service starts, with the service's own environment."""

    command: list[Written] = Field(min_length=1, description="The command and its arguments.", examples=[["python3", "-m", "shop.migrate"]])


class ServiceValues(Shape):
    """What an environment may say of a service, over what liftlock.yaml says."""

    env: dict[Variable, Written] = Field(
        default_factory=dict, description="Environment variables, in clear; taken as written.", examples=[{"LOG_LEVEL": "info"}]
    )
    secrets: dict[Variable, Reference] = Field(
        default_factory=dict,
        description="Secret variables, by reference: env:NAME or file:PATH.",
        examples=[{"API_KEY": "env:SHOP_API_KEY"}],
    )
    memory: Memory | None = Field(default=None, description="Memory limit: MiB, or text with MiB or GiB.", examples=[128, "1GiB"])
    health: Health = Field(default_factory=Health, description="When the service may take traffic.", examples=[{"path": "/healthz"}])
    command: list[Written] | None = Field(
        default=None, min_length=1, description="Replaces the image's command.", examples=[["python3", "-m", "shop.api"]]
    )
    route: HttpPath | None = Field(
        default=None, description="The path under the environment's URL that reaches the service.", examples=["/"]
    )


class Service(ServiceValues):
    """A service of the project."""

    repository: Repository = Field(description="The image's repository, below the registry.", examples=["shop/api"])
    port: Port = Field(description="The port that the service listens on in its container.", examples=[8000])
    databases: list[Name] = Field(
        default_factory=list, description="Databases it uses; each gives it NAME_DATABASE_URL.", examples=[["shop"]]
    )
    migration: Migration | None = Field(
        default=None,
        description="What brings the databases to the image's schema.",
        examples=[{"command": ["python3", "-m", "shop.migrate"]}],
    )


class Data(Shape):
    """How a database is filled."""

    source: Literal["none", "synthetic", "anonymised"] = Field(
        default="none", description="Where rows come from: made from the schema, or cloned from an anonymised copy.", examples=["synthetic"]
    )
    rows: int = Field(default=100_000, ge=1, le=2_147_483_647, description="Rows over all tables.", examples=[100_000])
    size: Written | None = Field(
        default=None,
        description="In place of rows: tiny, small, production (as profiled), or a size of data/<database>.yaml.",
        examples=["small"],
    )
    locale: Written | None = Field(
        default=None, description="The language and country of made-up values; otherwise a mix of them.", examples=["de_CH"]
    )
    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="The same seed gives the same rows.", examples=[1])
    snapshot: Name | None = Field(
        default=None, description="For anonymised rows: the golden copy to clone; otherwise the newest one.", examples=["nightly"]
    )


class DatabaseValues(Shape):
    """What an environment may say of a database, over what liftlock.yaml says."""

    memory: Memory | None = Field(default=None, description="Memory limit: MiB, or text with MiB or GiB.", examples=["256MiB"])
    published: bool = Field(default=False, description="Whether it is open on the loopback address of the Docker host.", examples=[True])
    data: Data = Field(
        default_factory=Data, description="How it is filled.", examples=[{"source": "synthetic", "rows": 100_000, "seed": 1}]
    )


class Database(DatabaseValues):
    """A PostgreSQL database of the project."""

    image: Image = Field(description="PostgreSQL's image, by digest.", examples=["registry.example/postgres@sha256:" + "0" * 64])


class Router(Shape):
    """The reverse proxy that gives each environment its URL."""

    image: Image = Field(description="The router's image, by digest.", examples=["registry.example/router@sha256:" + "0" * 64])


class Ports(Shape):
    """Loopback ports for environments that declare none, both ends included."""

    first: int = Field(default=18100, alias="from", ge=1024, le=65535, description="The first port.", examples=[18100])
    last: int = Field(default=18999, alias="to", ge=1024, le=65535, description="The last port.", examples=[18999])
