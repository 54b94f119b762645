"""Checkpoint format, version 3: JSON as Pulumi's file backend holds it, to and from the model. No files here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, cast

from liftlock_engine.errors import StateError
from liftlock_engine.model import PendingKind, PendingOperation, ResourceState, Snapshot, Timeouts
from liftlock_engine.passphrase import Crypter
from liftlock_engine.secrecy import reveal
from liftlock_engine.signatures import SECRET_SIGNATURE, SIGNATURE, UNKNOWN_TEXT
from liftlock_engine.values import UNKNOWN, PropertyMap, Secret, Value

# Our field -> Pulumi's, in the order in which Pulumi writes them.
_TEXTS: Final = {
    "urn": "urn",
    "id": "id",
    "type": "type",
    "parent": "parent",
    "provider": "provider",
    "deleted_with": "deletedWith",
    "import_id": "importID",
}
_FLAGS: Final = {
    "delete": "delete",
    "protect": "protect",
    "external": "external",
    "pending_replacement": "pendingReplacement",
    "retain_on_delete": "retainOnDelete",
}
_LISTS: Final = {
    "dependencies": "dependencies",
    "init_errors": "initErrors",
    "additional_secret_outputs": "additionalSecretOutputs",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "replace_with": "replaceWith",
    "hide_diffs": "hideDiff",
}
_STAMPS: Final = {"created": "created", "modified": "modified"}
_STRUCTURES: Final = (
    "custom",
    "inputs",
    "outputs",
    "propertyDependencies",
    "customTimeouts",
    "replacementTrigger",
    "resourceHooks",
)
_KNOWN: Final = frozenset([*_TEXTS.values(), *_FLAGS.values(), *_LISTS.values(), *_STAMPS.values(), *_STRUCTURES])


class Encoder:
    """Turns states into JSON text, each only once: a state never changes, so its text is kept."""

    def __init__(self, crypter: Crypter) -> None:
        self._crypter = crypter
        self._texts: dict[int, tuple[ResourceState, str]] = {}

    def resource(self, state: ResourceState) -> str:
        """The state's JSON object."""
        known = self._texts.get(id(state))
        if known is None:
            known = (state, json.dumps(write_resource(state, self._crypter), separators=(",", ":")))
            self._texts[id(state)] = known  # holds the state too, so its id() stays taken
        return known[1]

    def document(self, stack: str, snapshot: Snapshot, *, version: str, now: str) -> str:
        """The whole checkpoint file."""
        parts = ['"manifest":' + _compact({"time": now, "magic": hashlib.sha256(version.encode()).hexdigest(), "version": version})]
        resources = ",\n".join(self.resource(state) for state in snapshot.resources)
        pending = ",".join(self._pending(operation) for operation in snapshot.pending)
        if self._crypter.salt:
            parts.append('"secrets_providers":' + _compact({"type": "passphrase", "state": {"salt": self._crypter.salt}}))
        if resources:
            parts.append(f'"resources":[\n{resources}\n]')
        if pending:
            parts.append(f'"pending_operations":[{pending}]')
        parts.append('"metadata":' + _compact(snapshot.metadata))
        return f'{{"version":3,"checkpoint":{{"stack":"organization/{stack}","latest":{{{",".join(parts)}}}}}}}\n'

    def _pending(self, operation: PendingOperation) -> str:
        return f'{{"resource":{self.resource(operation.state)},"type":"{operation.kind.value}"}}'


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def write_resource(state: ResourceState, crypter: Crypter) -> dict[str, object]:
    """One resource as JSON data; empty fields are left out, as Pulumi does."""
    written: dict[str, object] = {"urn": state.urn, "custom": state.custom}
    for ours, theirs in (*_TEXTS.items(), *_FLAGS.items(), *_STAMPS.items()):
        if value := getattr(state, ours):
            written[theirs] = value
    for section, properties in (("inputs", state.inputs), ("outputs", state.outputs)):
        if properties:
            written[section] = _encode_map(properties, crypter, f"{state.urn}#{section}")
    for ours, theirs in _LISTS.items():
        if items := getattr(state, ours):
            written[theirs] = list(items)
    if state.property_dependencies:
        written["propertyDependencies"] = {key: list(urns) for key, urns in state.property_dependencies.items()}
    if timeouts := {f.name: getattr(state.timeouts, f.name) for f in fields(Timeouts) if getattr(state.timeouts, f.name) is not None}:
        written["customTimeouts"] = timeouts
    if state.replacement_trigger is not None:
        written["replacementTrigger"] = _encode(state.replacement_trigger, crypter, f"{state.urn}#replacementTrigger")
    if state.hooks:
        written["resourceHooks"] = {kind: list(names) for kind, names in state.hooks.items()}
    return {**written, **state.extra}


def _encode_map(properties: PropertyMap, crypter: Crypter, place: str) -> dict[str, object]:
    return {key: _encode(properties[key], crypter, f"{place}.{key}") for key in sorted(properties)}


def _encode(value: Value, crypter: Crypter, place: str) -> object:
    if isinstance(value, Secret):
        plaintext = json.dumps(reveal(value), separators=(",", ":"), sort_keys=True)
        return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": crypter.encrypt(place, plaintext)}
    if isinstance(value, dict):
        return _encode_map(value, crypter, place)
    if isinstance(value, list):
        return [_encode(item, crypter, f"{place}[{index}]") for index, item in enumerate(value)]
    return UNKNOWN_TEXT if value is UNKNOWN else value


def read_document(text: str, crypter: Crypter, *, where: str) -> Snapshot:
    """A checkpoint file's state. crypter gets its salt from the file; StateError says what is wrong with it and where."""
    document = _parse(text, where)
    latest = document["checkpoint"].get("latest") or {}
    crypter.salt = _salt(latest, where) or crypter.salt
    try:
        return Snapshot(
            resources=tuple(read_resource(raw, crypter) for raw in latest.get("resources") or ()),
            pending=tuple(
                PendingOperation(PendingKind(raw["type"]), read_resource(raw["resource"], crypter))
                for raw in latest.get("pending_operations") or ()
            ),
            salt=crypter.salt,
            metadata=latest.get("metadata") or {},
        )
    except (KeyError, TypeError, ValueError) as err:
        raise StateError(f"{where}: a resource of the checkpoint is not readable ({err!r})", hint=_DAMAGED) from err


_DAMAGED: Final = "The state before the last write is beside it, in the file that ends in .bak."


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as err:
        raise StateError(f"{where}: not JSON ({err})", hint=_DAMAGED) from err
    if not isinstance(document, dict) or not isinstance(document.get("checkpoint"), dict):
        raise StateError(f"{where}: not a checkpoint", hint=_DAMAGED)
    if document.get("version") != 3:
        raise StateError(f"{where}: checkpoint version {document.get('version')!r}; this engine reads version 3")
    return document


def _salt(latest: Mapping[str, Any], where: str) -> str:
    provider = latest.get("secrets_providers") or {}
    if not provider:
        return ""
    if provider.get("type") != "passphrase":
        raise StateError(
            f"{where}: secrets are kept by {provider.get('type')!r}; the embedded engine reads passphrase secrets only",
            hint="Use the Pulumi CLI for this stack, or change its secrets provider to passphrase.",
        )
    return str(provider.get("state", {}).get("salt", ""))


def read_resource(raw: Mapping[str, Any], crypter: Crypter) -> ResourceState:
    """One resource from JSON data."""
    urn = raw["urn"]
    found: dict[str, Any] = {ours: raw.get(theirs) or "" for ours, theirs in (*_TEXTS.items(), *_STAMPS.items())}
    found |= {ours: bool(raw.get(theirs)) for ours, theirs in _FLAGS.items()}
    found |= {ours: tuple(raw.get(theirs) or ()) for ours, theirs in _LISTS.items()}
    timeouts = raw.get("customTimeouts") or {}
    return ResourceState(
        custom=bool(raw.get("custom")),
        inputs=_decode_map(raw.get("inputs") or {}, crypter, f"{urn}#inputs"),
        outputs=_decode_map(raw.get("outputs") or {}, crypter, f"{urn}#outputs"),
        property_dependencies={key: tuple(urns or ()) for key, urns in (raw.get("propertyDependencies") or {}).items()},
        timeouts=Timeouts(**{part.name: timeouts.get(part.name) for part in fields(Timeouts)}),
        replacement_trigger=_decode(raw.get("replacementTrigger"), crypter, f"{urn}#replacementTrigger"),
        hooks={kind: tuple(names) for kind, names in (raw.get("resourceHooks") or {}).items()},
        extra={key: value for key, value in raw.items() if key not in _KNOWN},
        **found,
    )


def read_properties(raw: Mapping[str, object], crypter: Crypter, place: str) -> PropertyMap:
    """Properties as checkpoints and events hold them."""
    return _decode_map(raw, crypter, place)


def _decode_map(raw: Mapping[str, object], crypter: Crypter, place: str) -> dict[str, Value]:
    return {key: _decode(value, crypter, f"{place}.{key}") for key, value in raw.items()}


def _decode(raw: object, crypter: Crypter, place: str) -> Value:
    if isinstance(raw, dict):
        if raw.get(SIGNATURE) != SECRET_SIGNATURE:
            return _decode_map(raw, crypter, place)
        text = crypter.decrypt(place, raw["ciphertext"]) if "ciphertext" in raw else raw["plaintext"]
        return Secret(json.loads(text))
    if isinstance(raw, list):
        return [_decode(item, crypter, f"{place}[{index}]") for index, item in enumerate(raw)]
    return UNKNOWN if raw == UNKNOWN_TEXT else cast(Value, raw)
