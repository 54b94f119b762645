"""What the CLI tells of a run, event by event: kept, passed on, and accounted for. What is missing is an error, never a silent gap."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from pulumi.automation.events import DiagnosticEvent, EngineEvent, StepEventMetadata, StepEventStateMetadata

from liftlock.adapters.engines.telling import RunTeller, short_name
from liftlock_engine.checkpoint import read_properties
from liftlock_engine.passphrase import Sealed
from liftlock_engine.values import PropertyMap

STACK = "pulumi:pulumi:Stack"
_CUT_OFF = re.compile(r"^\s*\* (?P<urn>urn:\S+), interrupted while \w+$", re.MULTILINE)


class Stage(Enum):
    """How far a step is."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Side:
    """A resource before or after a step. Secrets are marked and hold nothing of their value. outputs: of the stack alone."""

    id: str
    custom: bool
    inputs: PropertyMap
    outputs: PropertyMap


@dataclass(frozen=True, slots=True)
class StepNews:
    """One event of one step. reading: it belongs to the refresh before the program, or to a refresh alone.

    detailed: property path -> what happens there, in Pulumi's words.
    """

    stage: Stage
    operation: str
    urn: str
    type: str
    reading: bool
    logical: bool
    detailed: Mapping[str, str]
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True)
class Message:
    """Something that the engine or the program says of a resource, or of the run where urn is empty."""

    severity: str
    text: str
    urn: str


@dataclass(frozen=True, slots=True)
class Account:
    """A run as told. summary: the CLI's own count of changes; None where it told none. gap: why the account is not whole, or empty."""

    steps: tuple[StepNews, ...]
    errors: tuple[Message, ...]
    summary: Mapping[str, int] | None
    gap: str


class EventLog:
    """Takes the events as they come, in the threads in which they come, and shows them. Never raises: a failure is in the account."""

    def __init__(self, teller: RunTeller | None = None, *, begun: Callable[[], None] = lambda: None, planning: bool = False) -> None:
        self._teller, self._begun, self._planning = teller, begun, planning
        self._lock = threading.Lock()
        self._next = 0
        self._ended = False
        self._failure = ""
        self._steps: list[StepNews] = []
        self._errors: list[Message] = []
        self._summary: Mapping[str, int] | None = None
        self._reading: set[str] = set()
        self._since: dict[tuple[str, str], float] = {}

    def take(self, event: EngineEvent) -> None:
        """One event."""
        with self._lock:
            try:
                if event.sequence != self._next:
                    self._failure = self._failure or f"event {self._next} of the Pulumi CLI was lost or could not be read"
                self._next = event.sequence + 1
                if event.sequence == 0:
                    self._begun()
                self._note(event)
            except Exception as err:  # noqa: BLE001 - the sender would make a warning of it; the run's account says it
                self._failure = self._failure or f"an event of the Pulumi CLI could not be taken ({type(err).__name__}: {err})"

    def account(self, *, whole: bool) -> Account:
        """What was told. whole: the run ended well, so every change must be told and counted."""
        with self._lock:
            gap = self._failure
            if not gap and whole and not self._ended:
                gap = "the Pulumi CLI stopped telling before its run was over"
            if not gap and whole:
                gap = unaccounted(self._steps, self._summary)
            return Account(tuple(self._steps), tuple(self._errors), self._summary, gap)

    @property
    def heard(self) -> bool:
        """Whether the run began: before that nothing was touched, and nothing is locked."""
        return self._next > 0

    def _note(self, event: EngineEvent) -> None:
        if event.cancel_event is not None:
            self._ended = True
        elif event.summary_event is not None:
            self._summary = {str(getattr(op, "value", op)): count for op, count in event.summary_event.resource_changes.items()}
        elif event.diagnostic_event is not None:
            self._note_message(event.diagnostic_event)
        elif event.resource_pre_event is not None:
            self._note_step(Stage.BEGUN, event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._note_step(Stage.DONE, event.res_outputs_event.metadata)
        elif event.res_op_failed_event is not None:
            self._note_step(Stage.FAILED, event.res_op_failed_event.metadata)

    def _note_message(self, event: DiagnosticEvent) -> None:
        message = Message(event.severity, event.message.removeprefix("Preview failed: ").strip(), event.urn or "")
        if unfinished := [short_name(found["urn"]) for found in _CUT_OFF.finditer(message.text)]:
            message = Message("info", cut_off(unfinished), "")
        if message.severity == "error":
            self._errors.append(message)
        if self._teller is not None:
            self._teller.says(message.severity, message.text, message.urn)

    def _note_step(self, stage: Stage, metadata: StepEventMetadata) -> None:
        urn, operation = metadata.urn, str(metadata.op.value)
        if stage is Stage.BEGUN:
            self._since[urn, operation] = time.monotonic()
            (self._reading.add if operation == "refresh" else self._reading.discard)(urn)
        news = StepNews(
            stage,
            operation,
            urn,
            metadata.type,
            urn in self._reading,
            bool(metadata.logical),
            {path: str(diff.diff_kind.value) for path, diff in (metadata.detailed_diff or {}).items()}
            or dict.fromkeys(metadata.diffs or (), "update"),
            _side(metadata.old),
            _side(metadata.new),
        )
        self._steps.append(news)
        if self._teller is not None:
            self._show(self._teller, news)

    def _show(self, teller: RunTeller, news: StepNews) -> None:
        operation = "refresh" if news.reading else news.operation
        seconds = time.monotonic() - self._since.get((news.urn, operation), time.monotonic())
        match news.stage:
            case Stage.BEGUN:
                teller.begins(operation, news.urn, news.type, planning=self._planning)
            case Stage.DONE:
                teller.ends(operation, news.urn, news.type, seconds, planning=self._planning)
            case Stage.FAILED:
                teller.fails(operation, news.urn, news.type, seconds)


def _side(state: StepEventStateMetadata | None) -> Side | None:
    if state is None:
        return None
    outputs = state.outputs if state.type == STACK else {}
    return Side(
        state.id or "",
        bool(state.custom),
        read_properties(state.inputs or {}, Sealed(), state.urn),
        read_properties(outputs or {}, Sealed(), state.urn),
    )


def cut_off(names: Iterable[str]) -> str:
    """Whose steps a run that was killed left in the state, in one line."""
    return f"an earlier run was cut off while it worked on {', '.join(names)}"


def unaccounted(steps: list[StepNews], summary: Mapping[str, int] | None) -> str:
    """Where the steps that were told are not those that the CLI counted; empty where they are."""
    if summary is None:
        return "the Pulumi CLI told no summary of its run"
    told = _counted(steps)
    for operation in sorted({*told, *summary}):
        if not operation.startswith(("read", "discard")) and told[operation] != summary.get(operation, 0):
            return f"the Pulumi CLI counted {summary.get(operation, 0)} steps of the kind {operation} and told {told[operation]}"
    return ""


def _counted(steps: list[StepNews]) -> Counter[str]:
    """As Pulumi counts: what the program does to each resource; of a refresh alone, what it found. Default providers are bookkeeping."""
    shown = [step for step in steps if not _is_default_provider(step)]
    program = [step for step in shown if not step.reading]
    if program or not any(step.reading and step.operation != "refresh" for step in shown):
        return Counter(step.operation for step in program if step.stage is Stage.BEGUN and step.logical)
    found = {step.urn: step.operation for step in shown if step.stage is Stage.DONE}
    return Counter(found.values())


def _is_default_provider(step: StepNews) -> bool:
    return step.type.startswith("pulumi:providers:") and step.urn.rpartition("::")[2].startswith("default")
