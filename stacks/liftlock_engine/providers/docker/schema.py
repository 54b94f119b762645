"""The words of the package docker: each resource's properties, their kinds, defaults, and which of them only a new object can take on.

Facts only. Where the real provider accepts a change in place and then does nothing (healthcheck, init, tmpfs), the fact here is the truth
about Docker: the object is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftlock_engine.providers.docker.properties import (
    DURATION,
    FLAG,
    MAP,
    NUMBER,
    TEXT,
    WORD_SET,
    WORDS,
    Kind,
    Property,
    new,
    required,
    set_of,
)

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
VOLUME = "docker:index/volume:Volume"
REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource type. named: it has a `name` that is made up where the program gives none."""

    properties: Mapping[str, Property]
    outputs: tuple[str, ...]
    named: bool = True


_LABELS = set_of({"label": required(TEXT), "value": required(TEXT)}, key="label")
_NAME = new(TEXT, allowed=r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", absent=None)
_LIMIT = replace(NUMBER, removal_replaces=True)

_HEALTHCHECK = {
    "tests": WORDS,
    "interval": DURATION,
    "timeout": DURATION,
    "startPeriod": DURATION,
    "startInterval": DURATION,
    "retries": NUMBER,
}
_PORT = {
    "internal": required(NUMBER),
    "external": NUMBER,
    "ip": Property(Kind.STRING, default="0.0.0.0"),  # noqa: S104  # Docker's own default, said so that a reader sees it
    "protocol": Property(Kind.STRING, default="tcp", allowed="tcp|udp|sctp"),
}
_NETWORK_END = {
    "name": required(TEXT),
    "aliases": WORD_SET,
    "ipv4Address": TEXT,
    "ipv6Address": TEXT,
    "linkLocalIps": WORD_SET,
    "macAddress": TEXT,
    "driverOpts": replace(WORD_SET, key="="),
    "gwPriority": replace(NUMBER, refused="it needs a newer Docker API"),
}
_VOLUME_USE = {
    "containerPath": TEXT,
    "fromContainer": TEXT,
    "hostPath": TEXT,
    "volumeName": TEXT,
    "readOnly": FLAG,
    "selinuxRelabel": replace(TEXT, allowed="z|Z"),
}
_MOUNT = {
    "target": required(TEXT),
    "type": required(replace(TEXT, allowed="bind|volume|tmpfs")),
    "source": TEXT,
    "readOnly": FLAG,
    "bindOptions": Property(Kind.OBJECT, fields={"propagation": TEXT}),
    "tmpfsOptions": Property(Kind.OBJECT, fields={"mode": NUMBER, "sizeBytes": NUMBER}),
    "volumeOptions": Property(
        Kind.OBJECT,
        fields={
            "driverName": TEXT,
            "driverOptions": MAP,
            "labels": replace(_LABELS, replaces=False),
            "noCopy": FLAG,
            "subpath": replace(TEXT, refused="it needs a newer Docker API"),
        },
    ),
}
_HERE_ONLY = "files of this machine are not followed; use content or contentBase64"
_UPLOAD = {
    "file": required(TEXT),
    "content": TEXT,
    "contentBase64": TEXT,
    "executable": FLAG,
    "permissions": replace(TEXT, allowed="0[0-7]{3}"),
    "source": replace(TEXT, refused=_HERE_ONLY),
    "sourceHash": replace(TEXT, refused=_HERE_ONLY),
    "owner": replace(TEXT, refused="set the user inside the image instead"),
    "group": replace(TEXT, refused="set the user inside the image instead"),
}
_DEVICES = Property(Kind.SET, refused="devices of the host are not supported by the built-in provider")

_CONTAINER_INPUTS: Mapping[str, Property] = {
    "attach": FLAG,
    "capabilities": Property(Kind.OBJECT, replaces=True, fields={"adds": WORD_SET, "drops": WORD_SET}),
    "cgroupParent": new(TEXT),
    "cgroupnsMode": new(TEXT, allowed="private|host"),
    "command": new(WORDS),
    "containerReadRefreshTimeoutMilliseconds": Property(Kind.INTEGER, default=15000),
    "cpuPeriod": _LIMIT,
    "cpuQuota": _LIMIT,
    "cpuSet": replace(TEXT, allowed=r"\d+([,-]\d+)*", removal_replaces=True),
    "cpuShares": _LIMIT,
    "cpus": new(TEXT, allowed=r"\d+(\.\d+)?"),
    "destroyGraceSeconds": NUMBER,
    "deviceCgroupRules": _DEVICES,
    "deviceReadBps": _DEVICES,
    "deviceReadIops": _DEVICES,
    "deviceRequests": _DEVICES,
    "deviceWriteBps": _DEVICES,
    "deviceWriteIops": _DEVICES,
    "devices": _DEVICES,
    "dns": new(WORD_SET),
    "dnsOpts": new(WORD_SET),
    "dnsSearches": new(WORD_SET),
    "domainname": new(TEXT),
    "entrypoints": new(WORDS),
    "envs": new(WORD_SET, key="="),
    "gpus": new(TEXT, refused="devices of the host are not supported by the built-in provider"),
    "groupAdds": new(WORD_SET),
    "healthcheck": Property(Kind.OBJECT, replaces=True, fields=_HEALTHCHECK),
    "hostname": new(TEXT),
    "hosts": set_of({"host": required(TEXT), "ip": required(TEXT)}, key="host"),
    "image": new(TEXT, required=True, absent=None),
    "init": new(FLAG),
    "ipcMode": new(TEXT),
    "labels": _LABELS,
    "logDriver": new(TEXT),
    "logOpts": new(MAP),
    "logs": FLAG,
    "maxRetryCount": NUMBER,
    "memory": _LIMIT,
    "memoryReservation": _LIMIT,
    "memorySwap": NUMBER,
    "mounts": set_of(_MOUNT, key="target"),
    "mustRun": Property(Kind.BOOLEAN, default=True),
    "name": _NAME,
    "networkMode": Property(Kind.STRING, replaces=True, default="bridge"),
    "networksAdvanced": set_of(_NETWORK_END, key="name"),
    "pidMode": new(TEXT),
    "platform": new(TEXT, refused="images run on this machine's own platform"),
    "ports": Property(Kind.LIST, replaces=True, item=Property(Kind.OBJECT, fields=_PORT)),
    "privileged": new(FLAG),
    "publishAllPorts": new(FLAG),
    "readOnly": new(FLAG),
    "removeVolumes": Property(Kind.BOOLEAN, default=True),
    "restart": Property(Kind.STRING, default="no", allowed="no|on-failure|always|unless-stopped"),
    "rm": new(FLAG),
    "runtime": new(TEXT),
    "securityOpts": new(WORD_SET),
    "shmSize": new(NUMBER, absent=64),
    "start": Property(Kind.BOOLEAN, default=True),
    "stdinOpen": new(FLAG),
    "stopSignal": new(TEXT),
    "stopTimeout": new(NUMBER),
    "storageOpts": new(MAP),
    "sysctls": new(MAP),
    "tmpfs": new(MAP),
    "tty": new(FLAG),
    "ulimits": set_of({"name": required(TEXT), "soft": required(NUMBER), "hard": required(NUMBER)}, key="name"),
    "uploads": set_of(_UPLOAD, key="file"),
    "user": new(TEXT),
    "usernsMode": new(TEXT),
    "volumes": set_of(_VOLUME_USE, key="containerPath"),
    "wait": FLAG,
    "waitTimeout": Property(Kind.INTEGER, default=60),
    "workingDir": new(TEXT),
}

_IPAM = {"subnet": TEXT, "gateway": TEXT, "ipRange": TEXT, "auxAddress": MAP}
_NETWORK_INPUTS: Mapping[str, Property] = {
    "attachable": new(FLAG),
    "driver": new(TEXT, absent="bridge"),
    "ingress": new(FLAG),
    "internal": new(FLAG),
    "ipamConfigs": set_of(_IPAM, key="subnet"),
    "ipamDriver": Property(Kind.STRING, replaces=True, default="default"),
    "ipamOptions": new(MAP),
    "ipv6": new(FLAG),
    "labels": _LABELS,
    "name": _NAME,
    "options": new(MAP),
}

_VOLUME_INPUTS: Mapping[str, Property] = {
    "cluster": Property(Kind.OBJECT, refused="cluster volumes need Docker Swarm"),
    "driver": new(TEXT, absent="local"),
    "driverOpts": new(MAP),
    "labels": _LABELS,
    "name": _NAME,
}

_IMAGE_INPUTS: Mapping[str, Property] = {
    "build": Property(Kind.SET, refused="build and push the image beforehand; environments take images by digest"),
    "forceRemove": FLAG,
    "keepLocally": FLAG,
    "name": new(TEXT, required=True, absent=None),
    "platform": new(TEXT, refused="images run on this machine's own platform"),
    "pullTriggers": new(WORD_SET),
    "triggers": new(MAP),
}

RESOURCES: Mapping[str, Resource] = {
    CONTAINER: Resource(
        _CONTAINER_INPUTS,
        tuple(sorted({*_CONTAINER_INPUTS, "bridge", "containerLogs", "exitCode", "networkDatas"} - {"deviceCgroupRules"})),
    ),
    NETWORK: Resource(_NETWORK_INPUTS, tuple(sorted({*_NETWORK_INPUTS, "scope"}))),
    VOLUME: Resource(_VOLUME_INPUTS, tuple(sorted({*_VOLUME_INPUTS, "mountpoint"}))),
    REMOTE_IMAGE: Resource(_IMAGE_INPUTS, tuple(sorted({*_IMAGE_INPUTS, "imageId", "repoDigest"})), named=False),
}
