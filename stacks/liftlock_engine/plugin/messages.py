"""Between Pulumi's messages and the port's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from liftlock_engine.plugins import OF_THE_ENGINE
from liftlock_engine.providers.port import CheckFailure, Diff, DiffKind, PropertyDiff
from liftlock_engine.secrecy import reveal_map
from liftlock_engine.values import PropertyMap, Value
from liftlock_engine.wire import read_struct, write_struct

_KINDS: Mapping[DiffKind, provider_pb2.PropertyDiff.Kind.ValueType] = {
    DiffKind.ADD: provider_pb2.PropertyDiff.ADD,
    DiffKind.ADD_REPLACE: provider_pb2.PropertyDiff.ADD_REPLACE,
    DiffKind.DELETE: provider_pb2.PropertyDiff.DELETE,
    DiffKind.DELETE_REPLACE: provider_pb2.PropertyDiff.DELETE_REPLACE,
    DiffKind.UPDATE: provider_pb2.PropertyDiff.UPDATE,
    DiffKind.UPDATE_REPLACE: provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def plain(struct: struct_pb2.Struct) -> dict[str, Value]:
    """A property map as providers want it: UNKNOWN may stand in it, secrets are taken off (the engine does so, too: see Handshake)."""
    return reveal_map(read_struct(struct))


def struct(properties: PropertyMap) -> struct_pb2.Struct:
    """A property map for the engine."""
    return write_struct(properties)


def provider_options(struct: struct_pb2.Struct) -> dict[str, Value]:
    """A provider's own options among its inputs."""
    return {key: value for key, value in plain(struct).items() if key not in OF_THE_ENGINE and value is not None}


def failures(found: tuple[CheckFailure, ...]) -> list[provider_pb2.CheckFailure]:
    """What was refused."""
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in found]


def diff_message(diff: Diff) -> provider_pb2.DiffResponse:
    """A diff, path by path."""
    detailed = {path: _property_diff(item) for path, item in diff.detailed.items()}
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if diff.changed else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=diff.diffs,
        replaces=diff.replaces,
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=diff.delete_before_replace,
    )


def _property_diff(item: PropertyDiff) -> provider_pb2.PropertyDiff:
    return provider_pb2.PropertyDiff(kind=_KINDS[item.kind], inputDiff=item.input_diff)


def options_diff(old: PropertyMap, new: PropertyMap) -> Diff:
    """How a provider's options differ. None of them replaces it: that would replace every resource that it made."""
    detailed: dict[str, PropertyDiff] = {}
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            kind = DiffKind.ADD if key not in old else DiffKind.DELETE if key not in new else DiffKind.UPDATE
            detailed[key] = PropertyDiff(kind)
    return Diff(detailed, tuple(detailed))
