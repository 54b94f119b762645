"""An engine for Pulumi programs that needs no installation: it serves Pulumi's protocol, keeps Pulumi's state, and has providers built in.

Names are loaded when they are first used: Pulumi's SDK and gRPC take a good part of a second, and most commands need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock_engine.api import Engine, StackView
    from liftlock_engine.backend import FileBackend
    from liftlock_engine.errors import EngineError, LockedError, PassphraseError, RefusedError, StateError
    from liftlock_engine.events import Diagnostic, Event, EventKind, Operation, Result, Severity, StepReport
    from liftlock_engine.model import ConfigValue, ResourceState, StackName
    from liftlock_engine.observe import ObservedResource, Presence

__all__ = [
    "ConfigValue",
    "Diagnostic",
    "Engine",
    "EngineError",
    "Event",
    "EventKind",
    "FileBackend",
    "LockedError",
    "ObservedResource",
    "Operation",
    "PassphraseError",
    "Presence",
    "RefusedError",
    "ResourceState",
    "Result",
    "Severity",
    "StackName",
    "StackView",
    "StateError",
    "StepReport",
]

_HOMES = {
    "api": ("Engine", "StackView"),
    "backend": ("FileBackend",),
    "errors": ("EngineError", "LockedError", "PassphraseError", "RefusedError", "StateError"),
    "events": ("Diagnostic", "Event", "EventKind", "Operation", "Result", "Severity", "StepReport"),
    "model": ("ConfigValue", "ResourceState", "StackName"),
    "observe": ("ObservedResource", "Presence"),
}


def __getattr__(name: str) -> object:
    import importlib  # noqa: PLC0415 - only for this

    for module, names in _HOMES.items():
        if name in names:
            found: object = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
