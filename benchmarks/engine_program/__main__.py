"""As many networks, volumes and containers as BENCH_MIX says (`1,2,2`). Another BENCH_RELEASE replaces one container."""

from __future__ import annotations

import os

import pulumi
import pulumi_docker as docker

networks, volumes, containers = (int(part) for part in os.environ["BENCH_MIX"].split(","))
prefix = os.environ["BENCH_PREFIX"]
labels = dict(pair.split("=") for pair in os.environ["BENCH_LABELS"].split(","))

made_networks = [
    docker.Network(
        f"network-{number}",
        name=f"{prefix}-{number}",
        labels=[docker.NetworkLabelArgs(label=name, value=value) for name, value in labels.items()],
    )
    for number in range(networks)
]
made_volumes = [
    docker.Volume(
        f"volume-{number}",
        name=f"{prefix}-{number}",
        labels=[docker.VolumeLabelArgs(label=name, value=value) for name, value in labels.items()],
    )
    for number in range(volumes)
]
for number in range(containers):
    docker.Container(
        f"container-{number}",
        name=f"{prefix}-{number}",
        image=os.environ["BENCH_IMAGE"],
        envs=[f"RELEASE={os.environ['BENCH_RELEASE'] if number == 0 else 'first'}"],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=made_networks[number % networks].name)],
        volumes=[docker.ContainerVolumeArgs(volume_name=made_volumes[number % volumes].name, container_path="/data")],
        labels=[docker.ContainerLabelArgs(label=name, value=value) for name, value in labels.items()],
    )
pulumi.export("resources", networks + volumes + containers)
