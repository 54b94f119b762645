"""Output values: values on the wire that carry what they depend on. Only transforms see them; the state holds them unwrapped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from google.protobuf import struct_pb2

from liftlock_engine.signatures import OUTPUT_SIGNATURE, SECRET_SIGNATURE, SIGNATURE, UNKNOWN_TEXT


def with_outputs(struct: struct_pb2.Struct, dependencies: Mapping[str, Iterable[str]]) -> struct_pb2.Struct:
    """The properties with secrets and unknown values as output values, and every property that depends on something as one too."""
    upgraded = {key: _upgraded(value) for key, value in struct.fields.items()}
    return struct_pb2.Struct(fields={key: _depending(value, set(dependencies.get(key, ()))) for key, value in upgraded.items()})


def dependencies_in(value: struct_pb2.Value) -> frozenset[str]:
    """What the output values anywhere in the value depend on."""
    match value.WhichOneof("kind"):
        case "list_value":
            return frozenset[str]().union(*(dependencies_in(item) for item in value.list_value.values))
        case "struct_value":
            fields = value.struct_value.fields
            return _own_dependencies(value).union(*(dependencies_in(item) for item in fields.values()))
        case _:
            return frozenset()


def is_output(value: struct_pb2.Value) -> bool:
    """Whether the value is an output value."""
    return _signature(value) == OUTPUT_SIGNATURE


def _own_dependencies(value: struct_pb2.Value) -> frozenset[str]:
    fields = value.struct_value.fields
    if not is_output(value) or "dependencies" not in fields:
        return frozenset()
    return frozenset(item.string_value for item in fields["dependencies"].list_value.values)


def _signature(value: struct_pb2.Value) -> str:
    fields = value.struct_value.fields if value.HasField("struct_value") else {}
    return fields[SIGNATURE].string_value if SIGNATURE in fields else ""


def _upgraded(value: struct_pb2.Value) -> struct_pb2.Value:
    if value.string_value == UNKNOWN_TEXT:
        return _output(None)
    if value.HasField("list_value"):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_upgraded(item) for item in value.list_value.values]))
    if not value.HasField("struct_value") or is_output(value):
        return value
    if _signature(value) == SECRET_SIGNATURE:
        inner = _upgraded(value.struct_value.fields["value"])
        return _secret(inner) if is_output(inner) else _output(inner, secret=True)
    fields = {key: _upgraded(item) for key, item in value.struct_value.fields.items()}
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))


def _depending(value: struct_pb2.Value, dependencies: set[str]) -> struct_pb2.Value:
    if dependencies <= dependencies_in(value):
        return value
    output = value if is_output(value) else _output(value)
    return _with_field(output, "dependencies", _texts(sorted(_own_dependencies(output) | dependencies)))


def _output(inner: struct_pb2.Value | None, *, secret: bool = False) -> struct_pb2.Value:
    fields = {SIGNATURE: struct_pb2.Value(string_value=OUTPUT_SIGNATURE), "secret": struct_pb2.Value(bool_value=secret)}
    if inner is not None:
        fields["value"] = inner
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))


def _secret(output: struct_pb2.Value) -> struct_pb2.Value:
    return _with_field(output, "secret", struct_pb2.Value(bool_value=True))


def _with_field(output: struct_pb2.Value, key: str, value: struct_pb2.Value) -> struct_pb2.Value:
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={**output.struct_value.fields, key: value}))


def _texts(texts: Iterable[str]) -> struct_pb2.Value:
    return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[struct_pb2.Value(string_value=text) for text in texts]))
