"""A container as declared, said in the words of Docker's API: what is sent to create it. Pure."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from liftlock_engine.providers.docker.meaning import Plain, is_absent, nanoseconds, plain
from liftlock_engine.values import PropertyMap

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Word:
    """One property that Docker knows under another name, with the same value (times unit)."""

    name: str
    key: str
    unit: int = 1
    docker_chooses: bool = False
    """Where the program says nothing, what Docker reports is its own choice and no drift."""


CONFIG_WORDS = (
    Word("hostname", "Hostname"),
    Word("domainname", "Domainname"),
    Word("user", "User"),
    Word("workingDir", "WorkingDir"),
    Word("tty", "Tty"),
    Word("stdinOpen", "OpenStdin"),
    Word("stopSignal", "StopSignal"),
    Word("stopTimeout", "StopTimeout"),
    Word("command", "Cmd"),
    Word("entrypoints", "Entrypoint"),
)
HOST_WORDS = (
    Word("privileged", "Privileged"),
    Word("publishAllPorts", "PublishAllPorts"),
    Word("readOnly", "ReadonlyRootfs"),
    Word("rm", "AutoRemove"),
    Word("init", "Init"),
    Word("runtime", "Runtime", docker_chooses=True),
    Word("networkMode", "NetworkMode"),
    Word("pidMode", "PidMode"),
    Word("ipcMode", "IpcMode", docker_chooses=True),
    Word("usernsMode", "UsernsMode"),
    Word("cgroupParent", "CgroupParent"),
    Word("cgroupnsMode", "CgroupnsMode", docker_chooses=True),
    Word("tmpfs", "Tmpfs"),
    Word("dns", "Dns"),
    Word("dnsOpts", "DnsOptions"),
    Word("dnsSearches", "DnsSearch"),
    Word("groupAdds", "GroupAdd"),
    Word("securityOpts", "SecurityOpt", docker_chooses=True),
    Word("sysctls", "Sysctls"),
    Word("storageOpts", "StorageOpt"),
    Word("memory", "Memory", MIB),
    Word("memoryReservation", "MemoryReservation", MIB),
    Word("memorySwap", "MemorySwap", MIB, docker_chooses=True),
    Word("shmSize", "ShmSize", MIB),
    Word("cpuShares", "CpuShares"),
    Word("cpuSet", "CpusetCpus"),
    Word("cpuPeriod", "CpuPeriod"),
    Word("cpuQuota", "CpuQuota"),
)


@dataclass(frozen=True, slots=True)
class NetworkEnd:
    """A network that the container joins, and how."""

    network: str
    config: Plain


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """Everything that makes a container: the body of the create call, then networks, then files."""

    name: str
    body: Plain
    networks: tuple[NetworkEnd, ...]
    files: bytes | None


def plan_container(inputs: PropertyMap) -> ContainerPlan:
    """What to send for checked inputs without unknowns."""
    declared: Plain = plain(inputs)
    body: Plain = {"Image": declared["image"], **_said(declared, CONFIG_WORDS)}
    body["Env"] = list(declared.get("envs") or ())
    body["Labels"] = {label["label"]: label["value"] for label in declared.get("labels") or ()}
    if not is_absent(declared.get("healthcheck")):
        body["Healthcheck"] = healthcheck_body(declared["healthcheck"])
    if not is_absent(declared.get("ports")):
        body["ExposedPorts"] = {f"{port['internal']}/{port['protocol']}": {} for port in declared["ports"]}
    anonymous = [use["containerPath"] for use in declared.get("volumes") or () if is_anonymous(use)]
    if anonymous:
        body["Volumes"] = {path: {} for path in anonymous}
    body["HostConfig"] = _host_config(declared)
    networks = tuple(NetworkEnd(end["name"], _endpoint(end)) for end in declared.get("networksAdvanced") or ())
    return ContainerPlan(declared["name"], body, networks, _archive(declared.get("uploads") or ()))


def _said(declared: Plain, words: tuple[Word, ...]) -> Plain:
    said: Plain = {}
    for word in words:
        value: Any = declared.get(word.name)
        if not is_absent(value) and value != "":
            said[word.key] = value * word.unit if word.unit != 1 and value > 0 else value
    return said


def _host_config(declared: Plain) -> Plain:
    host = _said(declared, HOST_WORDS)
    host.setdefault("Init", False)
    host["RestartPolicy"] = restart_policy(declared)
    host["LogConfig"] = {"Type": declared.get("logDriver") or "", "Config": declared.get("logOpts") or {}}
    if declared.get("cpus"):
        host["NanoCpus"] = int(Decimal(declared["cpus"]) * 10**9)
        host.pop("CpuPeriod", None)
        host.pop("CpuQuota", None)
    capabilities = declared.get("capabilities") or {}
    host["CapAdd"], host["CapDrop"] = capabilities.get("adds") or [], capabilities.get("drops") or []
    host["ExtraHosts"] = [f"{entry['host']}:{entry['ip']}" for entry in declared.get("hosts") or ()]
    host["Ulimits"] = [{"Name": limit["name"], "Soft": limit["soft"], "Hard": limit["hard"]} for limit in declared.get("ulimits") or ()]
    host["PortBindings"] = _port_bindings(declared.get("ports") or ())
    uses = declared.get("volumes") or ()
    host["Binds"] = [bind_of(use) for use in uses if not use.get("fromContainer") and not is_anonymous(use)]
    host["VolumesFrom"] = [use["fromContainer"] for use in uses if use.get("fromContainer")]
    host["Mounts"] = [_mount(mount) for mount in declared.get("mounts") or ()]
    return host


def restart_policy(declared: PropertyMap) -> Plain:
    """Docker's restart policy of the inputs."""
    return {"Name": declared.get("restart") or "no", "MaximumRetryCount": declared.get("maxRetryCount") or 0}


def healthcheck_body(declared: Mapping[str, Any]) -> Plain:
    """Docker's health check; a zero leaves that value to the image or to Docker."""
    body: Plain = {"Test": list(declared.get("tests") or ())}
    for name, key in HEALTH_DURATIONS:
        nanos = nanoseconds(declared.get(name) or "0s")
        if nanos:
            body[key] = nanos
    if declared.get("retries"):
        body["Retries"] = declared["retries"]
    return body


HEALTH_DURATIONS = (("interval", "Interval"), ("timeout", "Timeout"), ("startPeriod", "StartPeriod"), ("startInterval", "StartInterval"))


def is_anonymous(use: Mapping[str, Any]) -> bool:
    """Whether a use of a volume names neither a volume nor a folder nor a container."""
    return not (use.get("volumeName") or use.get("hostPath") or use.get("fromContainer"))


def bind_of(use: Mapping[str, Any]) -> str:
    """`source:/path:rw` as Docker takes it."""
    mode = ",".join(word for word in ("ro" if use.get("readOnly") else "rw", use.get("selinuxRelabel")) if word)
    return f"{use.get('hostPath') or use['volumeName']}:{use['containerPath']}:{mode}"


def _port_bindings(ports: list[Plain] | tuple[()]) -> Plain:
    bindings: dict[str, list[Plain]] = {}
    for port in ports:
        external = port.get("external") or 0
        binding = {"HostIp": port["ip"], "HostPort": str(external) if external else ""}
        bindings.setdefault(f"{port['internal']}/{port['protocol']}", []).append(binding)
    return bindings


def _mount(mount: Plain) -> Plain:
    body: Plain = {"Type": mount["type"], "Target": mount["target"], "Source": mount.get("source") or ""}
    body["ReadOnly"] = mount.get("readOnly") or False
    bind, tmpfs, volume = (mount.get(f"{kind}Options") or {} for kind in ("bind", "tmpfs", "volume"))
    if bind.get("propagation"):
        body["BindOptions"] = {"Propagation": bind["propagation"]}
    if tmpfs:
        body["TmpfsOptions"] = {"SizeBytes": tmpfs.get("sizeBytes") or 0, "Mode": tmpfs.get("mode") or 0}
    if volume:
        body["VolumeOptions"] = {
            "NoCopy": volume.get("noCopy") or False,
            "Labels": {label["label"]: label["value"] for label in volume.get("labels") or ()},
        }
        if volume.get("driverName"):
            driver = {"Name": volume["driverName"], "Options": volume.get("driverOptions") or {}}
            body["VolumeOptions"]["DriverConfig"] = driver
    return body


def _endpoint(end: Plain) -> Plain:
    ipam = {"IPv4Address": end.get("ipv4Address"), "IPv6Address": end.get("ipv6Address"), "LinkLocalIPs": end.get("linkLocalIps")}
    config: Plain = {"Aliases": list(end.get("aliases") or ()), "IPAMConfig": {key: value for key, value in ipam.items() if value}}
    if end.get("macAddress"):
        config["MacAddress"] = end["macAddress"]
    if end.get("driverOpts"):
        config["DriverOpts"] = dict(option.split("=", 1) for option in end["driverOpts"])
    return config


def _archive(uploads: list[Plain] | tuple[()]) -> bytes | None:
    if not uploads:
        return None
    import tarfile  # noqa: PLC0415 - few containers take files, and every run loads this module

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for upload in uploads:
            encoded = upload.get("contentBase64")
            content = base64.b64decode(encoded) if encoded is not None else str(upload.get("content") or "").encode()
            entry = tarfile.TarInfo(upload["file"].lstrip("/"))
            usual = 0o744 if upload.get("executable") else 0o644
            entry.mode = int(upload["permissions"], 8) if upload.get("permissions") else usual
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
