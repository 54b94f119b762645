"""Docker components of an environment: databases, the router and its routes. Each takes its inputs and declares resources; none decides."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from liftlock_stacks.docker_ground import LOOPBACK, Ground, volume
from liftlock_stacks.docker_jobs import Job
from liftlock_stacks.inputs import DatabaseInputs, database_host
from liftlock_stacks.routes import PORT, Backend, render_routes, routes_version


class DatabaseComponent(pulumi.ComponentResource):
    """A PostgreSQL server with its volume. Replaced only with its volume detached first: two servers never share one."""

    def __init__(self, ground: Ground, database: DatabaseInputs) -> None:
        super().__init__("liftlock:docker:Database", f"database-{database.name}", {}, None)
        child = pulumi.ResourceOptions(parent=self)
        name = f"{ground.inputs.prefix}-{database_host(database.name)}"
        self.volume = volume(ground, f"{database_host(database.name)}-data", self)
        password = pulumi.Output.secret(f"POSTGRES_PASSWORD={ground.secrets[f'database/{database.name}/password']}")
        self.container = docker.Container(
            f"database-{database.name}",
            name=name,
            image=ground.image_id(database.image),
            envs=[
                f"POSTGRES_USER={database.name}",
                f"POSTGRES_DB={database.name}",
                password,
                *(["PGFAST=1"] if database.disposable else []),
            ],
            labels=ground.labels("database", database.name, database.image),
            networks_advanced=ground.attached(database_host(database.name)),
            volumes=[docker.ContainerVolumeArgs(volume_name=self.volume.name, container_path="/var/lib/postgresql/data")],
            ports=[docker.ContainerPortArgs(internal=5432, ip=LOOPBACK)] if database.published else None,
            healthcheck=docker.ContainerHealthcheckArgs(
                tests=["CMD", "pg_isready", "-q", "-h", LOOPBACK, "-U", database.name, "-d", database.name],
                interval="1s",
                timeout="2s",
                retries=5,
                start_period="60s",
            ),
            memory=database.memory,
            restart="unless-stopped",
            must_run=True,
            wait=True,
            wait_timeout=120,
            stop_timeout=30,
            opts=child,
        )
        self.register_outputs({"host": database_host(database.name)})


class RouterComponent(pulumi.ComponentResource):
    """The environment's front door; answers 503 until routes are applied and keeps serving the last ones in between."""

    def __init__(self, ground: Ground) -> None:
        super().__init__("liftlock:docker:Router", "router", {}, None)
        child = pulumi.ResourceOptions(parent=self)
        inputs = ground.inputs
        self.volume = volume(ground, "router-routes", self)
        self.container = docker.Container(
            "router",
            name=f"{inputs.prefix}-router",
            image=ground.image_id(inputs.router),
            labels=ground.labels("router", image=inputs.router),
            networks_advanced=ground.attached(*(service.name for service in inputs.services)),
            volumes=[docker.ContainerVolumeArgs(volume_name=self.volume.name, container_path="/routes")],
            ports=[docker.ContainerPortArgs(internal=PORT, external=inputs.port, ip=LOOPBACK)],
            restart="unless-stopped",
            must_run=True,
            opts=child,
        )
        self.register_outputs({"port": inputs.port})


class RoutesComponent(pulumi.ComponentResource):
    """Puts the routes to the present containers in force, without dropping a request."""

    def __init__(self, ground: Ground, router: RouterComponent, backends: Sequence[Backend], needs: Sequence[pulumi.Resource]) -> None:
        super().__init__("liftlock:docker:Routes", "routes", {}, None)
        version = routes_version(backends)
        text = base64.b64encode(render_routes(backends, version).encode()).decode()
        self.job = Job(
            ground,
            "routes",
            f"{ground.inputs.prefix}-routes",
            ground.inputs.router,
            ["/usr/local/bin/apply-routes"],
            # The router's id is there so that a router made anew is given the routes anew.
            [f"ROUTES={text}", f"ROUTES_ID={version}", pulumi.Output.concat("ROUTER_ID=", router.container.id)],
            pulumi.ResourceOptions(parent=self, delete_before_replace=True, depends_on=list(needs)),
            [docker.ContainerVolumeArgs(volume_name=router.volume.name, container_path="/routes")],
            alone=True,
        )
        self.register_outputs({"version": version})
