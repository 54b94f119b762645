"""What the parts of one run share: its plugins, journal, reporter and hooks, and how a step is reported and ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from liftlock_engine.errors import StateError
from liftlock_engine.events import Reporter
from liftlock_engine.hooks import HookFailedError, Hooks, NoProgram
from liftlock_engine.journal import Journal
from liftlock_engine.model import ResourceState
from liftlock_engine.plugins import Plugins
from liftlock_engine.providers.port import Provider, ProviderError
from liftlock_engine.steps import Op, Step


class StepFailedError(Exception):
    """A step could not be done; reported already."""


class StoppedError(Exception):
    """The run is ending: nothing new starts."""


@dataclass(slots=True)
class Execution:
    """What the parts of one run share. stop: set by the caller to cancel. halted: the state could not be written."""

    plugins: Plugins
    journal: Journal
    reporter: Reporter
    slots: threading.Semaphore
    stop: threading.Event
    preview: bool
    halted: StateError | None = None
    crash: BaseException | None = None
    ops: dict[str, Op] = field(default_factory=dict)
    hooks: Hooks = field(init=False)

    def __post_init__(self) -> None:
        self.hooks = NoProgram(self.reporter)

    def provider_of(self, state: ResourceState) -> Provider:
        """The provider that a recorded resource belongs to."""
        return self.plugins.for_state(state, self.journal.current)

    def stopping(self) -> bool:
        """Whether nothing new may start."""
        return self.stop.is_set() or self.halted is not None or self.crash is not None or self.reporter.crash is not None

    def check_running(self) -> None:
        """Raises StoppedError where nothing new may start."""
        if self.stopping():
            raise StoppedError

    @contextmanager
    def recording(self, step: Step, *, count: bool = True, tell: bool = True) -> Iterator[Callable[[str], StepFailedError]]:
        """Reports the step's begin, and its end (tell). Yields a function that reports its failure and gives what to raise."""
        self.check_running()
        started = time.monotonic()
        self.reporter.before(step)

        def fail(message: str) -> StepFailedError:
            self.reporter.failed(step, message, time.monotonic() - started)
            return StepFailedError(message)

        try:
            yield fail
        except (ProviderError, HookFailedError) as err:
            raise fail(str(err)) from err
        except StateError as err:
            self.halted = err
            raise fail(str(err)) from err
        except (StepFailedError, StoppedError):
            raise
        except BaseException as err:
            self.crash = self.crash or err  # a bug: the run ends, and raises it where its caller can see it
            raise
        self.ops[step.urn] = step.op
        self.reporter.after(step, time.monotonic() - started, count=count, tell=tell)
