"""What a running program talks to: Pulumi's services, and the way back into the program."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from liftlock_engine.callbacks import Callbacks
from liftlock_engine.deployment import Deployment
from liftlock_engine.engine_service import EngineService
from liftlock_engine.execution import Execution
from liftlock_engine.in_process import Link, linked
from liftlock_engine.model import StackName
from liftlock_engine.monitor import MonitorService, Refusals
from liftlock_engine.program_hooks import ProgramHooks
from liftlock_engine.transforms import Transforms


class Conversation:
    """One program's talk with the engine. link: what it calls."""

    def __init__(self, monitor: MonitorService, refusals: Refusals, link: Link) -> None:
        self._monitor = monitor
        self._refusals = refusals
        self.link = link

    def end(self) -> None:
        """Lets the program go; nothing calls back into it any more."""
        self._monitor.end()

    def unsaid(self, error: str) -> str:
        """The program's error, empty where it only repeats what the engine refused and has told already."""
        return "" if any(message in error for message in self._refusals.messages) else error


@contextlib.contextmanager
def serve(deployment: Deployment, stack: StackName, run: Execution, finished: threading.Event) -> Iterator[Conversation]:
    """Serves while the block runs. finished: set when the program has registered everything and waits to be let go."""
    callbacks, refusals = Callbacks(run.stopping), Refusals()
    hooks = ProgramHooks(callbacks, run.reporter, preview=run.preview)
    monitor = MonitorService(
        deployment, stack, run.reporter, refusals, Transforms(callbacks), hooks, preview=run.preview, finished=finished
    )
    run.hooks = hooks
    with linked(monitor, EngineService(run.reporter)) as link:
        try:
            yield Conversation(monitor, refusals, link)
        finally:
            monitor.end()
