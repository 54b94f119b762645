"""What a run tells while it goes, and what it adds up to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from liftlock_engine.providers.port import PropertyDiff
from liftlock_engine.steps import Op, Step
from liftlock_engine.values import PropertyMap


class Operation(StrEnum):
    """What can be done with a stack. The PREVIEW ones change and lock nothing."""

    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    PREVIEW_REFRESH = "preview_refresh"
    DESTROY = "destroy"
    PREVIEW_DESTROY = "preview_destroy"

    @property
    def is_preview(self) -> bool:
        """Whether nothing may be changed."""
        return self.value.startswith("preview")

    @property
    def runs_program(self) -> bool:
        """Whether the program is needed."""
        return self in (Operation.PREVIEW, Operation.UP)


class EventKind(StrEnum):
    """An event's kind, in Pulumi's words."""

    RESOURCE_PRE = "resource_pre"
    RES_OUTPUTS = "res_outputs"
    RES_OP_FAILED = "res_op_failed"
    DIAGNOSTIC = "diagnostic"
    SUMMARY = "summary"


class Severity(StrEnum):
    """A diagnostic's weight."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. keys: properties that force a replacement; detailed: property path -> what happens to it.

    ephemeral: a message that means nothing once the next one is there.
    """

    kind: EventKind
    operation: str = ""
    urn: str = ""
    type: str = ""
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: Mapping[str, PropertyDiff] = field(default_factory=dict)
    planning: bool = False
    seconds: float | None = None
    severity: Severity | None = None
    message: str = ""
    ephemeral: bool = False
    changes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step that was done (or, in a preview, would be), or that failed. diff: without what the program hides (`hide_diffs`)."""

    urn: str
    type: str
    op: str
    diff: Mapping[str, PropertyDiff] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the program or the engine. urn: the resource it is about, or empty."""

    severity: Severity
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. error: the first reason why it did not succeed; skipped: what waits for something that failed.

    checksum: SHA-256 of the state file as the run left it; empty where there is none.
    """

    operation: Operation
    succeeded: bool
    cancelled: bool
    changes: Mapping[str, int]
    steps: tuple[StepReport, ...]
    outputs: PropertyMap
    failures: Mapping[str, str]
    skipped: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    error: str = ""
    checksum: str = ""


class Reporter:
    """Collects events and passes them on, one at a time. A listener that raises ends the run: silence could hide drift."""

    def __init__(self, on_event: Callable[[Event], None] | None, *, planning: bool) -> None:
        self._on_event = on_event
        self._planning = planning
        self._lock = threading.Lock()
        self._done: list[Step] = []
        self._reports: list[StepReport] = []
        self._diagnostics: list[Diagnostic] = []
        self._errors: list[str] = []
        self.failures: dict[str, str] = {}
        self.skipped: list[str] = []
        self.crash: BaseException | None = None

    def before(self, step: Step) -> None:
        """The step begins."""
        self._emit(_about(EventKind.RESOURCE_PRE, step, self._planning))

    def after(self, step: Step, seconds: float, *, shown: Step | None = None, count: bool = True, tell: bool = True) -> None:
        """The step is done. shown: the step as the event names it, where that differs (a refresh's finding). tell: with an event."""
        with self._lock:
            if count:
                self._done.append(step)
                self._reports.append(StepReport(step.shown_urn, step.type, step.op.value, step.shown_diff, seconds=seconds))
        if tell:
            self._emit(_about(EventKind.RES_OUTPUTS, shown or step, self._planning, seconds))

    def outputs(self, step: Step) -> None:
        """A component's outputs are there."""
        self._emit(_about(EventKind.RES_OUTPUTS, step, self._planning))

    def failed(self, step: Step, message: str, seconds: float = 0.0) -> None:
        """The step could not be done."""
        with self._lock:
            self.failures.setdefault(step.shown_urn, message)
            self._reports.append(StepReport(step.shown_urn, step.type, step.op.value, step.shown_diff, message, seconds))
        self.diagnostic(Severity.ERROR, message, step.shown_urn)
        if not self._planning:  # Pulumi tells of an operation that failed only where there was one
            self._emit(_about(EventKind.RES_OP_FAILED, step, self._planning, seconds))

    def refused(self, urn: str, message: str) -> None:
        """A registration was turned down before any step; or the step was done, and the hook after it failed."""
        with self._lock:
            self.failures.setdefault(urn, message)
        self.diagnostic(Severity.ERROR, message, urn)

    def tally(self, step: Step) -> None:
        """Counts a step whose weight shows only when it is done: a read that found something new."""
        with self._lock:
            self._done.append(step)

    def skip(self, urn: str) -> None:
        """The resource waits for one that failed."""
        with self._lock:
            self.skipped.append(urn)

    def diagnostic(self, severity: Severity, message: str, urn: str = "") -> None:
        """A message of the engine. An error among them fails the run."""
        if severity is Severity.ERROR:
            with self._lock:
                self._errors.append(message)
        self.said(severity, message, urn)

    def said(self, severity: Severity, message: str, urn: str = "", *, ephemeral: bool = False) -> None:
        """A message for the user; the program's fail no run. ephemeral: of the moment only; the result does not keep it."""
        if not ephemeral:
            with self._lock:
                self._diagnostics.append(Diagnostic(severity, message, urn))
        kind = EventKind.DIAGNOSTIC
        self._emit(Event(kind, urn=urn, severity=severity, message=message, ephemeral=ephemeral, planning=self._planning))

    def summary(self) -> Mapping[str, int]:
        """Ends the run's events with the counts of its changes."""
        changes = self.changes()
        self._emit(Event(EventKind.SUMMARY, planning=self._planning, changes=changes))
        return changes

    def changes(self) -> Mapping[str, int]:
        """How many resources went which way."""
        with self._lock:
            return count_changes(self._done)

    def result(self, operation: Operation, outputs: PropertyMap, *, cancelled: bool) -> Result:
        """The run's result."""
        with self._lock:
            succeeded = not self._errors and not cancelled and not self.failures and not self.skipped
            return Result(
                operation=operation,
                succeeded=succeeded,
                cancelled=cancelled,
                changes=count_changes(self._done),
                steps=tuple(self._reports),
                outputs=outputs,
                failures=dict(self.failures),
                skipped=tuple(self.skipped),
                diagnostics=tuple(self._diagnostics),
                error="" if succeeded else next(iter(self._errors), "cancelled" if cancelled else "failed"),
            )

    def _emit(self, event: Event) -> None:
        if self._on_event is None:
            return
        with self._lock:
            if self.crash is not None:
                return
            try:
                self._on_event(event)
            except BaseException as err:  # noqa: BLE001 - kept and raised again by the run, in its caller's thread
                self.crash = err


def count_changes(steps: Iterable[Step]) -> Mapping[str, int]:
    """How many resources went which way, by operation."""
    return dict(sorted(Counter(step.op.value for step in steps if step.counted).items()))


def _about(kind: EventKind, step: Step, planning: bool, seconds: float | None = None) -> Event:
    diff = step.diff if step.op in (Op.UPDATE, Op.REPLACE, Op.CREATE_REPLACEMENT) else Step(step.op, "", "").diff
    keys = step.keys if step.op is not Op.DELETE_REPLACED else ()
    return Event(kind, step.op.value, step.shown_urn, step.type, keys, diff.diffs, diff.detailed, planning, seconds)
