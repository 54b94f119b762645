"""JSON Schemas of `--json` results, derived from the types of the results. Mirrors to_json in output.py; pure."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from liftlock.core.image import Digest, ImageRef

Schema: TypeAlias = dict[str, Any]

_PLAIN: dict[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    types.NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    timedelta: {"type": "number", "description": "seconds"},
    ImageRef: {"type": "string", "pattern": "@sha256:[0-9a-f]{64}$"},
    Digest: {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
}
# Any JSON value: the names under which core knows that recursive type.
_ANYTHING = {"Json": Any, "Plain": Any}


@dataclass(frozen=True, slots=True)
class Fields:
    """An object that a command composes itself: field -> type (or another shape). optional: those that may be left out."""

    required: Mapping[str, Any]
    optional: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of composed objects."""

    item: Any


@dataclass(frozen=True, slots=True)
class MapOf:
    """Names, each with a composed object."""

    item: Any


@dataclass(frozen=True, slots=True)
class Maybe:
    """A composed object, or null."""

    item: Any


def fields_of(cls: type) -> dict[str, Any]:
    """field -> type of a result, to compose another one of."""
    hints = get_type_hints(cls, localns=_ANYTHING)
    return {item.name: hints[item.name] for item in dataclasses.fields(cls)}


def result_schema(kind: str, shape: Any) -> Schema:
    """The schema (2020-12) of the document that print_json(kind, …) prints; shape is the type of the value it is given.

    What is no object is printed as `items`. TypeError for a type that has no JSON form.
    """
    found = _Definitions()
    body = _body(shape, found)
    body["properties"] = {"schema": {"const": f"liftlock/{kind}/v1"}, **body["properties"]}
    body["required"] = ["schema", *body["required"]]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"liftlock/{kind}/v1"}
    return {**head, **body, **({"$defs": dict(sorted(found.schemas.items()))} if found.schemas else {})}


def _body(shape: Any, found: _Definitions) -> Schema:
    if isinstance(shape, Fields):
        return _schema(shape, found)
    if dataclasses.is_dataclass(shape) and isinstance(shape, type):
        return found.object(shape)
    return _object({"items": _schema(shape, found)}, ["items"])


class _Definitions:
    """The schemas of the dataclasses met on the way, each once; a type may hold itself."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._types: dict[str, type] = {}

    def refer(self, cls: type) -> Schema:
        if self._types.setdefault(cls.__name__, cls) is not cls:
            raise TypeError(f"two types of one result are both named {cls.__name__}")
        if cls.__name__ not in self.schemas:
            self.schemas[cls.__name__] = {}
            self.schemas[cls.__name__] = self.object(cls)
        return {"$ref": f"#/$defs/{cls.__name__}"}

    def object(self, cls: Any) -> Schema:
        hints = fields_of(cls)
        # A field that nobody sets says which member of a union this is.
        fixed = {item.name: {"const": item.default} for item in dataclasses.fields(cls) if not item.init}
        properties = {name: fixed.get(name) or _schema(hint, self) for name, hint in hints.items()}
        return {"description": " ".join((cls.__doc__ or "").split()), **_object(properties, list(properties))}


def _schema(shape: Any, found: _Definitions) -> Schema:
    match shape:
        case Fields(required=required, optional=optional):
            every = {**required, **optional}
            return _object({name: _schema(item, found) for name, item in every.items()}, list(required))
        case ListOf(item=item):
            return {"type": "array", "items": _schema(item, found)}
        case MapOf(item=item):
            return {"type": "object", "additionalProperties": _schema(item, found)}
        case Maybe(item=item):
            return _either([_schema(item, found), {"type": "null"}])
    return _typed(shape, found)


def _typed(shape: Any, found: _Definitions) -> Schema:
    if shape is Any:
        return {}
    if get_origin(shape) is not None:
        return _generic(get_origin(shape), get_args(shape), found)
    if shape in _PLAIN:
        return dict(_PLAIN[shape])
    if not isinstance(shape, type):
        raise TypeError(f"no JSON Schema for {shape!r}")
    if issubclass(shape, Enum):
        return {"enum": [member.value for member in shape]}
    if issubclass(shape, PurePath):
        return {"type": "string"}
    if dataclasses.is_dataclass(shape):
        return found.refer(shape)
    raise TypeError(f"no JSON Schema for {shape.__name__}")


def _generic(origin: Any, args: tuple[Any, ...], found: _Definitions) -> Schema:
    if origin in (Union, types.UnionType):
        return _either([_schema(arg, found) for arg in args])
    if issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(args[1], found)}
    if issubclass(origin, tuple) and args[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [_schema(arg, found) for arg in args], "items": False, "minItems": len(args)}
    if issubclass(origin, Sequence | Set):
        return {"type": "array", "items": _schema(args[0], found)}
    raise TypeError(f"no JSON Schema for {origin.__name__}")


def _either(members: list[Schema]) -> Schema:
    return {} if {} in members else {"anyOf": members}


def _object(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}
