"""The outputs of a container as Pulumi's own provider records them, so that either engine goes on from the other's state. Pure."""

from __future__ import annotations

from typing import Any

from liftlock_engine.providers.docker.container_body import CONFIG_WORDS, HOST_WORDS
from liftlock_engine.providers.docker.container_live import is_stopped, live_inputs
from liftlock_engine.providers.docker.meaning import Plain, plain
from liftlock_engine.providers.docker.properties import Kind, Property
from liftlock_engine.providers.docker.schema import CONTAINER, RESOURCES
from liftlock_engine.values import UNKNOWN, PropertyMap

_NULL_UNLESS_SAID = (
    "capabilities",
    "cgroupParent",
    "cgroupnsMode",
    "containerLogs",
    "cpuPeriod",
    "cpuQuota",
    "cpus",
    "destroyGraceSeconds",
    "exitCode",
    "gpus",
    "healthcheck",
    "pidMode",
)
_NULL_WHEN_NEW = ("dns", "dnsOpts", "dnsSearches", "groupAdds", "logOpts", "storageOpts", "sysctls", "tmpfs")
_EMPTY = ("deviceReadBps", "deviceReadIops", "deviceRequests", "deviceWriteBps", "deviceWriteIops", "devices")
# What only Docker can tell of a container that does not exist yet.
_COMPUTED = (
    "bridge",
    "command",
    "containerLogs",
    "entrypoints",
    "envs",
    "exitCode",
    "healthcheck",
    "hostname",
    "init",
    "ipcMode",
    "labels",
    "logDriver",
    "networkDatas",
    "platform",
    "runtime",
    "securityOpts",
    "shmSize",
    "stopSignal",
    "stopTimeout",
)


def container_outputs(
    inspected: Plain, image: Plain | None, inputs: PropertyMap | None, *, new: bool = False, logs: str | None = None
) -> Plain:
    """Every output, as it is now. new: right after creation, where what nobody said is null instead of empty."""
    live = plain(live_inputs(inspected, image, inputs))
    host, settings = inspected["HostConfig"], inspected["NetworkSettings"]
    properties = RESOURCES[CONTAINER].properties
    outputs: Plain = {name: _full(live.get(name), properties.get(name), new=new) for name in RESOURCES[CONTAINER].outputs}
    outputs |= {name: live.get(name) or None for name in _NULL_UNLESS_SAID} | {name: [] for name in _EMPTY}
    outputs |= _docker_choices(inspected, host)
    outputs |= {name: None for name in _NULL_WHEN_NEW if new and not live.get(name)}
    outputs["envs"] = live.get("envs") or []
    outputs["ports"] = _real_ports(outputs["ports"], settings.get("Ports") or {})
    outputs["bridge"] = settings.get("Bridge") or ""
    outputs["networkDatas"] = _network_datas(settings.get("Networks") or {}, live.get("networksAdvanced") or [])
    outputs["platform"] = inspected.get("Platform") or None
    outputs["containerLogs"] = logs
    if is_stopped(inspected) and inspected["State"].get("Status") != "created":
        outputs["exitCode"] = inspected["State"].get("ExitCode")
    outputs["id"] = inspected["Id"]
    return outputs


def predict_outputs(type_: str, inputs: PropertyMap, old_outputs: PropertyMap | None, computed: tuple[str, ...] = _COMPUTED) -> Plain:
    """What a preview can say: the inputs, what stays from the object's last outputs, and UNKNOWN for what only Docker can tell."""
    said = plain(inputs)
    if old_outputs is not None:
        return {**plain(old_outputs), **{name: _kept(value, old_outputs.get(name)) for name, value in said.items()}}
    return {"id": UNKNOWN, **{name: UNKNOWN for name in computed if name in RESOURCES[type_].outputs}, **_with_unknown_ports(said)}


def _kept(said: Any, old: Any) -> Any:  # any JSON values
    """The old, fuller value of a list of objects where the inputs still say the same."""
    fuller = isinstance(said, list) and isinstance(old, list) and len(said) == len(old)
    covers = fuller and all(isinstance(b, dict) and isinstance(a, dict) and a.items() <= b.items() for a, b in zip(said, old, strict=True))
    return plain(old) if covers and said else said


def _with_unknown_ports(said: Plain) -> Plain:
    if not isinstance(said.get("ports"), list):
        return said
    return said | {"ports": [port if port is UNKNOWN else {"external": UNKNOWN, **port} for port in said["ports"]]}


def _full(value: Any, prop: Property | None, *, new: bool) -> Any:  # any JSON value
    """The value with every field said, as the real provider writes it."""
    if prop is None:
        return value
    match prop.kind:
        case Kind.LIST | Kind.SET:
            return [_full(part, prop.item, new=new) for part in value or ()]
        case Kind.MAP:
            return value or {}
        case Kind.OBJECT:
            filled = {name: _full((value or {}).get(name), inner, new=new) for name, inner in prop.fields.items() if inner.refused is None}
            if "linkLocalIps" in prop.fields:
                filled["gwPriority"] = None if new else 0
            if "selinuxRelabel" in prop.fields and not filled["readOnly"]:
                filled["readOnly"] = None if new else False
            return filled
        case _:
            return prop.meaning_of_absent if value is None else value


def _docker_choices(inspected: Plain, host: Plain) -> Plain:
    config = inspected["Config"]
    words = {word.name: config.get(word.key) for word in CONFIG_WORDS} | {word.name: host.get(word.key) for word in HOST_WORDS}
    chosen: Plain = {
        name: words.get(name) or "" for name in ("hostname", "user", "workingDir", "stopSignal", "runtime", "ipcMode", "usernsMode")
    }
    chosen |= {name: words.get(name) or [] for name in ("command", "entrypoints", "securityOpts")}
    chosen["stopTimeout"] = words.get("stopTimeout") or 0
    chosen["logDriver"] = (host.get("LogConfig") or {}).get("Type") or ""
    swap = host.get("MemorySwap") or 0
    chosen["memorySwap"] = swap // (1024 * 1024) if swap > 0 else swap
    chosen["shmSize"] = (host.get("ShmSize") or 0) // (1024 * 1024)
    return chosen


def _real_ports(ports: list[Plain], bound: Plain) -> list[Plain]:
    """The ports with the external number that Docker gave out where the program left it open."""
    taken: set[tuple[str, int]] = set()
    real = []
    for port in ports:
        ends = bound.get(f"{port['internal']}/{port['protocol']}") or ()
        for end in ends:
            number = int(end.get("HostPort") or 0)
            fits = port["external"] in (0, None, number) and end.get("HostIp") in (port["ip"], "")
            if fits and (port["ip"], number) not in taken:
                taken.add((port["ip"], number))
                port = {**port, "external": number}  # noqa: PLW2901  # the same port, now with its number
                break
        real.append(port)
    return real


def _network_datas(networks: Plain, declared: list[Plain]) -> list[Plain]:
    order = [end["name"] for end in declared]
    ranked = sorted(networks, key=lambda name: (order.index(name) if name in order else len(order), name))
    return [_network_data(name, networks[name] or {}) for name in ranked]


def _network_data(name: str, end: Plain) -> Plain:
    return {
        "networkName": name,
        "ipAddress": end.get("IPAddress") or "",
        "ipPrefixLength": end.get("IPPrefixLen") or 0,
        "gateway": end.get("Gateway") or "",
        "globalIpv6Address": end.get("GlobalIPv6Address") or "",
        "globalIpv6PrefixLength": end.get("GlobalIPv6PrefixLen") or 0,
        "ipv6Gateway": end.get("IPv6Gateway") or "",
        "macAddress": end.get("MacAddress") or "",
    }
