"""Declared environments to test with; each call makes a new one, with what the test wants changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from liftlock.core.environment import Database, Environment, EnvironmentClass, HealthCheck, Migration, Secret, Service
from liftlock.core.image import ImageRef


def image(name: str, fill: str = "a") -> ImageRef:
    """An image reference whose digest is one hex digit, 64 times."""
    return ImageRef.parse(f"127.0.0.1:5000/shop/{name}@sha256:{fill * 64}")


def service(name: str = "api", **changes: Any) -> Service:
    """A service with a database, a migration and a secret."""
    base = Service(
        name=name,
        image=image(name),
        port=8000,
        health=HealthCheck(),
        env=(("LOG_LEVEL", "info"),),
        secrets=(("TOKEN", Secret("env:TOKEN")),),
        databases=("shop",),
        migration=Migration(("migrate",)),
        memory_mib=128,
        route="/",
    )
    return replace(base, **changes)


def environment(name: str = "dev", **changes: Any) -> Environment:
    """A persistent environment of project shop with one service and one database."""
    services = changes.pop("services", (service(),))
    base = Environment(
        project="shop",
        name=name,
        cls=EnvironmentClass.PERSISTENT,
        protected=False,
        router=image("router", "f"),
        services=services,
        databases=(Database("shop", image("postgres", "e")),),
        port=None,
        ports=(18100, 18999),
        ttl=timedelta(hours=72),
    )
    return replace(base, **changes)
