"""What an engine's run came to, in the port's words. Every engine tells it in Pulumi's own: the same steps come out the same."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from liftlock.adapters.engines.telling import is_object, short_name
from liftlock.adapters.engines.values import hide, hide_in, masked, plain_map, secret_paths
from liftlock.core.ports import LiveState, Observation, ResourceChange, StackResult, StepOperation

if TYPE_CHECKING:
    from liftlock_engine import ObservedResource, Result, StepReport

_OPERATIONS = {operation.value: operation for operation in StepOperation}


def stop_if_asked(result: Result, cancel: threading.Event) -> None:
    """KeyboardInterrupt where a person stopped the run."""
    if result.cancelled or (cancel.is_set() and not result.succeeded):
        raise KeyboardInterrupt


def stack_result(result: Result, secrets: Mapping[str, str], seconds: float) -> StackResult:
    """The run without the secrets."""
    outputs = {key: masked(value) for key, value in result.outputs.items()}
    changes = tuple(change for step in result.steps if (change := _change(step)) is not None)
    skipped = tuple(sorted({short_name(urn) for urn in result.skipped if is_object(_type_of(urn))}))
    return StackResult(changes, outputs, hide_in(_failures(result), secrets.values()), seconds, skipped, result.checksum)


def _failures(result: Result) -> dict[str, str]:
    """name -> every reason. What the program itself reports as an error is one as well, also where steps failed besides."""
    told = set(result.failures.values())
    errors = [(item.urn, item.message) for item in result.diagnostics if item.severity.value == "error" and item.message not in told]
    found: dict[str, str] = {}
    for urn, reason in [*result.failures.items(), *errors]:
        name = short_name(urn) if is_object(_type_of(urn)) else "environment"
        found[name] = f"{found[name]}\n{reason}" if name in found else reason
    return found if found or result.succeeded else {"environment": result.error}


def _change(step: StepReport) -> ResourceChange | None:
    """The step as people count it; bookkeeping (components, providers, the halves of a replacement) is none."""
    if step.op not in _OPERATIONS or step.op == "refresh" or not is_object(step.type) or step.error:
        return None
    return ResourceChange(step.urn, step.type, short_name(step.urn), _OPERATIONS[step.op], tuple(sorted(step.diff)))


def _type_of(urn: str) -> str:
    """The type in a URN, without its parents'; what has no URN counts as the stack's own."""
    return urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else "pulumi:pulumi:Stack"


def observation(item: ObservedResource, secrets: Mapping[str, str]) -> Observation:
    """One resource from three sides."""
    return Observation(
        urn=item.urn,
        type=item.type,
        name=short_name(item.urn),
        declared=None if item.declared is None else plain_map(item.declared),
        applied=None if item.applied is None else plain_map(item.applied),
        live=plain_map(item.live or {}),
        state=LiveState(item.presence.value),
        reason=hide(item.reason, secrets.values()) or None,
        recreated=item.recreated,
        secret=secret_paths(item.declared, item.applied),
    )
