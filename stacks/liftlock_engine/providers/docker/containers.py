"""The resource docker:index/container:Container: plans made elsewhere, carried out against Docker here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from liftlock_engine.providers.docker.check import resource_name
from liftlock_engine.providers.docker.connection import ConflictError, Connection, MissingError, said_by
from liftlock_engine.providers.docker.container_body import MIB, ContainerPlan, plan_container, restart_policy
from liftlock_engine.providers.docker.container_live import is_stopped, live_inputs
from liftlock_engine.providers.docker.container_outputs import container_outputs
from liftlock_engine.providers.docker.container_start import Starter
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.docker.failure import masked
from liftlock_engine.providers.docker.images import Images
from liftlock_engine.providers.docker.meaning import Plain
from liftlock_engine.providers.docker.ownership import CLOCKS_DIFFER, could_be_ours, declared_labels, is_ours
from liftlock_engine.providers.docker.schema import CONTAINER
from liftlock_engine.providers.port import Made, ProviderError, Seen, is_older
from liftlock_engine.values import PropertyMap

_GONE_SECONDS = 60


class Containers:
    """Creates, reads, updates and deletes containers."""

    def __init__(self, connection: Connection, images: Images, owner_labels: tuple[str, ...]) -> None:
        self._connection = connection
        self._images = images
        self._owner_labels = owner_labels
        self._starter = Starter(connection)

    def create(self, urn: str, inputs: PropertyMap, timeout: float | None) -> Made:
        """A container that is as asked: started, healthy, or ended well; on failure it is gone again."""
        deadline = time.monotonic() + timeout if timeout is not None else None
        what = f"container {inputs['name']} (resource {resource_name(urn)!r})"
        plan = plan_container(inputs)
        image = self._images.ensure(str(inputs["image"]))
        finite = bool(inputs.get("attach") and inputs.get("rm"))
        if finite:
            plan.body["HostConfig"]["AutoRemove"] = False  # it would go before its exit code and log are read
        id_ = self._make(what, plan, inputs)
        with self._removed_on_failure(id_):
            self._furnish(what, id_, plan)
            inspected, logs = self._starter.bring_up(what, id_, inputs, deadline)
            outputs = container_outputs(inspected, image.get("Config") or {}, inputs, new=True, logs=logs)
            if finite:
                self._remove(id_, volumes=True)
        return Made(id_, outputs)

    def read(self, id_: str, inputs: PropertyMap | None) -> Seen:
        """The container of that id, or the one that someone re-created under its name and our labels."""
        inspected = self._inspect(id_)
        if inspected is None and inputs is not None:
            inspected = self._named(str(inputs["name"]))
            if inspected is None or not is_ours(self._owner_labels, inspected["Config"].get("Labels"), inputs):
                return Seen(None)
        if inspected is None:
            return Seen(None)
        return self._seen(inspected, inputs)

    def locate(self, inputs: PropertyMap, since: str = "") -> str | None:
        """What a create that began then, and was cut off, left under this name. Without any label it must equal the inputs."""
        inspected = self._named(str(inputs["name"]))
        if inspected is None or not could_be_ours(self._owner_labels, inspected["Config"].get("Labels"), inputs):
            return None
        if is_older(inspected["Created"], since, slack=CLOCKS_DIFFER):
            return None
        certain = self._owner_labels or declared_labels(inputs)
        alike = certain or not diff_inputs(CONTAINER, self._seen(inspected, inputs).inputs, inputs, ignore=("mustRun",)).changed
        return str(inspected["Id"]) if alike else None

    def update(
        self, urn: str, id_: str, old: PropertyMap, old_outputs: PropertyMap, new: PropertyMap, timeout: float | None
    ) -> PropertyMap:
        """Limits, restart policy and running state, changed in place."""
        deadline = time.monotonic() + timeout if timeout is not None else None
        what = f"container {new['name']} (resource {resource_name(urn)!r})"
        changed = set(diff_inputs(CONTAINER, old, new).diffs)
        if changed & {
            "cpuPeriod",
            "cpuQuota",
            "cpuSet",
            "cpuShares",
            "maxRetryCount",
            "memory",
            "memoryReservation",
            "memorySwap",
            "restart",
        }:
            with self._connection.api(f"updating {what}") as api:
                api.update_container(id_, **_limits(new))
        inspected = self._inspect(id_)
        if inspected is None:
            raise ProviderError(f"{what} is gone since it was looked at; run again to create it")
        logs: Any = old_outputs.get("containerLogs")
        if changed & {"mustRun", "start"} and new.get("mustRun") and not new.get("attach") and is_stopped(inspected):
            paused = bool(inspected["State"].get("Paused"))
            inspected, _ = self._starter.bring_up(what, id_, new, deadline, paused=paused)
        outputs = container_outputs(inspected, self._image_config(inspected), new, logs=logs)
        return {name: None if value in ([], {}) and old_outputs.get(name, value) is None else value for name, value in outputs.items()}

    def delete(self, id_: str, inputs: PropertyMap) -> None:
        """Stops with the declared grace and removes; gone already is fine."""
        grace: Any = inputs.get("destroyGraceSeconds") or inputs.get("stopTimeout") or 0
        with contextlib.suppress(MissingError):
            if grace > 0 and not inputs.get("attach"):
                with self._connection.api(f"stopping container {inputs.get('name', id_)}") as api:
                    api.stop(id_, timeout=grace)
            self._remove(id_, volumes=bool(inputs.get("removeVolumes", True)))

    def _make(self, what: str, plan: ContainerPlan, inputs: PropertyMap) -> str:
        try:
            return self._send(what, plan)
        except ConflictError as err:
            if "already in use" not in said_by(err):
                raise ProviderError(masked(f"{what} cannot be created: {said_by(err)}", inputs)) from err
        holder = self._named(plan.name)
        if holder is not None and not is_ours(self._owner_labels, holder["Config"].get("Labels"), inputs):
            raise ProviderError(
                f"{what}: the name {plan.name!r} is taken by container {holder['Id'][:12]}, which is not ours; "
                f"rename or remove it (docker rm -f {plan.name}), or choose another name"
            )
        if holder is not None:  # left by an interrupted run, or re-created by hand
            self._remove(holder["Id"], volumes=True)
        return self._send(what, plan)

    def _send(self, what: str, plan: ContainerPlan) -> str:
        with self._connection.api(f"creating {what}") as api:
            return str(api.create_container_from_config(plan.body, plan.name)["Id"])

    def _furnish(self, what: str, id_: str, plan: ContainerPlan) -> None:
        with self._connection.api(f"preparing {what}") as api:
            if plan.networks and plan.body["HostConfig"].get("NetworkMode") == "bridge":
                api.disconnect_container_from_network(id_, "bridge")
            for end in plan.networks:
                self._join(what, id_, end.network, end.config)
            if plan.files is not None:
                api.put_archive(id_, "/", plan.files)

    def _join(self, what: str, id_: str, network: str, config: Plain) -> None:
        ipam = config["IPAMConfig"]
        try:
            with self._connection.api(f"connecting {what} to network {network}") as api:
                api.connect_container_to_network(
                    id_,
                    network,
                    aliases=config["Aliases"],
                    ipv4_address=ipam.get("IPv4Address"),
                    ipv6_address=ipam.get("IPv6Address"),
                    link_local_ips=ipam.get("LinkLocalIPs"),
                    driver_opt=config.get("DriverOpts"),
                    mac_address=config.get("MacAddress"),
                )
        except MissingError as err:
            raise ProviderError(f"{what}: there is no network {network!r}; create it first ({said_by(err)})") from err

    @contextlib.contextmanager
    def _removed_on_failure(self, id_: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with contextlib.suppress(ProviderError):  # the first error is the one to tell
                self._remove(id_, volumes=True)
            raise

    def _remove(self, id_: str, *, volumes: bool) -> None:
        try:
            with self._connection.api(f"removing container {id_[:12]}") as api:
                api.remove_container(id_, force=True, v=volumes)
        except MissingError:
            return
        except ConflictError as err:
            if "in progress" not in said_by(err):
                raise
            self._await_removal(id_)

    def _await_removal(self, id_: str) -> None:
        doing = f"waiting for the removal of container {id_[:12]}"
        for _ in self._connection.looks(doing, time.monotonic() + _GONE_SECONDS):
            if self._inspect(id_) is None:
                return
        raise ProviderError(f"container {id_[:12]} is still being removed after {_GONE_SECONDS} s; see `docker ps -a` and run again")

    def _inspect(self, id_: str) -> Plain | None:
        try:
            with self._connection.api(f"looking at container {id_[:64]}") as api:
                found: Plain = api.inspect_container(id_)
        except MissingError:
            return None
        return None if found["State"].get("Status") in ("removing", "dead") else found

    def _named(self, name: str) -> Plain | None:
        found = self._inspect(name)
        return found if found is not None and found["Name"] == f"/{name}" else None  # Docker also takes the start of an id for a name

    def _image_config(self, inspected: Plain) -> Plain | None:
        image = self._images.find(inspected["Image"])
        return None if image is None else image.get("Config") or {}

    def _seen(self, inspected: Plain, inputs: PropertyMap | None) -> Seen:
        image = self._image_config(inspected)
        declared = str((inputs or {}).get("image", ""))
        if declared and declared != inspected["Config"]["Image"]:
            known = self._images.find(declared)
            if known is not None and known["Id"] == inspected["Image"]:  # the same image under another of its names
                inspected["Config"]["Image"] = declared
                inspected["Image"] = declared if declared.startswith("sha256:") else inspected["Image"]
        return Seen(inspected["Id"], live_inputs(inspected, image, inputs), container_outputs(inspected, image, inputs))


def _limits(new: PropertyMap) -> Plain:
    """The update call's words. Swap follows memory, as Docker does on creation: otherwise a lower limit is refused."""
    said: Any = new
    memory, swap = said.get("memory") or 0, said.get("memorySwap") or 0
    limits: Plain = {"restart_policy": restart_policy(new)}
    if memory:
        limits["mem_limit"] = memory * MIB
        limits["memswap_limit"] = 2 * memory * MIB
    if swap:
        limits["memswap_limit"] = swap * MIB if swap > 0 else swap
    if said.get("memoryReservation"):
        limits["mem_reservation"] = said["memoryReservation"] * MIB
    words = (("cpuShares", "cpu_shares"), ("cpuSet", "cpuset_cpus"), ("cpuPeriod", "cpu_period"), ("cpuQuota", "cpu_quota"))
    return limits | {key: said[name] for name, key in words if said.get(name)}
