"""Hashes of what else decides how a release behaves: an environment's configuration, its data, and what all environments share. Pure.

They stand in a release's id and in every deployment record, so that evidence ends where what it was about ends (docs/adr/0018).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from liftlock.core.config.document import MappingNode
from liftlock.core.config.loaded import Files
from liftlock.core.config.tree import to_plain
from liftlock.core.environment import Database, Environment, Service


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What an environment's declaration at one commit comes to. common: of the part that all environments share.

    left_out: the project's services that the environment does not declare.
    """

    config: str = ""
    data: str = ""
    common: str = ""
    left_out: frozenset[str] = frozenset()


def configuration_hash(environment: Environment) -> str:
    """`cfg-` + 16 hex digits over everything that changes how the environment's services behave, whatever its order and spelling.

    Not in it: the services' images (a release names them), the environment's name, class and protection, its ports on the loopback
    address, and how long it lives. Of a secret there is the reference, never the value.
    """
    body = {
        "router": str(environment.router),
        "services": {service.name: _service(service) for service in environment.services},
        "databases": {database.name: _database(database) for database in environment.databases},
    }
    return "cfg-" + _hash(body)


def data_version(environment: Environment, files: Mapping[str, str]) -> str:
    """`data-` + 16 hex digits over what fills the environment's databases.

    files: database -> hash of data/<database>.yaml, and profile_key(database) -> that of its profile, which a named size follows.
    """
    body = {
        database.name: {
            "source": database.data.source.value,
            "rows": database.data.rows,
            "seed": database.data.seed,
            "file": files.get(database.name),
            **_said_since(database, files),
        }
        for database in environment.databases
    }
    return "data-" + _hash(body)


def profile_key(database: str) -> str:
    """Under which the hash of data/<database>.profile.json stands among those of the files; no database has such a name."""
    return f"{database}.profile"


def _said_since(database: Database, files: Mapping[str, str]) -> dict[str, str | None]:
    """What older versions did not know, only where it is said: older data versions stay what they are."""
    data = database.data
    found: dict[str, str | None] = {"snapshot": data.snapshot} if data.snapshot else {}
    if data.locale:
        found["locale"] = data.locale
    return found | {"size": data.size, "profile": files.get(profile_key(database.name))} if data.size else found


def common_hash(files: Files) -> str:
    """`cfg-` + 16 hex digits over what every environment of the pipeline starts from: liftlock.yaml and the files that all of them extend.

    What a single environment sets in its own file is not in it; a service's image is no part of either.
    """
    root = files.common().root
    plain = to_plain(MappingNode(root.position, root.span, tuple(entry for entry in root.entries if entry.key.text in _COMMON)))
    return "cfg-" + _hash(plain)


_COMMON = ("router", "services", "databases")


def _service(service: Service) -> dict[str, object]:
    health = service.health
    return {
        "port": service.port,
        "health": [
            health.path,
            health.interval.total_seconds(),
            health.timeout.total_seconds(),
            health.retries,
            health.start_period.total_seconds(),
        ],
        "env": dict(service.env),
        "secrets": {name: secret.reference for name, secret in service.secrets},
        "databases": sorted(service.databases),
        "migration": list(service.migration.command) if service.migration else None,
        "memory": service.memory_mib,
        "route": service.route,
        "command": list(service.command) if service.command else None,
    }


def _database(database: Database) -> dict[str, object]:
    return {"image": str(database.image), "memory": database.memory_mib, "published": database.published}


def _hash(body: object) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
