"""Docker components of an environment. Each takes its inputs and declares resources; none decides."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from liftlock_stacks.inputs import DatabaseInputs, EnvironmentInputs, ServiceInputs, database_host, secret_variables, service_version
from liftlock_stacks.routes import PORT, Backend, render_routes, routes_version

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part of an environment stands on."""

    inputs: EnvironmentInputs
    secrets: Mapping[str, str]
    network: docker.Network
    images: Mapping[str, docker.RemoteImage]

    def labels(self, role: str, service: str | None = None, image: str | None = None) -> list[docker.ContainerLabelArgs]:
        """Ownership labels of a container."""
        extra = {"liftlock.role": role} | ({"liftlock.service": service} if service else {}) | ({"liftlock.image": image} if image else {})
        return [docker.ContainerLabelArgs(label=key, value=value) for key, value in sorted({**self.inputs.labels, **extra}.items())]

    def image_id(self, reference: str) -> pulumi.Output[str]:
        """The local id of an image that was pulled by digest."""
        return self.images[reference].image_id

    def attached(self, *aliases: str) -> list[docker.ContainerNetworksAdvancedArgs]:
        """Attachment to the environment's network under these names."""
        return [docker.ContainerNetworksAdvancedArgs(name=self.network.name, aliases=list(aliases))]


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


class ServiceComponent(pulumi.ComponentResource):
    """A service's migration and container. A new version is made beside the old one, which goes only when the new one is healthy."""

    def __init__(self, ground: Ground, service: ServiceInputs, needs: Sequence[docker.Container]) -> None:
        super().__init__("liftlock:docker:Service", f"service-{service.name}", {}, None)
        self.version = service_version(service, ground.secrets)
        stem = f"{ground.inputs.prefix}-{service.name}"
        self.name = f"{stem}-{self.version}"
        clear = [f"{key}={value}" for key, value in sorted(service.env.items())]
        hidden = [pulumi.Output.secret(f"{key}={value}") for key, value in sorted(secret_variables(service, ground.secrets).items())]
        envs: list[pulumi.Input[str]] = [*clear, *hidden]
        migrated: list[pulumi.Resource] = []
        labels = ground.labels("service", service.name, service.image)
        if service.migration is not None:
            job = self._migration(ground, service, service.migration, envs, needs)
            migrated = [job.container]
            # Ties the service to the migration's success, not only to its end.
            labels = [*labels, docker.ContainerLabelArgs(label="liftlock.migrated", value=job.done)]
        self.container = docker.Container(
            f"service-{service.name}",
            name=self.name,
            image=ground.image_id(service.image),
            command=list(service.command) if service.command else None,
            envs=envs,
            labels=labels,
            networks_advanced=ground.attached(self.name),
            healthcheck=_health(service),
            memory=service.memory,
            restart="unless-stopped",
            must_run=True,
            wait=True,
            wait_timeout=_patience(service),
            stop_timeout=10,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False, depends_on=[*needs, *migrated]),
        )
        self.register_outputs({"container": self.container.name})

    def _migration(
        self,
        ground: Ground,
        service: ServiceInputs,
        command: Sequence[str],
        envs: Sequence[pulumi.Input[str]],
        needs: Sequence[docker.Container],
    ) -> Job:
        stem = [ground.inputs.prefix, service.name, "migrate", self.version]
        # Named after the databases too: one that is made anew is migrated anew.
        name = pulumi.Output.all(*(need.id for need in needs)).apply(lambda ids: "-".join([*stem, *(str(i)[:6] for i in ids)]))
        opts = pulumi.ResourceOptions(parent=self, delete_before_replace=False)
        return Job(ground, f"migrate-{service.name}", name, service.image, command, envs, opts)

    def backend(self, service: ServiceInputs) -> Backend:
        """How the router reaches it."""
        return Backend(service.name, self.name, service.port, service.route)


class Job:
    """A container that runs a command to its end; `done` is known only if the command succeeded."""

    def __init__(
        self,
        ground: Ground,
        role: str,
        name: pulumi.Input[str],
        image: str,
        command: Sequence[str],
        envs: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
        volumes: Sequence[docker.ContainerVolumeArgs] | None = None,
        *,
        alone: bool = False,
    ) -> None:
        """alone: without a network, which makes it start in half the time."""
        self.container = docker.Container(
            role,
            name=name,
            image=ground.image_id(image),
            entrypoints=[command[0]],
            command=list(command[1:]) or None,
            envs=list(envs),
            labels=ground.labels("job", role, image),
            network_mode="none" if alone else None,
            networks_advanced=None if alone else ground.attached(),
            volumes=list(volumes) if volumes else None,
            attach=True,
            logs=True,
            must_run=False,
            restart="no",
            opts=opts,
        )
        logs = self.container.container_logs
        # The logs are asked for only where they are needed: a preview may not know them, and must still know that the job succeeded.
        self.done: pulumi.Output[str] = self.container.exit_code.apply(
            lambda code: "yes" if code == 0 else logs.apply(lambda text: _fail(role, code, text))
        )


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


def volume(ground: Ground, name: str, parent: pulumi.Resource) -> docker.Volume:
    """A labelled volume of the environment. Labels are written once: Docker cannot change them, and a new volume would lose the data."""
    labels = {**ground.inputs.labels, "liftlock.role": "volume"}
    return docker.Volume(
        f"{name}",
        name=f"{ground.inputs.prefix}-{name}",
        labels=[docker.VolumeLabelArgs(label=key, value=value) for key, value in sorted(labels.items())],
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["labels"]),
    )


def _fail(role: str, exit_code: int, logs: str | None) -> str:
    tail = " | ".join((logs or "").strip().splitlines()[-5:])
    raise RuntimeError(f"{role} ended with exit code {exit_code}: {tail or 'it printed nothing'}")


def _health(service: ServiceInputs) -> docker.ContainerHealthcheckArgs:
    url = f"http://127.0.0.1:{service.port}{service.health.path}"
    # Images differ in what they bring, and the check runs inside them.
    ways = (
        f"if command -v curl >/dev/null; then exec curl -fsS -o /dev/null {url}; fi; "
        f"if command -v wget >/dev/null; then exec wget -q -O /dev/null {url}; fi; "
        f"if command -v python3 >/dev/null; then exec python3 -c 'import urllib.request as u; u.urlopen(\"{url}\")'; fi; "
        "echo 'the image has neither curl, wget nor python3 for the health check'; exit 1"
    )
    health = service.health
    return docker.ContainerHealthcheckArgs(
        tests=["CMD-SHELL", ways],
        interval=_duration(health.interval),
        timeout=_duration(health.timeout),
        retries=health.retries,
        start_period=_duration(health.start_period),
    )


def _patience(service: ServiceInputs) -> int:
    """Whole seconds in which a healthy service has said so: its start period, then every retry at its slowest."""
    health = service.health
    return int(health.start_period + (health.interval + health.timeout) * health.retries) + 5


def _duration(seconds: float) -> str:
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{int(seconds * 1000)}ms"
