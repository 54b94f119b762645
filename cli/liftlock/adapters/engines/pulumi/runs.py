"""A run's account as the result and the observations that every engine gives. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.adapters.engines.pulumi.events import STACK, Account, Stage, StepNews
from liftlock.adapters.engines.telling import is_object
from liftlock_engine.events import Diagnostic, Operation, Result, Severity, StepReport
from liftlock_engine.model import ResourceState, Snapshot
from liftlock_engine.observe import ObservedResource, Presence
from liftlock_engine.paths import Path, covers, parse_path
from liftlock_engine.providers.port import DiffKind, PropertyDiff
from liftlock_engine.secrecy import reveal
from liftlock_engine.values import PropertyMap, Secret, Value

_EMPTY_WORDS = frozenset({"update failed", "preview failed", "destroy failed", "refresh failed"})
_UNSEEN = "it was not looked at, because looking at another resource failed"
_OTHER = "[another secret]"


def result_of(operation: Operation, account: Account, outputs: PropertyMap, *, succeeded: bool, said: str) -> Result:
    """What the run came to. said: the CLI's own last words, for a run that failed without a reason."""
    errors = [message for message in account.errors if message.text not in _EMPTY_WORDS]
    first = errors[0].text if errors else account.errors[0].text if account.errors else said
    failures: dict[str, str] = {}
    for message in errors:
        if message.urn:
            failures.setdefault(message.urn, message.text)
    return Result(
        operation=operation,
        succeeded=succeeded,
        cancelled=False,
        changes=account.summary or {},
        steps=tuple(_report(step) for step in account.steps if step.stage is Stage.DONE and step.logical and not step.reading),
        outputs=outputs,
        failures=failures,
        skipped=(),
        diagnostics=tuple(Diagnostic(Severity.ERROR, message.text) for message in errors if not message.urn),
        error="" if succeeded else first,
    )


def _report(step: StepNews) -> StepReport:
    return StepReport(step.urn, step.type, step.operation, dict.fromkeys(step.detailed, PropertyDiff(DiffKind.UPDATE)))


def outputs_of(account: Account) -> PropertyMap | None:
    """The stack's outputs as the run told them; None where it did not come so far."""
    told = [s.after for s in account.steps if s.type == STACK and s.stage is Stage.DONE and not s.reading and s.after is not None]
    return told[-1].outputs if told else None


def declared_by(account: Account, applied: Mapping[str, ResourceState]) -> dict[str, PropertyMap]:
    """URN -> what the program declares, for everything real. A secret that is as applied is the applied one."""
    found: dict[str, PropertyMap] = {}
    for step in account.steps:
        if step.reading or step.after is None or not step.after.custom or not is_object(step.type):
            continue
        before = applied.get(step.urn)
        as_applied = before is not None and step.operation == "same"
        found[step.urn] = before.inputs if before and as_applied else settled(step.after.inputs, before, step.detailed)
    return found


def observations(snapshot: Snapshot, declared: Mapping[str, PropertyMap], looked: Account) -> tuple[ObservedResource, ...]:
    """Every resource that is declared or applied, recorded ones first. One that the look did not come to is unknown."""
    seen = {step.urn: step for step in looked.steps if step.stage is Stage.DONE and step.reading}
    reasons = {message.urn: message.text for message in reversed(looked.errors)}
    states = recorded(snapshot)
    known = [_observed(state, declared.get(state.urn), seen.get(state.urn), reasons) for state in states.values()]
    new = [ObservedResource(urn, _type(urn), Presence.MISSING, inputs) for urn, inputs in declared.items() if urn not in states]
    return (*known, *new)


def recorded(snapshot: Snapshot) -> dict[str, ResourceState]:
    """URN -> the state of everything real that is not waiting to be removed."""
    return {s.urn: s for s in snapshot.resources if s.managed and not s.delete and not s.pending_replacement}


def _observed(state: ResourceState, declared: PropertyMap | None, seen: StepNews | None, reasons: Mapping[str, str]) -> ObservedResource:
    def say(presence: Presence, live: PropertyMap | None = None, id_live: str = "", reason: str = "") -> ObservedResource:
        return ObservedResource(state.urn, state.type, presence, declared, state.inputs, live, state.id, id_live, reason)

    if state.urn in reasons or seen is None:
        return say(Presence.UNKNOWN, reason=reasons.get(state.urn, _UNSEEN))
    if seen.operation == "delete":
        return say(Presence.MISSING)
    if seen.after is None:
        return say(Presence.UNKNOWN, reason=f"the Pulumi CLI told no state of it ({seen.operation})")
    live = state.inputs if seen.operation == "same" else settled(seen.after.inputs, state, seen.detailed)
    return say(Presence.PRESENT, live, seen.after.id)


def settled(side: PropertyMap, applied: ResourceState | None, detailed: Mapping[str, str]) -> PropertyMap:
    """The side with each hidden secret as the applied one where the CLI saw no difference there, and as another one where it did."""
    differs = tuple(parse_path(path) for path in detailed)
    known = applied.inputs if applied is not None else {}
    return {key: _settle(value, known.get(key), (key,), differs) for key, value in side.items()}


def _settle(value: Value, known: Value, path: Path, differs: Sequence[Path]) -> Value:
    if isinstance(value, Secret):
        return Secret(_other(known) if known is None or _touches(path, differs) else reveal(known))
    plain = known.value if isinstance(known, Secret) else known
    if isinstance(value, dict):
        items = plain if isinstance(plain, dict) else {}
        return {key: _settle(item, items.get(key), (*path, key), differs) for key, item in value.items()}
    if isinstance(value, list):
        listed = plain if isinstance(plain, list) else []
        return [_settle(item, listed[i] if i < len(listed) else None, (*path, i), differs) for i, item in enumerate(value)]
    return value


def _touches(path: Path, differs: Sequence[Path]) -> bool:
    return any(covers(path, other) or covers(other, path) for other in differs)


def _other(known: Value) -> Value:
    """Something of the same shape that is no value: of `NAME=value` the name stays."""
    if isinstance(known, Secret):
        return _other(known.value)
    if isinstance(known, dict):
        return {key: _other(item) for key, item in known.items()}
    if isinstance(known, list):
        return [_other(item) for item in known]
    name, equals, _ = known.partition("=") if isinstance(known, str) else ("", "", "")
    return f"{name}={_OTHER}" if equals else _OTHER


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]
