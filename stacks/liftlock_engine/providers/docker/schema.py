"""The words of the package docker: each resource's properties, their kinds, defaults, and which of them only a new object can take on.

Facts only. Where the real provider accepts a change in place and then does nothing (healthcheck, init, tmpfs), the fact here is the truth
about Docker: the object is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
VOLUME = "docker:index/volume:Volume"
REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage"


class Kind(Enum):
    """The shape of a property's value. LIST keeps its order, SET has none."""

    STRING = "a string"
    INTEGER = "a whole number"
    BOOLEAN = "true or false"
    DURATION = "a duration such as 500ms, 5s or 1m30s"
    LIST = "a list"
    SET = "a list (in any order)"
    MAP = "a map of strings"
    OBJECT = "an object"


@dataclass(frozen=True, slots=True)
class Property:
    """One input.

    default: filled in by check and listed in `__defaults`. absent: what leaving it out means, so that saying it changes nothing.
    key: the field (or the separator inside a string) by which two elements of a set are the same thing, changed.
    """

    kind: Kind
    replaces: bool = False
    required: bool = False
    default: str | int | bool | None = None
    absent: str | int | bool | None = None
    allowed: str | None = None
    item: Property | None = None
    fields: Mapping[str, Property] = field(default_factory=dict)
    key: str | None = None
    removal_replaces: bool = False
    refused: str | None = None

    @property
    def meaning_of_absent(self) -> str | int | bool | None:
        """The value that an absent property stands for; None where Docker chooses."""
        return self.default if self.default is not None else self.absent


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource type. named: it has a `name` that is made up where the program gives none."""

    properties: Mapping[str, Property]
    outputs: tuple[str, ...]
    named: bool = True


TEXT = Property(Kind.STRING, absent="")
NUMBER = Property(Kind.INTEGER, absent=0)
FLAG = Property(Kind.BOOLEAN, absent=False)
DURATION = Property(Kind.DURATION, default="0s")
WORDS = Property(Kind.LIST, item=TEXT)
WORD_SET = Property(Kind.SET, item=TEXT)
MAP = Property(Kind.MAP)


def _new(prop: Property, **changes: object) -> Property:
    return replace(prop, replaces=True, **changes)  # type: ignore[arg-type]  # the keywords are Property's own fields


def _set_of(fields: Mapping[str, Property], key: str | None = None) -> Property:
    return Property(Kind.SET, replaces=True, item=Property(Kind.OBJECT, fields=fields), key=key)


def _required(prop: Property) -> Property:
    return replace(prop, required=True, absent=None)


_LABELS = _set_of({"label": _required(TEXT), "value": _required(TEXT)}, key="label")
_NAME = _new(TEXT, allowed=r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", absent=None)
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
    "internal": _required(NUMBER),
    "external": NUMBER,
    "ip": Property(Kind.STRING, default="0.0.0.0"),  # noqa: S104  # Docker's own default, said so that a reader sees it
    "protocol": Property(Kind.STRING, default="tcp", allowed="tcp|udp|sctp"),
}
_NETWORK_END = {
    "name": _required(TEXT),
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
    "target": _required(TEXT),
    "type": _required(replace(TEXT, allowed="bind|volume|tmpfs")),
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
    "file": _required(TEXT),
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
    "cgroupParent": _new(TEXT),
    "cgroupnsMode": _new(TEXT, allowed="private|host"),
    "command": _new(WORDS),
    "containerReadRefreshTimeoutMilliseconds": Property(Kind.INTEGER, default=15000),
    "cpuPeriod": _LIMIT,
    "cpuQuota": _LIMIT,
    "cpuSet": replace(TEXT, allowed=r"\d+([,-]\d+)*", removal_replaces=True),
    "cpuShares": _LIMIT,
    "cpus": _new(TEXT, allowed=r"\d+(\.\d+)?"),
    "destroyGraceSeconds": NUMBER,
    "deviceCgroupRules": _DEVICES,
    "deviceReadBps": _DEVICES,
    "deviceReadIops": _DEVICES,
    "deviceRequests": _DEVICES,
    "deviceWriteBps": _DEVICES,
    "deviceWriteIops": _DEVICES,
    "devices": _DEVICES,
    "dns": _new(WORD_SET),
    "dnsOpts": _new(WORD_SET),
    "dnsSearches": _new(WORD_SET),
    "domainname": _new(TEXT),
    "entrypoints": _new(WORDS),
    "envs": _new(WORD_SET, key="="),
    "gpus": _new(TEXT, refused="devices of the host are not supported by the built-in provider"),
    "groupAdds": _new(WORD_SET),
    "healthcheck": Property(Kind.OBJECT, replaces=True, fields=_HEALTHCHECK),
    "hostname": _new(TEXT),
    "hosts": _set_of({"host": _required(TEXT), "ip": _required(TEXT)}, key="host"),
    "image": _new(TEXT, required=True, absent=None),
    "init": _new(FLAG),
    "ipcMode": _new(TEXT),
    "labels": _LABELS,
    "logDriver": _new(TEXT),
    "logOpts": _new(MAP),
    "logs": FLAG,
    "maxRetryCount": NUMBER,
    "memory": _LIMIT,
    "memoryReservation": _LIMIT,
    "memorySwap": NUMBER,
    "mounts": _set_of(_MOUNT, key="target"),
    "mustRun": Property(Kind.BOOLEAN, default=True),
    "name": _NAME,
    "networkMode": Property(Kind.STRING, replaces=True, default="bridge"),
    "networksAdvanced": _set_of(_NETWORK_END, key="name"),
    "pidMode": _new(TEXT),
    "platform": _new(TEXT, refused="images run on this machine's own platform"),
    "ports": Property(Kind.LIST, replaces=True, item=Property(Kind.OBJECT, fields=_PORT)),
    "privileged": _new(FLAG),
    "publishAllPorts": _new(FLAG),
    "readOnly": _new(FLAG),
    "removeVolumes": Property(Kind.BOOLEAN, default=True),
    "restart": Property(Kind.STRING, default="no", allowed="no|on-failure|always|unless-stopped"),
    "rm": _new(FLAG),
    "runtime": _new(TEXT),
    "securityOpts": _new(WORD_SET),
    "shmSize": _new(NUMBER, absent=64),
    "start": Property(Kind.BOOLEAN, default=True),
    "stdinOpen": _new(FLAG),
    "stopSignal": _new(TEXT),
    "stopTimeout": _new(NUMBER),
    "storageOpts": _new(MAP),
    "sysctls": _new(MAP),
    "tmpfs": _new(MAP),
    "tty": _new(FLAG),
    "ulimits": _set_of({"name": _required(TEXT), "soft": _required(NUMBER), "hard": _required(NUMBER)}, key="name"),
    "uploads": _set_of(_UPLOAD, key="file"),
    "user": _new(TEXT),
    "usernsMode": _new(TEXT),
    "volumes": _set_of(_VOLUME_USE, key="containerPath"),
    "wait": FLAG,
    "waitTimeout": Property(Kind.INTEGER, default=60),
    "workingDir": _new(TEXT),
}

_IPAM = {"subnet": TEXT, "gateway": TEXT, "ipRange": TEXT, "auxAddress": MAP}
_NETWORK_INPUTS: Mapping[str, Property] = {
    "attachable": _new(FLAG),
    "driver": _new(TEXT, absent="bridge"),
    "ingress": _new(FLAG),
    "internal": _new(FLAG),
    "ipamConfigs": _set_of(_IPAM, key="subnet"),
    "ipamDriver": Property(Kind.STRING, replaces=True, default="default"),
    "ipamOptions": _new(MAP),
    "ipv6": _new(FLAG),
    "labels": _LABELS,
    "name": _NAME,
    "options": _new(MAP),
}

_VOLUME_INPUTS: Mapping[str, Property] = {
    "cluster": Property(Kind.OBJECT, refused="cluster volumes need Docker Swarm"),
    "driver": _new(TEXT, absent="local"),
    "driverOpts": _new(MAP),
    "labels": _LABELS,
    "name": _NAME,
}

_IMAGE_INPUTS: Mapping[str, Property] = {
    "build": Property(Kind.SET, refused="build and push the image beforehand; environments take images by digest"),
    "forceRemove": FLAG,
    "keepLocally": FLAG,
    "name": _new(TEXT, required=True, absent=None),
    "platform": _new(TEXT, refused="images run on this machine's own platform"),
    "pullTriggers": _new(WORD_SET),
    "triggers": _new(MAP),
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
