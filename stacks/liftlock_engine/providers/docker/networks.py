"""The resource docker:index/network:Network. Docker's network names are not unique: ours are told apart by labels."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from liftlock_engine.providers.docker.check import resource_name
from liftlock_engine.providers.docker.connection import ConflictError, Connection, MissingError, said_by
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.docker.meaning import DEFAULTS, Plain, is_absent, plain, respell_object
from liftlock_engine.providers.docker.ownership import CLOCKS_DIFFER, could_be_ours, declared_labels, is_ours
from liftlock_engine.providers.docker.schema import NETWORK, RESOURCES
from liftlock_engine.providers.port import Made, ProviderError, Seen, UnreachableError, is_older
from liftlock_engine.values import PropertyMap

_LETTING_GO_SECONDS = 2.0  # Docker frees a removed container's endpoint a moment later


class Networks:
    """Creates, reads and deletes networks; nothing about them changes in place."""

    def __init__(self, connection: Connection, owner_labels: tuple[str, ...]) -> None:
        self._connection = connection
        self._owner_labels = owner_labels

    def create(self, urn: str, inputs: PropertyMap) -> Made:
        """A new network; one of ours that an interrupted run left is taken over."""
        what = f"network {inputs['name']} (resource {resource_name(urn)!r})"
        try:
            id_ = self._make(what, inputs)
        except ConflictError as err:
            id_ = self._make_again(what, inputs, err)
        inspected = self._inspect(id_)
        if inspected is None:
            raise ProviderError(f"{what} was removed by someone else while it was being created; run again")
        return Made(id_, network_outputs(inspected, new=True))

    def read(self, id_: str, inputs: PropertyMap | None) -> Seen:
        """The network of that id, or the one that someone re-created under its name and our labels."""
        inspected = self._inspect(id_)
        if inspected is None and inputs is not None:
            inspected = next((one for one in self._named(inputs) if is_ours(self._owner_labels, one.get("Labels"), inputs)), None)
        if inspected is None:
            return Seen(None)
        return Seen(inspected["Id"], live_network(inspected, inputs), network_outputs(inspected))

    def locate(self, inputs: PropertyMap, since: str = "") -> str | None:
        """What a create that began then, and was cut off, left under this name; without any label it must equal the inputs."""
        certain = self._owner_labels or declared_labels(inputs)
        for one in self._named(inputs):
            alike = certain or not diff_inputs(NETWORK, live_network(one, inputs), inputs).changed
            if is_older(one["Created"], since, slack=CLOCKS_DIFFER):
                continue
            if alike and could_be_ours(self._owner_labels, one.get("Labels"), inputs):
                return str(one["Id"])
        return None

    def delete(self, id_: str, inputs: PropertyMap) -> None:
        """Removes the network; raises with the names of the containers that are still on it."""
        name = inputs.get("name", id_[:12])
        said = ""
        for _ in self._connection.looks(f"removing network {name}", time.monotonic() + _LETTING_GO_SECONDS):
            try:
                with self._connection.api(f"removing network {name}") as api:
                    api.remove_network(id_)
                return
            except MissingError:
                return
            except UnreachableError:
                raise
            except ProviderError as err:
                said = said_by(err)
                if "active endpoints" not in said:
                    raise
            holders = self._holders(id_)
            if holders:
                raise ProviderError(
                    f"network {name} is still used by container {', '.join(holders)}; remove or disconnect it, then run again"
                )
        raise ProviderError(f"network {name} cannot be removed: {said}")

    def named(self, name: str) -> Plain | None:
        """Any network of that name or id, whoever made it."""
        return self._inspect(name)

    def _make(self, what: str, inputs: PropertyMap) -> str:
        try:
            with self._connection.api(f"creating {what}") as api:
                return str(api.create_network(**_network_body(inputs))["Id"])
        except (ConflictError, UnreachableError):
            raise
        except ProviderError as err:
            said = said_by(err)
            hint = "; remove networks that nobody uses (docker network ls)" if "address pool" in said else ""
            raise ProviderError(f"{what} cannot be created: {said}{hint}") from err

    def _make_again(self, what: str, inputs: PropertyMap, conflict: ConflictError) -> str:
        namesakes = self._named(inputs)
        ours = [one for one in namesakes if is_ours(self._owner_labels, one.get("Labels"), inputs)]
        if not ours and namesakes:
            taken = f"the name is taken by network {namesakes[0]['Id'][:12]}, which is not ours"
            raise ProviderError(f"{what}: {taken}; remove it (docker network rm {inputs['name']}) or choose another name") from conflict
        for one in ours:
            if not diff_inputs(NETWORK, live_network(one, inputs), inputs).changed:
                return str(one["Id"])
            self.delete(one["Id"], inputs)
        return self._make(what, inputs)

    def _named(self, inputs: PropertyMap) -> list[Plain]:
        name = inputs["name"]
        with self._connection.api(f"looking for network {name}") as api:
            return [one for one in api.networks(names=[name]) if one["Name"] == name]  # Docker matches parts of names

    def _holders(self, id_: str) -> list[str]:
        inspected = self._inspect(id_) or {}
        return sorted(end.get("Name") or key[:12] for key, end in (inspected.get("Containers") or {}).items())

    def _inspect(self, id_: str) -> Plain | None:
        with contextlib.suppress(MissingError), self._connection.api(f"looking at network {id_}") as api:
            found: Plain = api.inspect_network(id_)
            return found
        return None


def _network_body(inputs: PropertyMap) -> Plain:
    said: Any = plain(inputs)
    keys = (("subnet", "Subnet"), ("ipRange", "IPRange"), ("gateway", "Gateway"), ("auxAddress", "AuxiliaryAddresses"))
    pools = [{key: pool[name] for name, key in keys if not is_absent(pool.get(name))} for pool in said.get("ipamConfigs") or ()]
    return {
        "name": said["name"],
        "driver": said.get("driver") or "bridge",
        "options": said.get("options") or {},
        "ipam": {"Driver": said.get("ipamDriver") or "default", "Config": pools, "Options": said.get("ipamOptions") or {}},
        "check_duplicate": True,
        "internal": bool(said.get("internal")),
        "attachable": bool(said.get("attachable")),
        "ingress": bool(said.get("ingress")) or None,
        "enable_ipv6": bool(said.get("ipv6")),
        "labels": declared_labels(inputs),
    }


def network_outputs(inspected: Plain, *, new: bool = False) -> Plain:
    """Every output of a network, in the form that Pulumi's own provider records."""
    ipam = inspected.get("IPAM") or {}
    return {
        "attachable": inspected.get("Attachable", False),
        "driver": inspected["Driver"],
        "id": inspected["Id"],
        "ingress": inspected.get("Ingress", False),
        "internal": inspected.get("Internal", False),
        "ipamConfigs": [_pool(pool) for pool in ipam.get("Config") or ()],
        "ipamDriver": ipam.get("Driver") or "default",
        "ipamOptions": ipam.get("Options") or (None if new else {}),
        "ipv6": inspected.get("EnableIPv6", False),
        "labels": [{"label": label, "value": value} for label, value in sorted((inspected.get("Labels") or {}).items())],
        "name": inspected["Name"],
        "options": inspected.get("Options") or {},
        "scope": inspected.get("Scope") or "local",
    }


def _pool(pool: Plain) -> Plain:
    return {
        "auxAddress": pool.get("AuxiliaryAddresses") or {},
        "gateway": pool.get("Gateway") or "",
        "ipRange": pool.get("IPRange") or "",
        "subnet": pool.get("Subnet") or "",
    }


def live_network(inspected: Plain, declared: PropertyMap | None) -> Plain:
    """Inputs that would make this very network; address pools that Docker picked are left out."""
    last: Plain = dict(declared) if declared is not None else {DEFAULTS: []}
    words = {name: value for name, value in network_outputs(inspected).items() if name in RESOURCES[NETWORK].properties}
    pools: list[Plain] = last.get("ipamConfigs") or []
    if not pools:
        words.pop("ipamConfigs")
    for pool, live in zip(pools, words.get("ipamConfigs", []), strict=False):
        live["gateway"] = live["gateway"] if pool.get("gateway") else ""  # Docker picked it
    return respell_object(last, words, RESOURCES[NETWORK].properties)
