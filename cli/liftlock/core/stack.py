"""What an environment's stack is given: the program's inputs as JSON values, and which secrets must exist. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liftlock.core.environment import Database, Environment, EnvironmentClass, Service
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Json


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose an ephemeral environment is, for which branch, since when and until when."""

    branch: str
    owner: str
    created: datetime
    expires: datetime


def stack_values(environment: Environment, *, port: int, lease: Lease | None = None) -> dict[str, Json]:
    """The document that the environment program reads (its shape: liftlock_stacks.inputs), plus the lease for liftlock itself."""
    return {
        "project": environment.project,
        "environment": environment.name,
        "protected": environment.protected,
        "port": port,
        "release": environment.release_id,
        "router": str(environment.router),
        "labels": {**ownership(environment), **_lease_labels(lease)},
        "services": [_service(service) for service in environment.services],
        "databases": [_database(database, environment) for database in environment.databases],
        "lease": None if lease is None else _lease(lease),
    }


def ownership(environment: Environment) -> dict[str, Json]:
    """The labels that say: liftlock made this, for this environment. Nothing without them is ever changed or removed."""
    return {
        "liftlock.managed": "true",
        "liftlock.project": environment.project,
        "liftlock.project-id": environment.project_id,
        "liftlock.environment": environment.name,
        "liftlock.class": environment.cls.value,
    }


def read_lease(values: Mapping[str, Json]) -> Lease | None:
    """The lease in a stack's values; None for persistent environments."""
    lease = values.get("lease")
    if not isinstance(lease, dict):
        return None
    created, expires = datetime.fromisoformat(str(lease["created"])), datetime.fromisoformat(str(lease["expires"]))
    return Lease(str(lease["branch"]), str(lease["owner"]), created, expires)


def images_of(values: Mapping[str, Json]) -> dict[str, ImageRef]:
    """service -> image of the services in a stack's values."""
    services = values.get("services")
    found = services if isinstance(services, list) else []
    return {str(item["name"]): ImageRef.parse(str(item["image"])) for item in found if isinstance(item, dict)}


def port_of(values: Mapping[str, Json]) -> int | None:
    """The loopback port in a stack's values."""
    port = values.get("port")
    return port if isinstance(port, int) else None


def port_candidates(environment: Environment, kept: int | None, taken: frozenset[int]) -> Sequence[int]:
    """The ports to try, best first: the declared one alone; else the one kept from the last run; else free ones of the range.

    The search begins at a place that depends on the name, so that an environment tends to keep its URL when it is made anew.
    """
    if environment.port is not None:
        return [environment.port]
    if kept is not None:
        return [kept]
    first, last = environment.ports
    size = last - first + 1
    start = sum(ord(char) * (i + 1) for i, char in enumerate(environment.project + "/" + environment.name)) % size
    return [port for port in (first + (start + i) % size for i in range(size)) if port not in taken]


def secret_keys(environment: Environment) -> dict[str, str | None]:
    """Every secret that the program needs: key -> reference to resolve, or None for one that is generated once and kept."""
    keys: dict[str, str | None] = {"naming": None}
    keys |= {f"database/{database.name}/password": None for database in environment.databases}
    keys |= {f"service/{service.name}/{name}": secret.reference for service in environment.services for name, secret in service.secrets}
    return keys


def unproven_images(environment: Environment, applied: Mapping[str, Json] | None) -> tuple[ImageRef, ...]:
    """Images that this run would bring in and that the registry must therefore confirm; what already runs is not asked again."""
    known = set(images_of(applied).values()) if applied else set()
    return tuple(sorted({service.image for service in environment.services} - known))


def lost_databases(environment: Environment, applied: Mapping[str, Json] | None) -> tuple[str, ...]:
    """Databases that run and are no longer declared: bringing the environment up would remove them with their data.

    None where the environment is ephemeral, whose data is made anew at will.
    """
    databases = applied.get("databases") if applied and environment.cls is not EnvironmentClass.EPHEMERAL else None
    before = [str(item["name"]) for item in databases if isinstance(item, dict)] if isinstance(databases, list) else []
    declared = {database.name for database in environment.databases}
    return tuple(name for name in before if name not in declared)


def url_host(environment: str, project: str) -> str:
    """The host name of an environment's URL; names under .localhost resolve to the loopback address in browsers and curl."""
    return f"{environment}.{project}.localhost"


def url(environment: str, project: str, port: int) -> str:
    """Where people find the environment."""
    return f"http://{url_host(environment, project)}:{port}"


def _service(service: Service) -> dict[str, Json]:
    health = service.health
    return {
        "name": service.name,
        "image": str(service.image),
        "port": service.port,
        "health": {
            "path": health.path,
            "interval": health.interval.total_seconds(),
            "timeout": health.timeout.total_seconds(),
            "retries": health.retries,
            "start_period": health.start_period.total_seconds(),
        },
        "env": dict(service.env),
        "secrets": [name for name, _ in service.secrets],
        "databases": list(service.databases),
        "migration": list(service.migration.command) if service.migration else None,
        "memory": service.memory_mib,
        "route": service.route,
        "command": list(service.command) if service.command else None,
    }


def _database(database: Database, environment: Environment) -> dict[str, Json]:
    return {
        "name": database.name,
        "image": str(database.image),
        "memory": database.memory_mib,
        "published": database.published,
        "disposable": environment.cls is EnvironmentClass.EPHEMERAL,
    }


def _lease(lease: Lease) -> dict[str, Json]:
    return {"branch": lease.branch, "owner": lease.owner, "created": lease.created.isoformat(), "expires": lease.expires.isoformat()}


def _lease_labels(lease: Lease | None) -> dict[str, Json]:
    """What never changes in a lease; the expiry does, and a changed label would replace every container."""
    return {"liftlock.branch": lease.branch, "liftlock.owner": lease.owner, "liftlock.created": lease.created.isoformat()} if lease else {}
