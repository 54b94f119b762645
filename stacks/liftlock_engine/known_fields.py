"""What this engine knows of the SDK's requests. Any other field is refused by name: a newer SDK may ask for more than we do."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import Message

from liftlock_engine.errors import PULUMI_HINT, RefusedError

_ANNOUNCED: Final = ("accept", "supports")
"""So begin the fields that ask for nothing and say what the SDK can take."""
_ANY: Final = frozenset(
    [
        "packageRef",
        "parent",
        "parentStackTraceHandle",
        "pluginDownloadURL",
        "provider",
        "sourcePosition",
        "stackTrace",
        "version",
    ]
)
_OF_RESOURCES: Final = _ANY | frozenset(["additionalSecretOutputs", "dependencies", "name", "type"])
_KNOWN: Final = {
    "RegisterResourceRequest": _OF_RESOURCES
    | {"envVarMappings", "remote", "state_migrations"}  # and refused with their reasons
    | frozenset(
        [
            "aliasSpecs",
            "aliasURNs",
            "aliases",
            "custom",
            "customTimeouts",
            "deleteBeforeReplace",
            "deleteBeforeReplaceDefined",
            "deletedWith",
            "hideDiffs",
            "hooks",
            "ignoreChanges",
            "importId",
            "object",
            "propertyDependencies",
            "protect",
            "providers",
            "replaceOnChanges",
            "replace_with",
            "replacement_trigger",
            "retainOnDelete",
            "transforms",
        ]
    ),
    "ReadResourceRequest": _OF_RESOURCES | {"id", "properties"},
    "ResourceInvokeRequest": _ANY | {"args", "dependsOn", "tok"},
}


def refuse_unknown(request: Message, what: str) -> None:
    """RefusedError that names the first field that is set and not known. what: the resource's URN, or the function's name."""
    known = _KNOWN[request.DESCRIPTOR.name]
    for field, _ in request.ListFields():
        if field.name not in known and not field.name.startswith(_ANNOUNCED):
            message = f"{what}: the embedded engine does not know `{field.name}`, which the program's SDK asks for"
            raise RefusedError(message, hint=PULUMI_HINT)
