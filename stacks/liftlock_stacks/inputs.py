"""What the environment program is given: one JSON document in the stack's configuration, parsed once.

`liftlock:environment` holds the document, `liftlock:secrets` a secret JSON object {key: value} with the keys
`database/<name>/password`, `service/<name>/<VARIABLE>` and `naming` (which makes the names of containers with secrets unguessable).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class InputsError(ValueError):
    """The document is not one that this program understands."""


@dataclass(frozen=True, slots=True)
class HealthInputs:
    """Seconds throughout. path: an HTTP path that answers 2xx inside the container."""

    path: str
    interval: float
    timeout: float
    retries: int
    start_period: float


@dataclass(frozen=True, slots=True)
class ServiceInputs:
    """One service: image by digest, and how it is run, reached and checked. secrets: names of variables whose values are secret."""

    name: str
    image: str
    port: int
    health: HealthInputs
    env: Mapping[str, str]
    secrets: tuple[str, ...]
    databases: tuple[str, ...]
    migration: tuple[str, ...] | None
    memory: int | None
    route: str | None
    command: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class DatabaseInputs:
    """One PostgreSQL database. disposable: speed before durability, for ephemeral environments."""

    name: str
    image: str
    memory: int | None
    published: bool
    disposable: bool


@dataclass(frozen=True, slots=True)
class EnvironmentInputs:
    """The whole document. port: loopback port of the environment's URL. labels: put on every object, ownership included."""

    project: str
    environment: str
    port: int
    router: str
    labels: Mapping[str, str]
    services: tuple[ServiceInputs, ...]
    databases: tuple[DatabaseInputs, ...]

    @property
    def prefix(self) -> str:
        """What every object's name begins with."""
        return f"{self.project}-{self.environment}"


def parse_inputs(text: str) -> EnvironmentInputs:
    """The inputs that the JSON document spells; InputsError names what is wrong with it."""
    try:
        document = json.loads(text)
        return EnvironmentInputs(
            project=document["project"],
            environment=document["environment"],
            port=int(document["port"]),
            router=document["router"],
            labels=dict(document["labels"]),
            services=tuple(_service(item) for item in document["services"]),
            databases=tuple(DatabaseInputs(**item) for item in document["databases"]),
        )
    except (KeyError, TypeError, ValueError) as err:
        raise InputsError(f"the configuration liftlock:environment does not fit this program: {type(err).__name__} {err}") from err


def _service(item: Mapping[str, Any]) -> ServiceInputs:
    def words(key: str) -> tuple[str, ...] | None:
        return None if item[key] is None else tuple(item[key])

    return ServiceInputs(
        name=item["name"],
        image=item["image"],
        port=int(item["port"]),
        health=HealthInputs(**item["health"]),
        env=dict(item["env"]),
        secrets=tuple(item["secrets"]),
        databases=tuple(item["databases"]),
        migration=words("migration"),
        memory=item["memory"],
        route=item["route"],
        command=words("command"),
    )


def database_host(name: str) -> str:
    """The name under which services reach a database."""
    return f"db-{name}"


def database_volume(prefix: str, name: str) -> str:
    """The volume of a database; prefix: that of the environment's objects."""
    return f"{prefix}-{database_host(name)}-data"


def database_url(database: str, password: str) -> str:
    """The connection string of a service; the password is made of URL-safe characters."""
    return f"postgresql://{database}:{password}@{database_host(database)}:5432/{database}"


def database_variable(database: str) -> str:
    """The environment variable that holds the connection string."""
    return database.upper().replace("-", "_") + "_DATABASE_URL"


def secret_variables(service: ServiceInputs, secrets: Mapping[str, str]) -> dict[str, str]:
    """Every secret variable of a service with its value in clear; the caller marks them secret."""
    urls = {database_variable(name): database_url(name, secrets[f"database/{name}/password"]) for name in service.databases}
    return urls | {name: secrets[f"service/{service.name}/{name}"] for name in service.secrets}


def service_version(service: ServiceInputs, secrets: Mapping[str, str]) -> str:
    """Eight hex digits that change when the container must be another one. What changes in place (memory) is left out.

    Keyed, so that a name tells nothing of a secret value.
    """
    facts = {
        "image": service.image,
        "port": service.port,
        "env": dict(service.env),
        "secret": secret_variables(service, secrets),
        "health": [
            service.health.path,
            service.health.interval,
            service.health.timeout,
            service.health.retries,
            service.health.start_period,
        ],
        "command": service.command,
        "migration": service.migration,
    }
    key = secrets.get("naming", "").encode()
    return hmac.new(key, json.dumps(facts, sort_keys=True).encode(), hashlib.sha256).hexdigest()[:8]
