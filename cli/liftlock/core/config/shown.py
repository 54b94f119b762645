"""A resolved environment as a document for people and programs: plain values, and YAML text of them."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.core.config.document import Plain
from liftlock.core.config.quantities import duration_text
from liftlock.core.config.scalars import plain_text
from liftlock.core.environment import Database, Environment, Service


def environment_document(environment: Environment) -> dict[str, Plain]:
    """Every value of the environment, those left to a default included. Secrets are shown by their reference."""
    return {
        "project": environment.project,
        "environment": environment.name,
        "class": environment.cls.value,
        "protected": environment.protected,
        "release": environment.release_id,
        "config": environment.config,
        "data": environment.data,
        "common": environment.common,
        "port": environment.port,
        "ports": {"from": environment.ports[0], "to": environment.ports[1]},
        "ttl": duration_text(environment.ttl) if environment.ttl else None,
        "router": {"image": str(environment.router)},
        "services": {service.name: _service(service) for service in environment.services},
        "databases": {database.name: _database(database) for database in environment.databases},
    }


def _service(service: Service) -> dict[str, Plain]:
    health = service.health
    return {
        "image": str(service.image),
        "port": service.port,
        "route": service.route,
        "memory": None if service.memory_mib is None else f"{service.memory_mib}MiB",
        "command": list(service.command) if service.command else None,
        "health": {
            "path": health.path,
            "interval": duration_text(health.interval),
            "timeout": duration_text(health.timeout),
            "retries": health.retries,
            "start_period": duration_text(health.start_period),
        },
        "databases": list(service.databases),
        "migration": {"command": list(service.migration.command)} if service.migration else None,
        "env": dict(service.env),
        "secrets": {name: secret.reference for name, secret in service.secrets},
    }


def _database(database: Database) -> dict[str, Plain]:
    return {
        "image": str(database.image),
        "memory": None if database.memory_mib is None else f"{database.memory_mib}MiB",
        "published": database.published,
        "data": {
            "source": database.data.source.value,
            **({"size": database.data.size} if database.data.size else {"rows": database.data.rows}),
            "seed": database.data.seed,
            **({"locale": database.data.locale} if database.data.locale else {}),
            **({"snapshot": database.data.snapshot} if database.data.snapshot else {}),
        },
    }


def yaml_text(value: dict[str, Plain]) -> str:
    """The mapping as YAML; what is None or empty is left out."""
    return "".join(f"{line}\n" for line in _lines(value, ""))


def flow_text(value: Plain) -> str:
    """Any value as YAML on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return plain_text(value)
        case list():
            return "[" + ", ".join(flow_text(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{plain_text(key)}: {flow_text(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def _lines(value: dict[str, Plain], indent: str) -> Iterator[str]:
    for key, item in value.items():
        if item is None or item in ([], {}):
            continue
        if isinstance(item, dict):
            below = list(_lines(item, indent + "  "))
            yield from [f"{indent}{plain_text(key)}:", *below] if below else []
        else:
            yield f"{indent}{plain_text(key)}: {flow_text(item)}"
