"""The package docker in Pulumi's schema language, for tools that ask a plugin for it. Pure.

Nested objects are open maps: what may stand in them is checked, with a better message, by `check`.
"""

from __future__ import annotations

from typing import Any

from liftlock_engine.providers.docker.properties import Kind, Property
from liftlock_engine.providers.docker.schema import REMOTE_IMAGE, RESOURCES, Resource

_ANY = {"$ref": "pulumi.json#/Any"}
_FUNCTIONS = {
    "docker:index/getNetwork:getNetwork": ("driver", "id", "internal", "ipamConfigs", "name", "options", "scope"),
    "docker:index/getRemoteImage:getRemoteImage": ("id", "name", "repoDigest"),
}
_SCALARS = {Kind.STRING: "string", Kind.DURATION: "string", Kind.INTEGER: "integer", Kind.BOOLEAN: "boolean"}


def package_schema(version: str) -> dict[str, Any]:
    """The schema of what the built-in provider offers: its resources, functions and the option `host`."""
    host = {"host": {"type": "string", "description": "The Docker engine's address, as in DOCKER_HOST."}}
    return {
        "name": "docker",
        "version": version,
        "description": "Networks, volumes, containers and images of a Docker engine.",
        "config": {"variables": host},
        "provider": {"inputProperties": host, "properties": host},
        "resources": {token: _resource(token, resource) for token, resource in RESOURCES.items()},
        "functions": {token: _function(outputs) for token, outputs in _FUNCTIONS.items()},
    }


def _resource(token: str, resource: Resource) -> dict[str, Any]:
    offered = {name: prop for name, prop in resource.properties.items() if prop.refused is None}
    known = {name: _type(resource.properties[name]) if name in resource.properties else _ANY for name in resource.outputs}
    return {
        "inputProperties": {name: {**_type(prop), "willReplaceOnChanges": prop.replaces} for name, prop in offered.items()},
        "requiredInputs": sorted(name for name, prop in offered.items() if prop.required),
        "properties": known,
        "required": ["name"] if resource.named or token == REMOTE_IMAGE else [],
    }


def _type(prop: Property) -> dict[str, Any]:
    match prop.kind:
        case Kind.LIST | Kind.SET:
            return {"type": "array", "items": _type(prop.item) if prop.item is not None else _ANY}
        case Kind.MAP:
            return {"type": "object", "additionalProperties": {"type": "string"}}
        case Kind.OBJECT:
            return {"type": "object", "additionalProperties": _ANY}
        case kind:
            return {"type": _SCALARS[kind]}


def _function(outputs: tuple[str, ...]) -> dict[str, Any]:
    return {
        "inputs": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "outputs": {"type": "object", "properties": dict.fromkeys(outputs, _ANY), "required": list(outputs)},
    }
