"""The component of a service: its migration, its container and how the container says that it is healthy."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from liftlock_stacks.docker_ground import Ground
from liftlock_stacks.docker_jobs import Job
from liftlock_stacks.inputs import ServiceInputs, secret_variables, service_version
from liftlock_stacks.routes import Backend


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
