"""Where faults strike: every call to the provider and every write of the state passes here."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from liftlock_engine.backend import StateWriter
from liftlock_engine.deployment import Deployment
from liftlock_engine.errors import StateError
from liftlock_engine.model import Snapshot
from liftlock_engine.program import Program
from liftlock_engine.providers.port import ProviderError, UnreachableError
from liftlock_engine.run import Run
from tests.unit.engine.histories.plans import Plan
from tests.unit.engine.histories.registrar import register


class KilledError(BaseException):
    """The process ends here, without a word to the provider or to the state."""


@dataclass
class Gate:
    """What every call to the provider and every write of the state pass. fault: what happens at the pass number `at`.

    `dead`: from there on nothing passes any more, as where the process was killed. `kill`: it is killed. `disk`: no write passes any more.
    """

    fault: str = ""
    at: int = 0
    cancel: threading.Event = field(default_factory=threading.Event)
    passed: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, verb: str, urn: str) -> None:
        """A call to the provider, before or after its effect."""
        self.calls.append((verb, urn))
        match self._strikes():
            case "error":
                raise ProviderError("an injected failure")
            case "silence":
                raise UnreachableError("an injected silence")
            case "cancel":
                self.cancel.set()

    def write(self) -> None:
        """A write of the state, before or after its effect."""
        if self._strikes() == "disk":
            raise StateError("the disk is full")

    def _strikes(self) -> str:
        with self._lock:
            self.passed += 1
            strikes = self.passed == self.at or (self.passed > self.at and self.fault in ("dead", "disk"))
        if strikes and self.fault == "dead":
            raise KilledError
        if strikes and self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return self.fault if strikes else ""


class GatedWriter(StateWriter):
    """A writer of states that passes the gate before and after."""

    gate = Gate()

    def write(self, snapshot: Snapshot) -> None:
        self.gate.write()
        super().write(snapshot)
        self.gate.write()


class DirectRun(Run):
    """A run of a plan, which registers by itself: without Pulumi's SDK and its server between. at_once: how many registrations."""

    plan = Plan()
    at_once = 1

    def _run_program(self, program: Program, deployment: Deployment) -> None:
        with ThreadPoolExecutor(self.at_once) as pool:
            error = register(self.plan, deployment, pool)
        self._after_program(error)
