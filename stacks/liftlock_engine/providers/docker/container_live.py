"""A live container, said in the words of the program's inputs, so that an untouched one equals what was declared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from liftlock_engine.providers.docker.container_body import CONFIG_WORDS, HEALTH_DURATIONS, HOST_WORDS, Word
from liftlock_engine.providers.docker.meaning import DEFAULTS, Plain, plain, respell_object, respell_set, spelled_duration
from liftlock_engine.providers.docker.properties import Kind
from liftlock_engine.providers.docker.schema import CONTAINER, RESOURCES
from liftlock_engine.values import PropertyMap

# Docker keeps no record of these; they are what was declared.
_UNREADABLE = (
    "attach",
    "containerReadRefreshTimeoutMilliseconds",
    "destroyGraceSeconds",
    "logs",
    "mustRun",
    "removeVolumes",
    "start",
    "uploads",
    "wait",
    "waitTimeout",
)
_LOG_WORDS = (Word("logDriver", "Type", docker_chooses=True), Word("logOpts", "Config", docker_chooses=True))
# Docker keeps bindings by port, without the declared order.
_PORTS = replace(RESOURCES[CONTAINER].properties["ports"], kind=Kind.SET, key="internal")
_IMPLIED_NETWORKS = {"default": "bridge", "": "bridge"}


def live_inputs(inspected: Plain, image: Plain | None, declared: PropertyMap | None) -> Plain:
    """Inputs that would make this very container. What only the image brings is left out; image is its `Config`, None where it is gone.

    declared: the last known inputs; their spelling and order are kept wherever they mean the same. A stopped container that must run
    says `mustRun: false`.
    """
    last: Plain = dict(declared or {})
    words: Plain = {name: last[name] for name in _UNREADABLE if name in last}
    config, host = inspected["Config"], inspected["HostConfig"]
    brought = _brought_by(image, config, last)
    words |= _read_words(CONFIG_WORDS, config, last, brought) | _read_words(HOST_WORDS, host, last, {})
    words |= _read_words(_LOG_WORDS, host.get("LogConfig") or {}, last, {})
    words["name"] = inspected["Name"].lstrip("/")
    words["image"] = inspected["Image"] if str(last.get("image", "")).startswith("sha256:") else config["Image"]
    words["hostname"] = _hostname(inspected, last)
    words["envs"] = [env for env in config.get("Env") or () if env not in brought["Env"]]
    labels = {label: value for label, value in (config.get("Labels") or {}).items() if brought["Labels"].get(label) != value}
    words["labels"] = [{"label": label, "value": value} for label, value in sorted(labels.items())]
    words["healthcheck"] = _healthcheck(config.get("Healthcheck"), brought["Healthcheck"], last)
    words["networksAdvanced"] = _network_ends(inspected, last)
    words |= _host_objects(host, last)
    words["volumes"] = list(_volume_uses(config, host, brought["Volumes"]))
    if is_stopped(inspected) and _expected_to_run(last):
        words["mustRun"] = False
    fresh: Plain = {DEFAULTS: []} if declared is None else {}
    return respell_object(last | fresh, words, RESOURCES[CONTAINER].properties)


def is_stopped(inspected: Plain) -> bool:
    """Whether the container does no work now: exited, never started, or paused."""
    state = inspected["State"]
    return not state["Running"] or bool(state.get("Paused"))


def _expected_to_run(last: Plain) -> bool:
    return bool(last.get("mustRun", False) and last.get("start", True) and not last.get("attach"))


def _brought_by(image: Plain | None, config: Plain, last: Plain) -> Plain:
    """What the image contributes and the program did not say itself."""
    if image is None:  # its defaults cannot be told from what someone set: only what was declared is compared
        image = config
    envs = set(last.get("envs") or ())
    labels = {(label["label"], label["value"]) for label in last.get("labels") or ()}
    return {
        **{word.key: image.get(word.key) for word in CONFIG_WORDS},
        "Cmd": None if last.get("entrypoints") else image.get("Cmd"),  # an own entrypoint sets the image's command aside
        "Env": {env for env in image.get("Env") or () if env not in envs},
        "Labels": {label: value for label, value in (image.get("Labels") or {}).items() if (label, value) not in labels},
        "Healthcheck": image.get("Healthcheck"),
        "Volumes": set(image.get("Volumes") or ()) - {use.get("containerPath") for use in last.get("volumes") or ()},
    }


def _read_words(words: tuple[Word, ...], section: Plain, last: Plain, brought: Plain) -> Plain:
    read: Plain = {}
    for word in words:
        value = section.get(word.key)
        declared = last.get(word.name)
        if declared is None and (word.docker_chooses or value == brought.get(word.key, ...)):
            continue
        if isinstance(value, int) and word.unit != 1 and value > 0:
            value = value // word.unit
        read[word.name] = value
    return read


def _hostname(inspected: Plain, last: Plain) -> str | None:
    hostname: str = inspected["Config"].get("Hostname") or ""
    mode = inspected["HostConfig"].get("NetworkMode") or ""
    chosen = inspected["Id"].startswith(hostname) or mode == "host" or mode.startswith("container:")
    return None if chosen and last.get("hostname") is None else hostname


def _healthcheck(live: Plain | None, brought: Plain | None, last: Plain) -> Plain | None:
    declared = last.get("healthcheck")
    if live is None or (declared is None and live == brought):
        return None
    words: Plain = {"tests": live.get("Test") or [], "retries": live.get("Retries") or 0}
    for name, key in HEALTH_DURATIONS:
        words[name] = spelled_duration(live.get(key) or 0)
    if declared is not None and "StartInterval" not in live:  # an older Docker does not keep it
        words["startInterval"] = declared.get("startInterval")
    # Docker fills what a declared check leaves open from the image's own check.
    for name in words if declared is not None and brought else ():
        words[name] = _own_part(name, words[name], declared or {}, brought or {})
    return words


def _own_part(name: str, live: Any, declared: Plain, brought: Plain) -> Any:  # any JSON value
    keys = dict(HEALTH_DURATIONS) | {"tests": "Test", "retries": "Retries"}
    inherited = brought.get(keys[name])
    if name in dict(HEALTH_DURATIONS):
        return declared.get(name) if inherited and live == spelled_duration(inherited) and declared.get(name) in (None, "0s") else live
    return declared.get(name) if inherited and live == inherited and not declared.get(name) else live


def _network_ends(inspected: Plain, last: Plain) -> list[Plain]:
    mode = inspected["HostConfig"].get("NetworkMode") or ""
    declared = last.get("networksAdvanced") or []
    implied = None if declared else _IMPLIED_NETWORKS.get(mode, mode)
    ends = []
    for name, end in sorted((inspected["NetworkSettings"].get("Networks") or {}).items()):
        if name != implied:
            spelled: Plain = next((known for known in declared if known["name"] in (name, end.get("NetworkID"))), {})
            own_names = {inspected["Id"][:12], inspected["Config"].get("Hostname")}
            ends.append(_network_end(spelled.get("name", name), end or {}, own_names, spelled))
    return ends


def _network_end(name: str, end: Plain, own_names: set[str | None], declared: Plain) -> Plain:
    ipam = end.get("IPAMConfig") or {}
    added = own_names - set(declared.get("aliases") or ())  # Docker makes the container's own names aliases too
    return {
        "name": name,
        "aliases": [alias for alias in end.get("Aliases") or () if alias not in added],
        "ipv4Address": ipam.get("IPv4Address") or "",
        "ipv6Address": ipam.get("IPv6Address") or "",
        "linkLocalIps": ipam.get("LinkLocalIPs") or [],
        "macAddress": (end.get("MacAddress") or declared["macAddress"]) if declared.get("macAddress") else "",
        "driverOpts": [f"{key}={value}" for key, value in sorted((end.get("DriverOpts") or {}).items())],
    }


def _host_objects(host: Plain, last: Plain) -> Plain:
    policy = host.get("RestartPolicy") or {}
    capabilities = plain(last.get("capabilities")) or {}
    nano = host.get("NanoCpus") or 0
    return {
        "restart": policy.get("Name") or "no",
        "maxRetryCount": policy.get("MaximumRetryCount") or 0,
        "networkMode": _IMPLIED_NETWORKS.get(host.get("NetworkMode") or "", host.get("NetworkMode")),
        "cpus": _cpus(nano, last.get("cpus")),
        "capabilities": {
            "adds": _capabilities(host.get("CapAdd"), capabilities.get("adds")),
            "drops": _capabilities(host.get("CapDrop"), capabilities.get("drops")),
        },
        "hosts": [{"host": entry.partition(":")[0], "ip": entry.partition(":")[2]} for entry in host.get("ExtraHosts") or ()],
        "ulimits": [{"name": one["Name"], "soft": one["Soft"], "hard": one["Hard"]} for one in host.get("Ulimits") or ()],
        "ports": respell_set(last.get("ports") or [], list(_ports(host.get("PortBindings") or {})), _PORTS),
        "mounts": [_mount(mount) for mount in host.get("Mounts") or ()],
    }


def _cpus(nano: int, declared: str | None) -> str:
    if declared and round(float(declared) * 10**9) == nano:
        return declared
    return f"{nano / 10**9:g}" if nano else ""


def _capabilities(live: list[str] | None, declared: list[str] | None) -> list[str]:
    spelled = {_capability(name): name for name in declared or ()}
    return [spelled.get(_capability(name), name) for name in live or ()]


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _ports(bindings: Mapping[str, list[Plain] | None]) -> Iterator[Plain]:
    for key, ends in sorted(bindings.items()):
        internal, _, protocol = key.partition("/")
        for end in ends or ():
            words: Plain = {"internal": int(internal), "ip": end.get("HostIp") or "0.0.0.0", "protocol": protocol or "tcp"}  # noqa: S104
            external = int(end.get("HostPort") or 0)
            yield words | ({"external": external} if external else {})


def _mount(mount: Plain) -> Plain:
    words: Plain = {"target": mount["Target"], "type": mount["Type"]}
    words |= {"source": mount.get("Source") or "", "readOnly": mount.get("ReadOnly") or False}
    volume, tmpfs = mount.get("VolumeOptions") or {}, mount.get("TmpfsOptions") or {}
    driver = volume.get("DriverConfig") or {}
    labels = sorted((volume.get("Labels") or {}).items())
    words["bindOptions"] = {"propagation": (mount.get("BindOptions") or {}).get("Propagation") or ""}
    words["tmpfsOptions"] = {"mode": tmpfs.get("Mode") or 0, "sizeBytes": tmpfs.get("SizeBytes") or 0}
    words["volumeOptions"] = {
        "driverName": driver.get("Name") or "",
        "driverOptions": driver.get("Options") or {},
        "labels": [{"label": label, "value": value} for label, value in labels],
        "noCopy": volume.get("NoCopy") or False,
    }
    return words


def _volume_uses(config: Plain, host: Plain, brought: set[str]) -> Iterator[Plain]:
    bound = set()
    for bind in host.get("Binds") or ():
        source, _, rest = bind.partition(":")
        path, _, modes = rest.partition(":")
        flags = modes.split(",")
        bound.add(path)
        use: Plain = {"containerPath": path, "hostPath" if source.startswith("/") else "volumeName": source}
        use["readOnly"] = "ro" in flags
        use["selinuxRelabel"] = next((flag for flag in ("z", "Z") if flag in flags), "")
        yield use
    for container in host.get("VolumesFrom") or ():
        yield {"fromContainer": container}
    for path in sorted(set(config.get("Volumes") or ()) - bound - brought):
        yield {"containerPath": path}
