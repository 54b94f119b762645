"""Both sides of the comparison in one shape: what a run did, with ids, addresses and secrets' ciphertexts made comparable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pulumi.automation.events import EngineEvent, StepEventMetadata

from liftlock_engine.events import Event, EventKind, Result, Severity
from liftlock_engine.passphrase import Crypter
from liftlock_engine.signatures import SECRET_SIGNATURE, SIGNATURE
from liftlock_engine.values import UNKNOWN, Secret
from tests.conformance.reasons import reason_of, reasons

RECORDED = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class Happening:
    """One event that is compared. about: its keys, diffs and detailed diff."""

    event: str
    op: str
    urn: str
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str, str]:
        """What makes it this happening and no other."""
        return (self.event, self.op, self.urn)


@dataclass(frozen=True)
class Facts:
    """What one step of a case came to."""

    name: str
    operation: str
    succeeded: bool
    changes: Mapping[str, int]
    outputs: Mapping[str, Any]
    happenings: tuple[Happening, ...]
    resources: tuple[Mapping[str, Any], ...]
    errors: frozenset[tuple[str, str]] = frozenset()
    """Of each failure: the resource (empty: the run itself) and the reason, in the words of `reasons`."""
    earlier: tuple[Mapping[str, Any], ...] = ()
    """The checkpoint's resources before the step, of which the order of deletions is known; only on the recorded side."""
    said: frozenset[tuple[str, str]] = frozenset()
    """What else was told: severity and message. The recordings do not have it."""


def recorded_facts(case: str) -> dict[str, Facts]:
    """What the Pulumi CLI did, by step."""
    document = json.loads((RECORDED / f"{case}.json").read_text())
    facts: dict[str, Facts] = {}
    earlier: tuple[Mapping[str, Any], ...] = ()
    for step in document["steps"]:
        if "outside" not in step:
            facts[step["name"]] = replace(_recorded_step(step), earlier=earlier)
            earlier = facts[step["name"]].resources
    return facts


def recorded_names(case: str) -> dict[str, str]:
    """What the recording calls by names that differ on each machine: a registry's address, an image's digest."""
    names: dict[str, str] = json.loads((RECORDED / f"{case}.json").read_text()).get("names", {})
    return names


def _recorded_step(step: Mapping[str, Any]) -> Facts:
    happenings = (
        Happening(raw["event"], raw["op"], raw["urn"], tuple(raw.get("keys", ())), tuple(raw.get("diffs", ())), raw.get("detailedDiff", {}))
        for raw in step["events"]
    )
    outputs = {key: (item["secret"], item["value"]) for key, item in step["outputs"].items()}
    succeeded = step["result"] == "succeeded"
    errors = ((error["urn"], error["message"]) for error in step.get("errors", ()))
    happened, resources = tuple(happenings), tuple(step["resources"])
    return Facts(step["name"], step["operation"], succeeded, step["changes"], outputs, happened, resources, reasons(errors))


def seen_facts(name: str, result: Result, events: list[Event], state: Path, passphrase: str) -> Facts:
    """What the embedded engine did, the checkpoint read from its file."""
    happenings = (_happening(event) for event in events if event.kind not in (EventKind.SUMMARY, EventKind.DIAGNOSTIC))
    outputs = {key: _output(value) for key, value in result.outputs.items()} if result.operation.value == "up" else {}
    errors = ((item.urn, item.message) for item in result.diagnostics if item.severity is Severity.ERROR)
    said = frozenset((item.severity.value, reason_of(item.message)) for item in result.diagnostics if item.severity is not Severity.ERROR)
    resources = checkpoint_resources(state, passphrase)
    operation, happened = result.operation.value, tuple(happenings)
    return Facts(name, operation, result.succeeded, result.changes, outputs, happened, resources, reasons(errors), said=said)


def cli_facts(
    name: str, operation: str, events: Iterable[EngineEvent], outputs: Mapping[str, Any], state: Path, passphrase: str, *, succeeded: bool
) -> Facts:
    """What the Pulumi CLI did, as its event log tells it; the checkpoint read from its file. outputs: as the Automation API has them."""
    told = tuple(events)
    steps = (_cli_step(event) for event in told)
    happenings = tuple(_cli_happening(kind, metadata) for kind, metadata in steps if metadata is not None)
    changes = next((event.summary_event.resource_changes for event in told if event.summary_event), {})
    diagnostics = [(event.diagnostic_event, _COLOURS.sub("", event.diagnostic_event.message)) for event in told if event.diagnostic_event]
    errors = ((item.urn or "", message) for item, message in diagnostics if item.severity == "error")
    said = frozenset((item.severity, reason_of(message.strip())) for item, message in diagnostics if item.severity in ("info", "warning"))
    plain = {key: (item.secret, "[secret]" if item.secret else item.value) for key, item in outputs.items()}
    resources = checkpoint_resources(state, passphrase)
    counts = {str(getattr(op, "value", op)): count for op, count in changes.items()}
    return Facts(name, operation, succeeded, counts, plain, happenings, resources, reasons(errors), said=said)


_COLOURS = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")


def _cli_step(event: EngineEvent) -> tuple[str, StepEventMetadata | None]:
    if event.resource_pre_event:
        return "resource_pre", event.resource_pre_event.metadata
    if event.res_outputs_event:
        return "res_outputs", event.res_outputs_event.metadata
    return "res_op_failed", event.res_op_failed_event.metadata if event.res_op_failed_event else None


def _cli_happening(kind: str, step: StepEventMetadata) -> Happening:
    detailed = {path: str(getattr(item.diff_kind, "value", item.diff_kind)) for path, item in (step.detailed_diff or {}).items()}
    return Happening(kind, str(getattr(step.op, "value", step.op)), step.urn, tuple(step.keys or ()), tuple(step.diffs or ()), detailed)


def _happening(event: Event) -> Happening:
    detailed = {path: item.kind.value for path, item in event.detailed.items()}
    return Happening(event.kind.value, event.operation, event.urn, event.keys, event.diffs, detailed)


def _output(value: Any) -> tuple[bool, Any]:
    return (True, "[secret]") if isinstance(value, Secret) else (False, _bare(value))


def _bare(value: Any) -> Any:
    if isinstance(value, Secret):
        return _bare(value.value)
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else str(value) if value is UNKNOWN else value


def checkpoint_resources(state: Path, passphrase: str) -> tuple[Mapping[str, Any], ...]:
    """The checkpoint's resources, secrets opened. KeyError where a secret is not encrypted."""
    if not state.exists():
        return ()
    latest = json.loads(state.read_text())["checkpoint"]["latest"]
    assert not latest.get("pending_operations"), "a finished run leaves no pending operation"
    salt = latest.get("secrets_providers", {}).get("state", {}).get("salt", "")
    crypter = Crypter(salt, lambda: passphrase)
    opened: list[Mapping[str, Any]] = [_open(resource, crypter) for resource in latest.get("resources", ())]
    return tuple(opened)


def _open(value: Any, crypter: Crypter) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return {SIGNATURE: SECRET_SIGNATURE, "plaintext": crypter.decrypt("", value["ciphertext"])}
        return {key: _open(item, crypter) for key, item in value.items()}
    return [_open(item, crypter) for item in value] if isinstance(value, list) else value


_PATTERNS = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b"), "<mac>"),
    (re.compile(r"\b(?!127\.)\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?\b"), "<address>"),
    (re.compile(r"(?<!sha256:)\b[0-9a-f]{64}\b"), "<id>"),
    (re.compile(r"^(\"?)[0-9a-f]{12}(\"?)$"), r"\1<short id>\2"),
    (re.compile(r"^/.*(?=/volumes/[^/]+/_data$)"), "<data root>"),
    (re.compile(r"\b(auto|second)-[0-9a-f]{7}\b"), r"\1-<random>"),
)
# Of the engine, not of the program: how large it makes its networks, and what its default bridge is called.
# And where in the program a resource stands: the recordings do not have it.
_LEFT_OUT = {"created", "modified", "ipPrefixLength", "bridge", "sourcePosition", "stackTrace"}


def normalised(facts: Facts, images: Mapping[str, str]) -> Facts:
    """The facts without what differs from run to run: ids, addresses, times. images: what differs on each machine -> its name here."""
    resources = tuple(_normal(dict(r), images) for r in facts.resources)
    errors = frozenset((urn, _normal(reason, images)) for urn, reason in facts.errors)
    return replace(facts, outputs=_normal(dict(facts.outputs), images), resources=resources, errors=errors)


def _normal(value: Any, images: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _normal(item, images) for key, item in value.items() if key not in _LEFT_OUT}
    if isinstance(value, (list, tuple)):
        return type(value)(_normal(item, images) for item in value)
    if not isinstance(value, str):
        return value
    text = value
    for known, name in images.items():
        text = text.replace(known, name)
    for pattern, name in _PATTERNS:
        text = pattern.sub(name, text)
    return text


def recorded_images(case: str, facts: Mapping[str, Facts]) -> dict[str, str]:
    """The recorded image ids, in the order in which they appear: the cases begin with image 1. And the recording's own names."""
    named = recorded_names(case)
    found = re.findall(r"sha256:[0-9a-f]{64}", json.dumps([step.resources for step in facts.values()], default=list))
    distinct = [image for image in dict.fromkeys(found) if image != "sha256:" + "0" * 64 and image not in named]
    return named | {image: f"<image {number}>" for number, image in enumerate(distinct, start=1)}
