"""Inputs of a program, validated and completed with defaults and names, as Pulumi's own provider does. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from liftlock_engine.providers.docker.meaning import DEFAULTS, Plain, is_absent, nanoseconds
from liftlock_engine.providers.docker.properties import Kind, Property
from liftlock_engine.providers.docker.schema import CONTAINER, RESOURCES
from liftlock_engine.providers.port import Checked, CheckFailure
from liftlock_engine.values import UNKNOWN, PropertyMap


def resource_name(urn: str) -> str:
    """The last part of a URN, `box` of `urn:pulumi:stack::project::type::box`."""
    return urn.split("::", 3)[-1]


def check_inputs(urn: str, type_: str, old: PropertyMap | None, new: PropertyMap, seed: bytes) -> Checked:
    """The inputs as they will be recorded, or every failure at once."""
    resource = RESOURCES[type_]
    failures = list(_failures(new, resource.properties, ""))
    if not failures and type_ == CONTAINER:
        failures = list(_container_failures(new))
    if failures:
        return Checked(inputs=new, failures=tuple(failures))
    inputs = _complete(new, resource.properties)
    if resource.named and "name" not in inputs:
        inputs["name"] = _autoname(urn, old, seed)
        inputs[DEFAULTS] = sorted([*inputs[DEFAULTS], "name"])
        failures = list(_text_failures(inputs["name"], resource.properties["name"], "name"))
    return Checked(inputs=inputs, failures=tuple(failures))


def _autoname(urn: str, old: PropertyMap | None, seed: bytes) -> str:
    earlier = (old or {}).get("name")
    made_up: Any = (old or {}).get(DEFAULTS, ["name"])
    if isinstance(earlier, str) and "name" in made_up:
        return earlier
    return f"{resource_name(urn)}-{hashlib.sha256(seed).hexdigest()[:7]}"


def _complete(value: PropertyMap, fields: Mapping[str, Property]) -> Plain:
    completed: Plain = {}
    defaults = []
    for name, prop in fields.items():
        said: Any = value.get(name)
        if said is not None:
            completed[name] = _complete_value(said, prop)
        elif prop.default is not None:
            completed[name] = prop.default
            defaults.append(name)
    completed[DEFAULTS] = sorted(defaults)
    return completed


def _complete_value(value: Any, prop: Property) -> Any:
    if value is UNKNOWN:
        return value
    match prop.kind:
        case Kind.OBJECT:
            return _complete(value, prop.fields)
        case Kind.LIST | Kind.SET:
            return [_complete_value(part, prop.item or prop) for part in value]
        case Kind.MAP:
            return {name: _as_text(inner) for name, inner in value.items() if inner is not None}
        case Kind.INTEGER:
            return int(value)
        case Kind.STRING | Kind.DURATION:
            return _as_text(value)
        case Kind.BOOLEAN:
            return value


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return value


def _failures(value: PropertyMap, fields: Mapping[str, Property], path: str) -> Iterator[CheckFailure]:
    for name in value:
        if name != DEFAULTS and name not in fields:
            import difflib  # noqa: PLC0415 - only where something is misspelt

            near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes: {', '.join(sorted(fields))}"
            yield CheckFailure(path + name, f"unknown property {name!r}; {hint}")
    for name, prop in fields.items():
        said: Any = value.get(name)
        if said is None and prop.required:
            yield CheckFailure(path + name, f"missing required property {name!r}")
        elif said is not None:
            yield from _value_failures(said, prop, path + name)


def _value_failures(value: Any, prop: Property, path: str) -> Iterator[CheckFailure]:
    if value is UNKNOWN:
        return
    if prop.refused is not None:
        if not is_absent(value) and value not in (0, "", False):
            yield CheckFailure(path, f"{path!r} is not supported: {prop.refused}")
        return
    if not _fits(value, prop.kind):
        yield CheckFailure(path, f"expected {prop.kind.value}, got {type(value).__name__}")
        return
    match prop.kind:
        case Kind.OBJECT:
            yield from _failures(value, prop.fields, f"{path}.")
        case Kind.LIST | Kind.SET:
            for index, part in enumerate(value):
                yield from _value_failures(part, prop.item or prop, f"{path}[{index}]")
        case Kind.STRING:
            yield from _text_failures(_as_text(value), prop, path)
        case Kind.INTEGER if int(value) < (-1 if path == "memorySwap" else 0):
            yield CheckFailure(path, f"must not be negative, is {value}")
        case _:
            return


def _text_failures(value: str, prop: Property, path: str) -> Iterator[CheckFailure]:
    if prop.allowed is not None and value and not re.fullmatch(prop.allowed, value):
        words = prop.allowed.replace("|", ", ") if re.fullmatch(r"[\w|-]+", prop.allowed) else f"something that matches {prop.allowed}"
        yield CheckFailure(path, f"{value!r} is not allowed; use {words}")


def _fits(value: object, kind: Kind) -> bool:
    match kind:
        case Kind.OBJECT | Kind.MAP:
            return isinstance(value, Mapping)
        case Kind.LIST | Kind.SET:
            return isinstance(value, list | tuple)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.INTEGER:
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return (whole and not isinstance(value, bool)) or (isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None)
        case Kind.DURATION:
            return isinstance(value, str) and nanoseconds(value) is not None
        case Kind.STRING:
            return isinstance(value, str | int | float)


def _container_failures(new: PropertyMap) -> Iterator[CheckFailure]:
    for index, env in enumerate(_listed(new, "envs")):
        if isinstance(env, str) and not env.partition("=")[0]:
            yield CheckFailure(f"envs[{index}]", "an environment variable needs a name: NAME=value")
    for index, port in enumerate(_listed(new, "ports")):
        for end in ("internal", "external"):
            number = port.get(end) if isinstance(port, Mapping) else None
            if isinstance(number, int | float) and number > 65535:
                yield CheckFailure(f"ports[{index}].{end}", f"{number:g} is not a port; use 1 to 65535")
    for index, volume in enumerate(_listed(new, "volumes")):
        if isinstance(volume, Mapping) and bool(volume.get("containerPath")) == bool(volume.get("fromContainer")):
            yield CheckFailure(f"volumes[{index}]", "needs either containerPath or fromContainer")
        elif isinstance(volume, Mapping) and volume.get("readOnly") and not (volume.get("volumeName") or volume.get("hostPath")):
            yield CheckFailure(f"volumes[{index}].readOnly", "needs volumeName or hostPath: an anonymous volume is always writable")
    for index, upload in enumerate(_listed(new, "uploads")):
        if isinstance(upload, Mapping) and ("content" in upload) == ("contentBase64" in upload):
            yield CheckFailure(f"uploads[{index}]", "needs either content or contentBase64")


def _listed(inputs: PropertyMap, name: str) -> list[Any]:
    value: Any = inputs.get(name)
    return list(value) if isinstance(value, list | tuple) else []
