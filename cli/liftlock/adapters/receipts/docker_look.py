"""What Docker has of an environment, object by object, over its local socket and nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

_UNIX = "unix://"
_SECONDS = 5.0
_PATHS = {
    "docker:index/container:Container": "/containers/{id}/json",
    "docker:index/network:Network": "/networks/{id}",
    "docker:index/volume:Volume": "/volumes/{id}",
    "docker:index/remoteImage:RemoteImage": "/images/{name}/json",
}
_LISTS = {
    "Containers": "/containers/json?all=1&filters={filters}",
    "Networks": "/networks?filters={filters}",
    "Volumes": "/volumes?filters={filters}",
}
_WELL = ("healthy", "none", None)
_STARTING = "starting"


class UncertainError(Exception):
    """Something cannot be told, or is not as a run would leave it."""


class _Socket(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)


def live_objects(endpoint: str, labels: Mapping[str, str], resources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Every object that carries the labels, by id, and every recorded resource as Docker describes it now.

    resources: those of the checkpoint that stand for objects. UncertainError where one is missing, is of an unknown type, or is not well.
    """
    if not endpoint.startswith(_UNIX):
        raise UncertainError(f"{endpoint} is not a local socket")
    connection = _Socket(endpoint.removeprefix(_UNIX))
    try:
        found = {kind: _ids(kind, _get(connection, path.format(filters=_filters(labels)))) for kind, path in _LISTS.items()}
        # By id: their order in the state is the order in which a run was done with them.
        return {"listed": found, "objects": {f"{item['type']} {item['id']}": _described(connection, item) for item in resources}}
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as err:
        raise UncertainError(str(err)) from err
    finally:
        connection.close()


def _filters(labels: Mapping[str, str]) -> str:
    return quote(json.dumps({"label": [f"{key}={value}" for key, value in labels.items()]}))


def _ids(kind: str, listed: Any) -> list[str]:
    """A stranger in the list is a difference as well as one who is missing."""
    if kind == "Volumes":
        return sorted(item["Name"] for item in listed["Volumes"] or ())
    return sorted(item["Id"] for item in listed)


def _described(connection: http.client.HTTPConnection, resource: Mapping[str, Any]) -> Any:
    path = _PATHS.get(resource["type"])
    if path is None:
        raise UncertainError(f"{resource['type']} is not looked at here")
    found = _get(connection, path.format(id=quote(str(resource["id"]), safe=""), name=quote(str(resource["inputs"]["name"]), safe="/:@")))
    return without_pulse(found)


def without_pulse(inspected: Any) -> Any:
    """What Docker says of an object, less what changes while it simply runs: the log of its health checks and commands inside.

    Everything else stays, so that whatever happens to an object is a difference. One whose check Docker has not run yet counts as
    well: a run takes it so, too, and asks its routes. UncertainError for a container that is not well.
    """
    state = inspected.get("State")
    if not isinstance(state, dict):
        return inspected
    health = state.get("Health") or {}
    status = "healthy" if health.get("Status") == _STARTING else health.get("Status")
    if status not in _WELL:
        raise UncertainError(f"{inspected.get('Name')} is {status}")
    kept = {**state, "Health": status}
    return {**{key: value for key, value in inspected.items() if key != "ExecIDs"}, "State": kept}


def _get(connection: http.client.HTTPConnection, path: str) -> Any:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise UncertainError(f"{path}: HTTP {answer.status}")
    return json.loads(body)
