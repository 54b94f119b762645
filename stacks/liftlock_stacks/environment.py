"""The environment program: reads the stack's configuration and declares every resource of one environment."""

from __future__ import annotations

import json

import pulumi
import pulumi_docker as docker

from liftlock_stacks.docker_ground import Ground
from liftlock_stacks.docker_parts import DatabaseComponent, RouterComponent, RoutesComponent
from liftlock_stacks.docker_services import ServiceComponent
from liftlock_stacks.inputs import EnvironmentInputs, parse_inputs


def declare() -> None:
    """Declares the environment that the stack's configuration describes, on Docker."""
    config = pulumi.Config("liftlock")
    inputs = parse_inputs(config.require("environment"))
    secrets: dict[str, str] = json.loads(config.get("secrets") or "{}")
    ground = Ground(inputs, secrets, _network(inputs), _images(inputs))
    databases = {database.name: DatabaseComponent(ground, database) for database in inputs.databases}
    router = RouterComponent(ground)
    services = {
        service.name: ServiceComponent(ground, service, [databases[name].container for name in service.databases])
        for service in inputs.services
    }
    backends = [services[service.name].backend(service) for service in inputs.services]
    RoutesComponent(ground, router, backends, [component.container for component in services.values()])
    pulumi.export("port", inputs.port)
    pulumi.export("containers", {name: component.container.name for name, component in services.items()})
    pulumi.export(
        "databases", {database.name: _published_port(databases[database.name]) for database in inputs.databases if database.published}
    )


def _network(inputs: EnvironmentInputs) -> docker.Network:
    labels = {**inputs.labels, "liftlock.role": "network"}
    return docker.Network(
        "network",
        name=inputs.prefix,
        labels=[docker.NetworkLabelArgs(label=key, value=value) for key, value in sorted(labels.items())],
    )


def _images(inputs: EnvironmentInputs) -> dict[str, docker.RemoteImage]:
    """One pull per image: services and databases may share one."""
    wanted: dict[str, str] = {inputs.router: "router"}
    wanted |= {database.image: f"database-{database.name}" for database in reversed(inputs.databases)}
    wanted |= {service.image: f"service-{service.name}" for service in reversed(inputs.services)}
    return {reference: docker.RemoteImage(f"image-{role}", name=reference, keep_locally=True) for reference, role in wanted.items()}


def _published_port(database: DatabaseComponent) -> pulumi.Output[int | None]:
    return database.container.ports.apply(lambda ports: next((port.external for port in ports or () if port.internal == 5432), None))
