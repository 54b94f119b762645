"""Containers that run a command to its end, and whether it succeeded."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from liftlock_stacks.docker_ground import Ground


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


def _fail(role: str, exit_code: int, logs: str | None) -> str:
    tail = " | ".join((logs or "").strip().splitlines()[-5:])
    raise RuntimeError(f"{role} ended with exit code {exit_code}: {tail or 'it printed nothing'}")
