"""The resource docker:index/volume:Volume. Docker hands out an existing volume for a new one: its labels tell whose it is."""

from __future__ import annotations

import contextlib
from typing import Any

from liftlock_engine.providers.docker.check import resource_name
from liftlock_engine.providers.docker.connection import ConflictError, Connection, MissingError, said_by
from liftlock_engine.providers.docker.meaning import DEFAULTS, Plain, plain, respell_object
from liftlock_engine.providers.docker.ownership import could_be_ours, declared_labels
from liftlock_engine.providers.docker.schema import RESOURCES, VOLUME
from liftlock_engine.providers.port import Made, ProviderError, Seen
from liftlock_engine.values import PropertyMap


class Volumes:
    """Creates, reads and deletes volumes; nothing about them changes in place."""

    def __init__(self, connection: Connection, owner_labels: tuple[str, ...]) -> None:
        self._connection = connection
        self._owner_labels = owner_labels

    def create(self, urn: str, inputs: PropertyMap) -> Made:
        """A volume; one that is ours already is taken over with its data."""
        name = str(inputs["name"])
        what = f"volume {name} (resource {resource_name(urn)!r})"
        said: Any = plain(inputs)
        with self._connection.api(f"creating {what}") as api:  # one that is there already comes back as it is
            made = api.create_volume(name, said.get("driver") or "local", said.get("driverOpts") or {}, declared_labels(inputs))
        if not could_be_ours(self._owner_labels, made.get("Labels"), inputs):
            raise ProviderError(f"{what}: a volume of that name exists and is not ours; choose another name, or import it to take it over")
        return Made(name, volume_outputs(made, new=True))

    def read(self, id_: str, inputs: PropertyMap | None) -> Seen:
        """The volume of that name."""
        found = self._inspect(id_)
        return Seen(None) if found is None else Seen(found["Name"], live_volume(found, inputs), volume_outputs(found))

    def locate(self, inputs: PropertyMap) -> str | None:
        """What an interrupted create left under this name: never a volume that was in use, which may hold data; create takes that over."""
        name = str(inputs["name"])
        found = self._inspect(name)
        ours = found is not None and could_be_ours(self._owner_labels, found.get("Labels"), inputs)
        return name if ours and self._never_used(name) else None

    def _never_used(self, name: str) -> bool:
        with self._connection.api(f"looking whether volume {name} holds data") as api:
            usage = next((volume.get("UsageData") or {} for volume in api.df()["Volumes"] or () if volume["Name"] == name), {})
        return bool(usage.get("Size") == 0 and usage.get("RefCount") == 0)  # -1 where Docker does not know

    def delete(self, id_: str) -> None:
        """Removes the volume with its data; raises with the names of the containers that use it."""
        try:
            with contextlib.suppress(MissingError), self._connection.api(f"removing volume {id_}") as api:
                api.remove_volume(id_)
        except ConflictError as err:
            with self._connection.api(f"looking who uses volume {id_}") as api:
                holders = sorted(found["Names"][0].lstrip("/") for found in api.containers(all=True, filters={"volume": id_}))
            whom = f"container {', '.join(holders)}" if holders else said_by(err)
            raise ProviderError(f"volume {id_} is still used by {whom}; remove that first, then run again") from err

    def _inspect(self, name: str) -> Plain | None:
        with contextlib.suppress(MissingError), self._connection.api(f"looking at volume {name}") as api:
            found: Plain = api.inspect_volume(name)
            return found
        return None


def volume_outputs(inspected: Plain, *, new: bool = False) -> Plain:
    """Every output of a volume, in the form that Pulumi's own provider records."""
    return {
        "cluster": None,
        "driver": inspected["Driver"],
        "driverOpts": inspected.get("Options") or (None if new else {}),
        "id": inspected["Name"],
        "labels": [{"label": label, "value": value} for label, value in sorted((inspected.get("Labels") or {}).items())],
        "mountpoint": inspected.get("Mountpoint") or "",
        "name": inspected["Name"],
    }


def live_volume(inspected: Plain, declared: PropertyMap | None) -> Plain:
    """Inputs that would make this very volume. declared: None for an import, where Pulumi's own provider says the driver, too."""
    last: Plain = dict(declared) if declared is not None else {DEFAULTS: []}
    words = {name: value for name, value in volume_outputs(inspected).items() if name in RESOURCES[VOLUME].properties}
    said = {} if declared is not None else {"driver": inspected["Driver"]}
    return respell_object(last, words, RESOURCES[VOLUME].properties) | said
