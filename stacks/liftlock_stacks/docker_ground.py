"""What every Docker component of an environment stands on: its network, images, secrets and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from liftlock_stacks.inputs import EnvironmentInputs

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


def volume(ground: Ground, name: str, parent: pulumi.Resource) -> docker.Volume:
    """A labelled volume of the environment. Labels are written once: Docker cannot change them, and a new volume would lose the data."""
    labels = {**ground.inputs.labels, "liftlock.role": "volume"}
    return docker.Volume(
        f"{name}",
        name=f"{ground.inputs.prefix}-{name}",
        labels=[docker.VolumeLabelArgs(label=key, value=value) for key, value in sorted(labels.items())],
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["labels"]),
    )
