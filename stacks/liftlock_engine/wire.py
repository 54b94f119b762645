"""Values as they travel between the program and the engine: protobuf structs in which special objects carry a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from google.protobuf import struct_pb2

from liftlock_engine.errors import PULUMI_HINT, RefusedError
from liftlock_engine.signatures import OUTPUT_SIGNATURE, SECRET_SIGNATURE, SIGNATURE, UNKNOWN_TEXT
from liftlock_engine.values import UNKNOWN, PropertyMap, Secret, Value

_UNKNOWNS: Final = frozenset(  # what an unknown value travels as, by the type that it will have; programs send the first only
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_REFUSED: Final = {
    "c44067f5952c0a294b673a41bacd8c17": "assets (pulumi.FileAsset, pulumi.StringAsset, pulumi.RemoteAsset)",
    "0def7320c3a5731c473e5ecbe6d01bc7": "archives (pulumi.FileArchive, pulumi.AssetArchive, pulumi.RemoteArchive)",
}


def read_struct(struct: struct_pb2.Struct) -> dict[str, Value]:
    """A property map as the program sent it. Resource references stay plain objects: so they stand in a checkpoint too."""
    return {key: read_value(value) for key, value in struct.fields.items()}


def read_value(value: struct_pb2.Value) -> Value:
    """One value as the program sent it."""
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            return whole(value.number_value)
        case "list_value":
            return [read_value(item) for item in value.list_value.values]
        case "struct_value":
            return _read_object(value.struct_value)
        case _:
            return None


def _read_object(struct: struct_pb2.Struct) -> Value:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if signature in _REFUSED:
        raise RefusedError(f"the embedded engine does not support {_REFUSED[signature]}", hint=PULUMI_HINT)
    if signature == SECRET_SIGNATURE:
        return Secret(read_value(struct.fields["value"]))
    if signature == OUTPUT_SIGNATURE:
        inner = read_value(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
        return Secret(inner) if struct.fields["secret"].bool_value else inner
    return {key: read_value(item) for key, item in struct.fields.items()}


def whole(number: float) -> int | float:
    """Protobuf knows only doubles; a whole one is an integer."""
    return int(number) if number.is_integer() else number


def write_struct(properties: PropertyMap) -> struct_pb2.Struct:
    """A property map as the program's SDK reads it."""
    return struct_pb2.Struct(fields={key: write_value(value) for key, value in properties.items()})


def write_value(value: Value) -> struct_pb2.Value:
    """One value as the program's SDK reads it."""
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_TEXT)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, Secret):
        return struct_pb2.Value(struct_value=_write_secret(value))
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=write_struct(value))
    if isinstance(value, list):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[write_value(item) for item in value]))
    raise TypeError(f"{type(value).__name__} is no property value")


def _write_secret(secret: Secret) -> struct_pb2.Struct:
    return struct_pb2.Struct(fields={SIGNATURE: struct_pb2.Value(string_value=SECRET_SIGNATURE), "value": write_value(secret.value)})
